from collections.abc import Sequence
from datetime import timedelta
from math import cos, exp, radians, sin

import numpy as np
import pytest

from agent.alerts.evidence import DEFECT_AGAIN, odds_of_false_alarm, recall
from agent.alerts.likeness import cosine_of_worst
from storage.records import LabelKind, Likeness, Remembered
from tests.factories_agent import NOON, unit_bytes

RIGHT, UP = (1.0, 0.0), (0.0, 1.0)
FALSE_ALARM, DEFECT = LabelKind.FALSE_ALARM, LabelKind.DEFECT


def likeness(*looks: Sequence[float], number: int = 1, score: float = 2.0, space: str = "space") -> Likeness:
    return Likeness(number, score, len(looks), b"".join(unit_bytes(one) for one in looks), space)


def memory(
    looks: Sequence[float],
    label: LabelKind,
    *,
    number: int = 9,
    score: float = 2.0,
    defect_class: str | None = None,
    space: str = "space",
) -> Remembered:
    found, said_at = likeness(looks, number=number, score=score, space=space), NOON - timedelta(days=3)
    return Remembered(found, label, defect_class, "slack:U1", said_at)


def turned(degrees: float) -> tuple[float, float]:
    """Return what looks so far from RIGHT."""
    return cos(radians(degrees)), sin(radians(degrees))


def many(looks: Sequence[float], label: LabelKind, count: int, *, score: float = 2.0) -> list[Remembered]:
    first = 100 if label is FALSE_ALARM else 200
    return [memory(looks, label, number=first + place, score=score) for place in range(count)]


def test_holds_back_what_is_like_a_false_alarm_and_no_odder() -> None:
    alarm = memory(RIGHT, FALSE_ALARM)

    assert recall(likeness((1.0, 0.2)), [alarm], alike=0.5).false_alarm == alarm
    assert recall(likeness((1.0, 0.2), score=2.1), [alarm], alike=0.5).false_alarm == alarm
    assert recall(likeness((1.0, 0.2), score=3.0), [alarm], alike=0.5).false_alarm is None
    assert recall(likeness(UP), [alarm], alike=0.5).false_alarm is None
    assert recall(likeness(RIGHT, number=9), [alarm], alike=0.5).false_alarm is None


def test_tells_of_a_new_oddity_beside_one_called_a_false_alarm() -> None:
    alarm = memory(RIGHT, FALSE_ALARM)

    assert recall(likeness(RIGHT, UP), [alarm], alike=0.5).false_alarm is None
    assert recall(likeness(RIGHT, UP), many(RIGHT, FALSE_ALARM, 20), alike=0.5).false_alarm is None


def test_holds_back_nothing_that_people_called_a_defect_before() -> None:
    scratch = memory(RIGHT, DEFECT, number=8, defect_class="scratch")
    found = recall(likeness(RIGHT), [memory(RIGHT, FALSE_ALARM), scratch], alike=0.5)

    assert (found.false_alarm, found.defect, found.is_same) == (None, scratch, True)


@pytest.mark.parametrize("seed", range(5))
def test_never_covers_a_labelled_defect_again_whatever_else_was_said(seed: int) -> None:
    chance = np.random.default_rng(seed)
    defects = [memory(chance.normal(size=4).tolist(), DEFECT, number=200 + place) for place in range(5)]
    covered = []
    for _ in range(50):
        again = chance.normal(size=4)
        near = again + chance.normal(0, 0.1, (30, 4))
        alarms = [memory(one.tolist(), FALSE_ALARM, number=100 + place) for place, one in enumerate(near)]
        found = likeness(again.tolist(), score=float(chance.uniform(1, 2)))

        if recall(found, [*alarms, *defects], alike=0.5).false_alarm is not None:
            covered.append(max(cosine_of_worst(found, one.likeness) for one in defects))

    assert covered
    assert max(covered) < DEFECT_AGAIN


def test_tells_what_is_as_near_as_four_fifths_to_a_single_labelled_defect() -> None:
    alarms = many(RIGHT, FALSE_ALARM, 20)

    assert recall(likeness(RIGHT), [*alarms, memory(turned(36), DEFECT)], alike=0.5).false_alarm is None
    assert recall(likeness(RIGHT), [*alarms, memory(turned(38), DEFECT)], alike=0.5).false_alarm is not None


