import numpy as np

from agent.alerts.likeness import ByLikeness, cosine_of_all, cosine_of_worst, cosines_by_region, unit_vectors
from storage.records import Candidate, Incident, IncidentState, Likeness
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


def test_compares_every_region_to_the_most_like_one_of_another() -> None:
    one, other = likeness(RIGHT, UP), likeness(RIGHT, BETWEEN)

    cosines = cosines_by_region(one, other)

    assert cosines is not None
    np.testing.assert_allclose(cosines, [1.0, 0.5**0.5], atol=1e-3)
    assert cosine_of_worst(one, other) == float(cosines[0])
    assert cosine_of_all(one, other) == float(cosines[1])
    assert cosines_by_region(one, likeness(RIGHT, space="another")) is None
