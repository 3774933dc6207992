"""Named sets of choices, and how a source's own settings change them."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from config.sources import DetectorSettings

# A person is told where images are seen so many times smaller; a thing should stay some pixels across; tiles of so many
# pixels are fine enough.
COARSE = 4.0
PIXELS_SEEN = 4
WELL_SEEN = 1024


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at an image: the method, the square's side in pixels, the network's strides, and the score.

    highest: an image's score is the mean of so many highest patch scores, less its background's part; 0 is PatchCore's
    own re-weighted maximum.
    layers: where the settings name them, the network's very layers, in place of those that the strides stand for.
    tiles: the parts along an image's longer side, each looked at by itself.
    """

    method: str
    image_size: int
    strides: tuple[int, ...] = (8, 16)
    highest: int = 0
    layers: tuple[int, ...] | None = None
    tiles: int = 1

    @property
    def has_background(self) -> bool:
        """Whether the background's part is taken off an image's score: the paper's own is left as it is."""
        return self.highest > 0

    def __str__(self) -> str:
        """Say it in words, as `patchcore at 384 px, stride 8`."""
        what = f"stride {_listed(self.strides)}" if self.layers is None else f"layer {_listed(self.layers)}"
        parts = f", in {self.tiles} parts a side" if self.tiles > 1 else ""
        return f"{self.method} at {self.image_size} px{parts}, {what}"


@dataclass(frozen=True, slots=True)
class Preset:
    """How a detector is fitted; bank_share is the part of all patches kept, within bank_floor and bank_cap rows.

    views: the first is used, unless a search finds another one clearly better. few: the same where there are only a few
    images. precision: in what the network's convolutions compute.
    """

    name: Literal["fast", "default"]
    backbone: str
    views: tuple[View, ...]
    few: tuple[View, ...]
    bank_share: float
    bank_floor: int
    bank_cap: int
    precision: Literal["float32", "int8"] = "float32"


# Broad or fine: what differs most between parts is the size of what can go wrong. The blend's score is the mean of the
# highest twentieth of its 1,024 patches: steadier than its maximum. A fine view is for small things, which fill few.
CANDIDATES = (
    View("blend", 256, (4, 8, 16), highest=51),
    View("whitened", 384, (4, 8), highest=3),
    View("patchcore", 256, (8, 16), highest=10, tiles=2),
    View("patchcore", 256, (8, 16), highest=10, tiles=4),
)
FAST = View("patchcore", 256)
STEADY = View("patchcore", 256, highest=10)
# Finer than with many: small defects suffer most; eight images found them by an AUROC of .93 at 512 px, .85 at 384.
OF_A_FEW = (View("within_class", 256, highest=10), View("within_class", 512, (4, 8), highest=3))
# A floor of 2,048 rows: at 1 % of few images, held-out normals lie far from the bank, and the threshold hides defects.
PRESETS = {
    "fast": Preset("fast", "tf_efficientnet_lite0", (FAST,), (FAST,), 0.01, 2048, 4096, "int8"),
    "default": Preset("default", "tf_efficientnet_lite0", CANDIDATES, OF_A_FEW, 0.01, 2048, 4096),
}


def choose_preset(settings: DetectorSettings) -> Preset:
    """Return the named preset as the settings change it; a method, size, layers or tiles given leave one view."""
    preset = PRESETS[settings.preset]
    views, few = preset.views, preset.few
    if settings.method or settings.image_size or settings.layers or settings.tiles:
        views = (_as_asked(_nearest_view(preset, settings), settings),)
        few = views if settings.method else (_as_asked(few[0], settings),)
    backbone, precision = settings.backbone or preset.backbone, settings.precision or preset.precision
    return replace(preset, backbone=backbone, precision=precision, views=views, few=few)


def _as_asked(view: View, settings: DetectorSettings) -> View:
    layers = tuple(sorted(set(settings.layers))) if settings.layers else None
    method, size = settings.method or view.method, settings.image_size or view.image_size
    return replace(view, method=method, image_size=size, layers=layers, tiles=settings.tiles or 1)


def _nearest_view(preset: Preset, settings: DetectorSettings) -> View:
    """Return the preset's view by a method; a steady one for methods it has none of and for tiles; else its first."""
    steady = STEADY if len(preset.views) > 1 else preset.views[0]
    if settings.method is None:
        return steady if settings.tiles else preset.views[0]
    return next((view for view in preset.views if view.method == settings.method), steady)


def _listed(numbers: tuple[int, ...]) -> str:
    *others, last = map(str, numbers)
    return f"{', '.join(others)} and {last}" if others else last


def small_things(view: View, longest_side: int) -> str:
    """Say what is too small for a view of images so many pixels long, and what would show it; nothing where all is."""
    pixels = longest_side / (view.image_size * view.tiles)
    if pixels <= COARSE:
        return ""
    return (
        f" Images {longest_side} px long are seen {pixels:.0f} times smaller: where things under "
        f"{PIXELS_SEEN * pixels:.0f} px matter, set `tiles: {ceil(longest_side / WELL_SEEN)}`."
    )