def test_says_what_was_seen_before_without_being_sure() -> None:
    scratch = memory(RIGHT, DEFECT, defect_class="scratch")
    found = recall(likeness((1.0, 1.2)), [scratch], alike=0.5)

    assert (found.defect, found.is_same) == (scratch, False)
    assert recall(likeness(UP), [scratch], alike=0.5).defect is None


def test_lets_no_silence_cover_what_may_be_a_labelled_defect_but_is_not_it_beyond_doubt() -> None:
    scratch = memory(RIGHT, DEFECT)

    found = recall(likeness(turned(42)), [scratch], alike=0.5)

    assert (found.defect, found.is_same) == (scratch, True)


def test_tells_what_is_between_false_alarms_and_defects_but_nearer_to_the_defects() -> None:
    labels = [*many(RIGHT, FALSE_ALARM, 5), *many(turned(90), DEFECT, 5)]

    assert recall(likeness(turned(38)), labels, alike=0.5).false_alarm is not None
    assert recall(likeness(turned(45)), labels, alike=0.5).false_alarm is None
    assert recall(likeness(turned(50)), labels, alike=0.5).false_alarm is None
    assert recall(likeness(turned(50)), labels[:5], alike=0.5).false_alarm is not None


def test_goes_by_the_score_where_looks_tell_nothing() -> None:
    labels = [*many(RIGHT, FALSE_ALARM, 5, score=2.0), *many(turned(80), DEFECT, 5, score=1.6)]

    assert recall(likeness(turned(40), score=2.0), labels, alike=0.5).false_alarm is not None
    assert recall(likeness(turned(40), score=1.8), labels, alike=0.5).false_alarm is None
    assert recall(likeness(turned(40), score=1.6), labels, alike=0.5).false_alarm is None


def test_gives_a_lone_wrong_label_little_say() -> None:
    alarms, wrong = many(RIGHT, FALSE_ALARM, 9), memory(turned(45), DEFECT, number=300)
    defects = many(turned(120), DEFECT, 9)
    found = likeness(turned(5))

    assert recall(found, [*alarms, *defects, wrong], alike=0.5).false_alarm in alarms

    wrong = memory(turned(75), FALSE_ALARM, number=300)
    assert recall(likeness(turned(80)), [*alarms, *defects, wrong], alike=0.5).false_alarm == wrong
    assert recall(likeness(turned(105)), [*alarms, *defects, wrong], alike=0.5).false_alarm is None


def test_holds_back_one_false_alarm_again_however_many_others_were_unlike() -> None:
    alarm = memory(RIGHT, FALSE_ALARM)
    others = many(turned(150), FALSE_ALARM, 50)

    assert recall(likeness(turned(10)), [*others, alarm], alike=0.5).false_alarm == alarm
    assert recall(likeness(turned(30)), [*others, alarm], alike=0.5).false_alarm is None
    assert recall(likeness(turned(10)), [*others, alarm], alike=0.999).false_alarm is None


def test_takes_no_word_on_what_cannot_be_compared() -> None:
    alarm = memory(RIGHT, FALSE_ALARM)
    elsewhere = memory(RIGHT, DEFECT, number=8, space="another")

    assert recall(likeness(RIGHT), [alarm, elsewhere], alike=0.5).false_alarm == alarm
    assert recall(likeness(RIGHT, space="another"), [alarm], alike=0.5).false_alarm is None
    assert recall(Likeness(1, 2.0, 0, b"", "space"), [alarm], alike=0.5).false_alarm is None


@pytest.mark.parametrize("score", [-2.0, 0.0])
def test_compares_scores_that_are_zero_or_below(score: float) -> None:
    alarm = memory(turned(30), FALSE_ALARM, score=score)

    held = recall(likeness(RIGHT, score=1.2 * score), [alarm], alike=0.5)

    assert held.false_alarm == alarm


def test_divides_the_mean_say_of_false_alarms_by_that_of_defects_and_of_one_unseen() -> None:
    alarms = np.array([[1.0, 0.5], [0.2, 0.0]])
    defects = np.array([[0.1, 0.0, 0.3], [0.5, 0.5, 0.0]])

    odds = odds_of_false_alarm(alarms, defects, unseen=exp(-3))

    np.testing.assert_allclose(odds, [0.75 / ((0.4 + exp(-3)) / 4), 0.1 / ((1.0 + exp(-3)) / 4)])
    np.testing.assert_allclose(odds_of_false_alarm(alarms, np.zeros((2, 0)), unseen=0.05), [15.0, 2.0])
