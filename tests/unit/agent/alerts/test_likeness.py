from datetime import timedelta

import numpy as np

from agent.alerts.likeness import ByLikeness, cosine_of_all, cosine_of_worst, recall, unit_vectors
from storage.records import Candidate, Incident, IncidentState, LabelKind, Likeness, Remembered
from tests.factories_agent import NOON, unit_bytes

RIGHT, UP, BETWEEN = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)


def likeness(*looks: tuple[float, float], number: int = 1, score: float = 2.0, space: str = "space") -> Likeness:
    return Likeness(number, score, len(looks), b"".join(unit_bytes(one) for one in looks), space)


def candidate(number: int, looks: tuple[float, float] | None, *, is_closed: bool = False) -> Candidate:
    state, closed_at = (IncidentState.RESOLVED, NOON) if is_closed else (IncidentState.OPEN, None)
    incident = Incident(number, 1, "line-1", state, NOON, NOON, 1, 1, None, None, closed_at=closed_at)
    grouping = ByLikeness(0.5)
    total = grouping.add(None, likeness(looks)) if looks else None
    return Candidate(incident, total, "space" if looks else None)


def memory(
    looks: tuple[float, float],
    label: LabelKind,
    *,
    number: int = 9,
    score: float = 2.0,
    defect_class: str | None = None,
    space: str = "space",
) -> Remembered:
    found, said_at = likeness(looks, number=number, score=score, space=space), NOON - timedelta(days=3)
    return Remembered(found, label, defect_class, "slack:U1", said_at)


def test_joins_the_incident_that_looks_most_alike() -> None:
    candidates = [candidate(1, UP), candidate(2, RIGHT), candidate(3, BETWEEN)]

    assert ByLikeness(0.5).choose(likeness((1.0, 0.1)), candidates) == 2
    assert ByLikeness(0.5).choose(likeness((-1.0, 0.0)), candidates) is None


def test_opens_again_what_was_resolved_only_where_nothing_open_is_alike() -> None:
    closed, opened = candidate(1, RIGHT, is_closed=True), candidate(2, BETWEEN)

    assert ByLikeness(0.5).choose(likeness(RIGHT), [closed, opened]) == 2
    assert ByLikeness(0.5).choose(likeness(RIGHT), [closed, candidate(2, UP)]) == 1


def test_goes_by_time_alone_where_something_has_no_vector() -> None:
    assert ByLikeness(0.5).choose(Likeness(1, 2.0, 1, b"", ""), [candidate(7, UP)]) == 7
    assert ByLikeness(0.5).choose(likeness(RIGHT), [candidate(7, None)]) == 7
    assert ByLikeness(0.5).choose(likeness(RIGHT), [candidate(7, None, is_closed=True)]) is None


def test_compares_nothing_across_embedding_spaces_or_lengths() -> None:
    other = likeness(RIGHT, space="another")

    assert ByLikeness(0.5).choose(other, [candidate(7, RIGHT)]) is None
    assert cosine_of_worst(other, likeness(RIGHT)) == -1.0
    longer = Likeness(1, 2.0, 1, unit_bytes((1.0, 0.0, 0.0)), "space")
    assert cosine_of_all(longer, likeness(RIGHT)) == -1.0
    assert unit_vectors(Likeness(1, 2.0, 3, unit_bytes(RIGHT), "space")).shape == (0, 0)


def test_lets_the_mean_stand_for_an_incident() -> None:
    grouping = ByLikeness(0.5)
    total = grouping.add(grouping.add(None, likeness(RIGHT)), likeness(UP))

    assert total is not None
    np.testing.assert_allclose(np.frombuffer(total, np.float32), [1.0, 1.0], atol=1e-3)


def test_holds_back_what_is_like_a_false_alarm_and_no_odder() -> None:
    alarm = memory(RIGHT, LabelKind.FALSE_ALARM)

    assert recall(likeness((1.0, 0.2)), [alarm], alike=0.5).false_alarm == alarm
    assert recall(likeness((1.0, 0.2), score=2.1), [alarm], alike=0.5).false_alarm == alarm
    assert recall(likeness((1.0, 0.2), score=3.0), [alarm], alike=0.5).false_alarm is None
    assert recall(likeness(UP), [alarm], alike=0.5).false_alarm is None
    assert recall(likeness(RIGHT, number=9), [alarm], alike=0.5).false_alarm is None


def test_tells_of_a_new_oddity_beside_one_called_a_false_alarm() -> None:
    alarm = memory(RIGHT, LabelKind.FALSE_ALARM)

    assert recall(likeness(RIGHT, UP), [alarm], alike=0.5).false_alarm is None


def test_holds_back_nothing_that_people_called_a_defect_before() -> None:
    scratch = memory(RIGHT, LabelKind.DEFECT, number=8, defect_class="scratch")
    found = recall(likeness(RIGHT), [memory(RIGHT, LabelKind.FALSE_ALARM), scratch], alike=0.5)

    assert (found.false_alarm, found.defect, found.is_same) == (None, scratch, True)


def test_says_what_was_seen_before_without_being_sure() -> None:
    scratch = memory(RIGHT, LabelKind.DEFECT, defect_class="scratch")
    found = recall(likeness((1.0, 1.2)), [scratch], alike=0.5)

    assert (found.defect, found.is_same) == (scratch, False)
    assert recall(likeness(UP), [scratch], alike=0.5).defect is None
