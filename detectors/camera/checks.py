"""Whether the last frames of a source, together, say that its camera is blurred, wrongly exposed or moved.

One odd frame may be an odd part; what changes with the camera changes every frame. So the mean of four or five frames
<<<<<<< HEAD
in a row is held against the good ones (a two-sample t test with the spread of training, Student 1908): each frame
clipped, so that one cannot speak for the others, four of them pointing one way, by no less than a person would mind.
=======
in a row is held against the good ones (a two-sample t test with the spread of training, Student 1908), each frame
clipped, so that one cannot speak for the others, four of them pointing one way, and by no less than anyone would mind.
>>>>>>> wt-faults
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist, median

from detectors.camera.signs import BRIGHTEST_STOP, DARKEST_STOP
from storage.records import Fault

WINDOW = 5
# Fewer are now and then all odd parts: where four in ten are, three in a row happen twice as often.
FEWEST_FRAMES = 4
FEWEST_IMAGES = 16
# Of one test: some dozen of them look at each frame, and a false fault may happen once in ten thousand frames.
CHANCE = 3e-6
MOST_DEVIATIONS = 4.0
# A check that names fewer of its own made-up faults at the fit is of no use to its source.
FEWEST_NAMED = 0.5
LEAST_STOPS, LEAST_PERCENTILE_STOPS, LEAST_SHIFT = 0.5, 0.4, 0.01
# A source whose frames correlate so with its usual view, and then only so, looks elsewhere.
ALIKE, UNLIKE = 0.6, 0.15

Signs = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Usual:
    """What a sign is like in good images."""

    centre: float
    spread: float


@dataclass(frozen=True, slots=True)
class CameraChecks:
    """What is known of a source's camera: the usual signs of so many good images.

    named: of the faults made up at the fit, the share each check named within five frames; below half it is off.
    least: by how much a sign must fall, at least, to be that of a fault: most of what a made-up fault does to it.
    """

    images: int
    usual: Mapping[str, Usual]
    named: Mapping[str, float] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)

    def is_on(self, fault: str) -> bool:
        """Tell whether a check can say anything about this source."""
        return self.named.get(fault, 0.0) >= FEWEST_NAMED

    def without_view(self) -> "CameraChecks":
        """Return them where nothing is known of the view."""
        return replace(self, named={**self.named, Fault.MOVED: 0.0})

    @property
    def sentence(self) -> str:
        """Say which faults can be told at this source, and which cannot."""
        if self.images < FEWEST_IMAGES:
            return f"Blur, exposure and a moved camera are not watched: that needs {FEWEST_IMAGES} good images."
        off = [OFF[fault] for fault in CHECKS if not self.is_on(fault)]
        on = [fault for fault in CHECKS if self.is_on(fault)]
        told = f"Camera faults watched: black, saturated, frozen{''.join(f', {fault}' for fault in on)}."
        return " ".join([told, *off])


@dataclass(frozen=True, slots=True)
class Found:
    """A fault, and of how many of the last frames it is said."""

    fault: str
    frames: int


def find_camera_fault(window: Sequence[Signs], checks: CameraChecks) -> Found | None:
    """Judge the newest of up to five frames, oldest first, by as few of them as are sure."""
    if checks.images < FEWEST_IMAGES:
        return None
    for fault, check in CHECKS.items():
        if not checks.is_on(fault):
            continue
        for frames in range(FEWEST_FRAMES, min(len(window), WINDOW) + 1):
            if check(window[-frames:], checks):
                return Found(fault, frames)
    return None


def is_off(window: Sequence[Signs], checks: CameraChecks, name: str, *, way: int, least: float) -> bool:
    """Tell whether a sign of all frames lies off in one way (1, -1): surely, and by at least so much."""
    usual = checks.usual[name]
    deviations = [way * (signs[name] - usual.centre) for signs in window]
    fourth_highest = sorted(deviations)[-FEWEST_FRAMES]
    if min(fourth_highest, deviations[0], deviations[-1]) < least / 2 or median(deviations) < least:
        return False
    clipped = [min(deviation / usual.spread, MOST_DEVIATIONS) for deviation in deviations]
    surely = student_quantile(CHANCE, checks.images - 1) * math.sqrt(1 / len(window) + 1 / checks.images)
    return sum(clipped) / len(clipped) >= surely


def student_quantile(chance: float, freedom: int) -> float:
    """Return what a Student t exceeds with a small chance (Abramowitz and Stegun 26.7.5, four terms)."""
    z = -NormalDist().inv_cdf(chance)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def is_misexposed(window: Sequence[Signs], checks: CameraChecks) -> bool:
    """Tell whether light changed everywhere: dark parts of a part change only some of its percentiles."""
    return any(
        is_off(window, checks, "mean", way=way, least=LEAST_STOPS)
        and all(_went_along(window, checks, name, way) for name in ("median", "upper"))
        for way in (1, -1)
    )


def is_blurred(window: Sequence[Signs], checks: CameraChecks) -> bool:
    """Tell whether fine contrast is gone, against that at a little and at some distance, where a blur shows in it."""
    shows = [name for name in ("fine", "texture") if name in checks.least]
    is_soft = all(_median_fall(window, checks, name) >= checks.least[name] for name in shows)
    return is_soft and any(is_off(window, checks, name, way=-1, least=checks.least[name]) for name in shows)


def is_moved(window: Sequence[Signs], checks: CameraChecks) -> bool:
    """Tell whether the view is shifted, or no longer like the usual one."""
    is_coherent = median(signs["coherence"] for signs in window) >= checks.least["coherence"]
    ways = [(name, way) for name in ("down", "across") for way in (1, -1)]
    if is_coherent and any(is_off(window, checks, name, way=way, least=LEAST_SHIFT) for name, way in ways):
        return True
    if "gain" in checks.least and is_off(window, checks, "gain", way=1, least=checks.least["gain"]):
        return True
    return _has_lost_its_view(window, checks)


def _has_lost_its_view(window: Sequence[Signs], checks: CameraChecks) -> bool:
    usual = checks.usual["likeness"].centre
    return usual >= ALIKE and is_off(window, checks, "likeness", way=-1, least=usual - UNLIKE)


def _median_fall(window: Sequence[Signs], checks: CameraChecks, name: str) -> float:
    return checks.usual[name].centre - median(signs[name] for signs in window)


def _went_along(window: Sequence[Signs], checks: CameraChecks, name: str, way: int) -> bool:
    found, centre = median(signs[name] for signs in window), checks.usual[name].centre
    if found >= BRIGHTEST_STOP or found <= DARKEST_STOP:  # it can go no further
        return way * (found - centre) >= 0
    return way * (found - centre) >= LEAST_PERCENTILE_STOPS


CHECKS: dict[Fault, Callable[[Sequence[Signs], CameraChecks], bool]] = {
    Fault.EXPOSURE: is_misexposed,
    Fault.BLURRED: is_blurred,
    Fault.MOVED: is_moved,
}
OFF = {
    Fault.EXPOSURE: "exposure is off: good images differ in brightness by as much as a stop.",
    Fault.BLURRED: "blurred is off: good images differ in sharpness by as much as a blur would.",
    Fault.MOVED: "moved is off: parts lie anywhere in the view, and nothing says where the camera looks.",
}
