"""Named sets of choices, and how a source's own settings change them."""

from dataclasses import dataclass, replace
from typing import Literal

from config.settings import DetectorSettings


@dataclass(frozen=True, slots=True)
class Preset:
    """How a detector is fitted; bank_share is the part of all patches kept, within bank_floor and bank_cap rows."""

    name: Literal["fast", "default"]
    method: str
    backbone: str
    image_size: int
    bank_share: float
    bank_floor: int
    bank_cap: int


# A floor of 2,048 rows: at 1 % of few images, held-out normals lie far from the bank, and the threshold hides defects.
PRESETS = {
    "fast": Preset("fast", "patchcore", "tf_efficientnet_lite0", 256, 0.01, 2048, 4096),
    "default": Preset("default", "patchcore", "tf_efficientnet_lite0", 320, 0.01, 2048, 4096),
}


def choose_preset(settings: DetectorSettings) -> Preset:
    """Return the named preset with whatever the settings fix themselves."""
    preset = PRESETS[settings.preset]
    return replace(
        preset,
        method=settings.method or preset.method,
        backbone=settings.backbone or preset.backbone,
        image_size=settings.image_size or preset.image_size,
    )
