"""The view a fit looks by: one of a preset's, its network, and the search that chooses it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.sources import DetectorSettings
from detectors.augmentation import FEW
from detectors.backbones import STRIDES, Backbone
from detectors.features import embed
from detectors.methods.port import EmbeddedImage, FitChoices
from detectors.presets import Preset, View, choose_preset
from detectors.search import Choice, choose_view
from detectors.weights import WeightsFile, ensure_weights

FEWEST_TO_SEARCH = 6
LEAST_TILE = 384


class Viewing:
    """Holds the view taken and the network that sees by it; raise WeightsError where that cannot be built."""

    def __init__(self, settings: DetectorSettings, weights_dir: Path) -> None:
        self.preset: Preset = choose_preset(settings)
        self.weights: WeightsFile = ensure_weights(self.preset.backbone, weights_dir)
        self.choice: Choice | None = None
        self._seed = settings.seed
        self._runtime = settings.runtime
        self._search_seconds = settings.search_seconds
        self._promised_rate = settings.promised_rate
        self._looked_by: View | None = None
        self.backbone: Backbone
        self.look_by(self.preset.views[0])

    def look_by(self, view: View) -> None:
        """Take a view; its network is built once, however often it is taken."""
        if view != self._looked_by:
            self.backbone, self._looked_by = self._backbone_of(view), view
        # A transformer of patches rounds the side down to whole ones.
        self.view = replace(view, image_size=self.backbone.image_size)

    def judge_by(self, method: str) -> None:
        """Keep what is seen, and have it judged by another method."""
        self.view = replace(self.view, method=method)

    def embed(self, pixels: NDArray[np.uint8]) -> EmbeddedImage:
        """Return the patches of upright pixels (H, W, 3)."""
        return embed(self.backbone, pixels)

    @property
    def choices(self) -> FitChoices:
        """Return what a method may choose by."""
        return self._choices_of(self.view)

    def views_for(self, images: int) -> tuple[View, ...]:
        """Return the views that so many good images may choose from."""
        return self.preset.few if images < FEW else self.preset.views

    def search(
        self, views: Sequence[View], pixels: Sequence[NDArray[np.uint8]], progress: Callable[[int, int], None]
    ) -> None:
        """Let the views show what they can do on some of the images; too few images leave the first view."""
        if len(pixels) < FEWEST_TO_SEARCH:
            return
        longest = int(np.median([max(image.shape) for image in pixels]))
        self.choice = choose_view(
            pixels,
            [view for view in views if view.tiles == 1 or view.tiles * LEAST_TILE <= longest],
            lambda view: partial(embed, self._backbone_of(view)),
            self._choices_of(views[0]),
            rate=self._promised_rate,
            seconds=self._search_seconds,
            progress=progress,
        )
        self.look_by(self.choice.view)

    def embedding_space(self, width: int) -> str:
        """Name what patches of so many numbers can be compared with."""
        layers = self.backbone.layers
        which = "" if layers == STRIDES else "s" + "s".join(map(str, layers)) + "-"
        which += f"t{self.view.tiles}-" if self.view.tiles > 1 else ""
        return f"{self.preset.backbone}-{self.weights.sha256[:8]}-{self.view.image_size}-{which}{width}"

    def _choices_of(self, view: View) -> FitChoices:
        preset = self.preset
        return FitChoices(preset.bank_share, preset.bank_floor, preset.bank_cap, self._seed, view.highest)

    def _backbone_of(self, view: View) -> Backbone:
        looked_for = view.image_size, view.strides, view.layers, view.tiles
        return Backbone(self.preset.backbone, self.weights, *looked_for, self._runtime, self.preset.precision)
