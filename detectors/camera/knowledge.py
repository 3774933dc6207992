"""What a bundle keeps of a source's camera; an old bundle keeps nothing, and finds fewer faults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.bundle import CameraStatistics, UsualSign
from detectors.camera.checks import CameraChecks, Usual
from detectors.camera.view import ROWS, SIDE, ViewReference, reference_of

CAMERA_VIEW = "camera_view"


@dataclass(frozen=True, slots=True)
class CameraKnowledge:
    """What a fit leaves for the checks of a camera."""

    checks: CameraChecks
    reference: ViewReference | None


NOTHING = CameraKnowledge(CameraChecks(0, {}), None)


def describe_camera(camera: CameraKnowledge) -> CameraStatistics:
    """Return what a manifest keeps of it; the reference's rows are kept as an array."""
    checks = camera.checks
    return CameraStatistics(
        images=checks.images,
        usual={name: UsualSign(**asdict(usual)) for name, usual in checks.usual.items()},
        named=dict(checks.named),
        least=dict(checks.least),
    )


def restore_camera(kept: CameraStatistics | None, rows: NDArray[np.generic] | None) -> CameraKnowledge:
    """Return what was described; nothing where a bundle keeps nothing that can be used."""
    if kept is None:
        return NOTHING
    checks = CameraChecks(kept.images, _usual(kept.usual), dict(kept.named), dict(kept.least))
    if rows is None or rows.shape != (ROWS, SIDE * SIDE):
        return CameraKnowledge(checks.without_view(), None)
    return CameraKnowledge(checks, reference_of(rows.astype(np.float32)))


def _usual(kept: Mapping[str, UsualSign]) -> dict[str, Usual]:
    return {name: Usual(sign.centre, sign.spread) for name, sign in kept.items()}
