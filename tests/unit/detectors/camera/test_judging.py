from collections.abc import Sequence
from datetime import timedelta

import pytest

from detectors.camera.checks import CameraChecks, Usual
from detectors.camera.judging import NewFrameSeen, judge_frame
from storage.records import Fault, RecentFrame
from tests.factories import NOON

NAMES = ("mean", "median", "upper", "fine", "texture", "down", "across", "coherence", "likeness", "gain")
CHECKS = CameraChecks(
    200,
    {name: Usual(0.0, 0.1) for name in NAMES},
    {Fault.EXPOSURE: 1.0, Fault.BLURRED: 1.0, Fault.MOVED: 1.0},
    {"fine": 0.5, "texture": 0.5, "coherence": 0.1},
)
WELL = dict.fromkeys(NAMES, 0.0)
DARK = WELL | dict.fromkeys(("mean", "median", "upper"), -1.0)


def recent(
    number: int, *, sha256: str = "", fault: str | None = None, signs: dict[str, float] | None = None
) -> RecentFrame:
    return RecentFrame(number, sha256 or f"{number}", NOON + timedelta(seconds=number), fault, signs or WELL)


def fault_of(newest: NewFrameSeen, before: Sequence[RecentFrame], *, may_freeze: bool = True) -> tuple[str, int] | None:
    found = judge_frame(newest, before, CHECKS, may_freeze=may_freeze)
    return None if found is None else (found.fault, found.frames)


def test_a_black_frame_needs_no_others() -> None:
    assert fault_of(NewFrameSeen("x", Fault.BLACK, None), []) == (Fault.BLACK, 1)


def test_three_pictures_alike_to_the_byte_are_frozen_from_the_first_repeat_on() -> None:
    newest = NewFrameSeen("same", None, WELL)

    assert fault_of(newest, [recent(1, sha256="same")]) is None
    assert fault_of(newest, [recent(1), recent(2, sha256="same"), recent(3, sha256="same")]) == (Fault.FROZEN, 2)
    assert fault_of(newest, [recent(2, sha256="same"), recent(3), recent(4, sha256="same")]) is None


def test_the_same_bytes_may_repeat_where_that_is_no_fault() -> None:
    same = [recent(number, sha256="same") for number in range(4)]

    assert fault_of(NewFrameSeen("same", None, WELL), same, may_freeze=False) is None


@pytest.mark.parametrize("fault", [Fault.BLACK, Fault.SATURATED, Fault.FROZEN])
def test_frames_that_show_nothing_speak_for_no_others(fault: Fault) -> None:
    dark = [recent(number, signs=DARK) for number in (1, 2, 3)]
    newest = NewFrameSeen("x", None, DARK)

    assert fault_of(newest, dark) == (Fault.EXPOSURE, 4)
    assert fault_of(newest, [*dark, recent(4, signs=DARK, fault=fault)]) is None


def test_frames_called_faulty_before_are_looked_at_again() -> None:
    dark = [recent(number, signs=DARK, fault=Fault.EXPOSURE) for number in range(4)]

    assert fault_of(NewFrameSeen("x", None, DARK), dark) == (Fault.EXPOSURE, 4)
    assert fault_of(NewFrameSeen("x", None, WELL), dark) is None


def test_frames_with_other_signs_than_todays_are_left_out() -> None:
    before = [RecentFrame(number, str(number), NOON, None, {"brightness": 3.0}) for number in range(4)]

    assert fault_of(NewFrameSeen("x", None, DARK), before) is None


def test_a_frame_without_signs_is_left_alone() -> None:
    assert fault_of(NewFrameSeen("x", None, None), [recent(number, signs=DARK) for number in range(4)]) is None
