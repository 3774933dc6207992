"""The fault of a frame, by what it shows itself and by the frames just before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detectors.camera.checks import WINDOW, CameraChecks, Found, find_camera_fault
from storage.records import Fault, RecentFrame

# Three pictures to the byte: a sensor's noise never repeats even one.
FROZEN_FRAMES = 3
# What the view of such a frame shows says nothing of where or how sharply the camera looks.
SHOWS_NOTHING = (Fault.BLACK, Fault.SATURATED, Fault.FROZEN)


@dataclass(frozen=True, slots=True)
class NewFrameSeen:
    """The frame to be judged: its bytes' hash, the fault it shows by itself, and its signs."""

    sha256: str
    fault: str | None
    signs: Mapping[str, float] | None


def judge_frame(
    newest: NewFrameSeen, before: Sequence[RecentFrame], checks: CameraChecks, *, may_freeze: bool
) -> Found | None:
    """Return the newest frame's fault and of how many frames in a row it is said, the newest among them.

    before: those just before it, oldest first, at most four are looked at. may_freeze: same bytes again and again are a
    fault.
    """
    if newest.fault is not None:
        return Found(newest.fault, 1)
    if may_freeze and (repeats := _repeats(newest, before)) + 1 >= FROZEN_FRAMES:
        return Found(Fault.FROZEN, repeats)
    if newest.signs is None:
        return None
    return find_camera_fault([*_lookable(before, newest.signs), newest.signs], checks)


def _repeats(newest: NewFrameSeen, before: Sequence[RecentFrame]) -> int:
    """Return how many of the frames repeat the one before them, from the newest back."""
    repeats = 0
    for frame in reversed(before[1 - WINDOW :]):
        if frame.sha256 != newest.sha256:
            break
        repeats += 1
    return repeats


def _lookable(before: Sequence[RecentFrame], newest: Mapping[str, float]) -> list[Mapping[str, float]]:
    """Return the signs of the frames just before, as far back as they say something, and the same things."""
    signs: list[Mapping[str, float]] = []
    for frame in reversed(before[1 - WINDOW :]):
        if frame.signs is None or frame.fault in SHOWS_NOTHING or frame.signs.keys() != newest.keys():
            break
        signs.insert(0, frame.signs)
    return signs
