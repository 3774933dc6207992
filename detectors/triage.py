"""Rank unlabelled photos by how little the others are like them: what a camera can give on its first day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from config.sources import DetectorSettings
from detectors.backbones.torch_network import TorchNetwork
from detectors.backbones.wanted import Wanted
from detectors.decode import DecodeError, Decoder
from detectors.errors import DetectorError
from detectors.methods.anomaly_map import compute_anomaly_map
from detectors.methods.mutual import aggregate_neighbourhoods, merge_stages, rescore, score_against, score_mutually
from detectors.methods.port import Floats
from detectors.outliers import OF_A_BATCH, robust_cut
from detectors.presets import choose_preset
from detectors.regions import find_regions
from detectors.runtime import use_threads
from detectors.squares import squared
from detectors.weights import ensure_weights
from storage.records import Region, RejectReason

Progress = Callable[[str, int, int], None]

FEWEST_PHOTOS = 4
# Every photo is compared with at most so many, evenly spread over the batch: 280 KB of patches each at 256 px.
MOST_REFERENCES = 200
IMAGE_SIDE = 256
# Wider neighbourhoods (3, 5) were tried on made-up defects: they blur what a small network sees, for thrice the time.
DEGREE = 1


class TriageError(DetectorError):
    """Photos cannot be ranked by each other."""


@dataclass(frozen=True, slots=True)
class RankedPhoto:
    """How odd a photo is among the others: its score, its patches' scores (h, w), and the peak of its anomaly map."""

    path: Path
    score: float
    patches: Floats
    peak: float


@dataclass(frozen=True, slots=True)
class MappedPhoto:
    """What a heatmap of a photo shows: its map (side, side), the middle of the colour scale, and what stands out."""

    anomaly_map: NDArray[np.float32]
    map_threshold: float
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Triage:
    """Photos, oddest first; a score above `cut` stands out, as does a part of a photo above `map_cut` in its map.

    references: how many photos each one was compared with; skipped: what could not be read, and why.
    """

    photos: tuple[RankedPhoto, ...]
    skipped: tuple[tuple[Path, RejectReason], ...]
    cut: float
    map_cut: float
    references: int
    image_size: int

    @property
    def standing_out(self) -> tuple[RankedPhoto, ...]:
        """The photos above the cut, oddest first."""
        return tuple(photo for photo in self.photos if photo.score > self.cut)

    def oddest(self, keep: float | None) -> tuple[RankedPhoto, ...]:
        """Return what remains once the share `keep` of the least odd is taken; without a share, what stands out."""
        if keep is None:
            return self.standing_out
        return self.photos[: len(self.photos) - max(1, round(keep * len(self.photos)))]

    def map_of(self, photo: RankedPhoto, *, width: int, height: int) -> MappedPhoto:
        """Return what a heatmap shows of a photo of width x height pixels: regions only where it stands out."""
        anomaly_map = compute_anomaly_map(photo.patches, self.image_size)
        areas = find_regions(anomaly_map, self.map_cut, width=width, height=height, at_least_one=True)
        regions = tuple(area.region for area in areas) if photo.score > self.cut else ()
        return MappedPhoto(anomaly_map, self.map_cut, regions)


def triage_photos(
    images: Sequence[Path],
    *,
    decoder: Decoder,
    settings: DetectorSettings,
    weights_dir: Path,
    progress: Progress,
    neighbours: int = 1,
) -> Triage:
    """Score photos by each other, where most show the same good thing; raise TriageError, WeightsError.

    Up to 200 photos take N (N - 1) / 2 comparisons, about 1 ms each at 256 px on one thread; more take 200 each.
    neighbours: how many of the photos most like it share a photo's score, itself among them; 1: it stands alone.
    """
    use_threads(settings.threads)
    with torch.inference_mode():
        return _Triage(decoder, settings, weights_dir, progress).run(images, neighbours)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One photo's unit rows a stage, and the means of the stages as one feature."""

    stages: list[Tensor]
    feature: Tensor


@dataclass(frozen=True, slots=True)
class _Scored:
    path: Path
    patches: Tensor
    feature: Tensor


class _Triage:
    """One triage: its network, and what it could not read."""

    def __init__(self, decoder: Decoder, settings: DetectorSettings, weights_dir: Path, progress: Progress) -> None:
        preset = choose_preset(settings)
        side = settings.image_size or IMAGE_SIDE
        weights = ensure_weights(preset.backbone, weights_dir)
        self._backbone = TorchNetwork(preset.backbone, weights, Wanted(side))
        blank = squared(np.zeros((side, side, 3), dtype=np.uint8), self._backbone.image_size)
        self._grids = [stage.shape[2:] for stage in self._backbone.extract(blank)]
        self._decoder = decoder
        self._progress = progress
        self._skipped: list[tuple[Path, RejectReason]] = []

    def run(self, images: Sequence[Path], neighbours: int) -> Triage:
        spread = np.linspace(0, len(images) - 1, min(len(images), MOST_REFERENCES)).round().astype(int)
        chosen = [images[index] for index in spread]
        references = dict(self._look(chosen, "features"))
        self._require_enough(len(references))
        known = set(chosen)
        scored = [
            *self._score_references(references),
            *self._score_others([path for path in images if path not in known], list(references.values())),
        ]
        scores = torch.stack([one.patches.max() for one in scored])
        if neighbours > 1:
            scores = rescore(scores, torch.stack([one.feature for one in scored]), neighbours)
        return self._ranked(scored, scores.tolist(), len(references))

    def _require_enough(self, count: int) -> None:
        if count < FEWEST_PHOTOS:
            unread = f" ({len(self._skipped)} could not be read)" if self._skipped else ""
            raise TriageError(
                f"Photos are ranked by each other, which takes at least {FEWEST_PHOTOS} readable ones, "
                f"got {count}{unread}."
            )

    def _look(self, images: Sequence[Path], stage: str) -> Iterator[tuple[Path, _Seen]]:
        for done, path in enumerate(images):
            self._progress(stage, done, len(images))
            try:
                pixels = self._decoder.decode(path).pixels
            except DecodeError as error:
                self._skipped.append((path, error.reason))
                continue
            stages = self._backbone.extract(squared(pixels, self._backbone.image_size))
            feature = torch.cat([one.mean(dim=(0, 2, 3)) for one in stages])
            yield path, _Seen([aggregate_neighbourhoods(one, DEGREE) for one in stages], feature)
        if images:
            self._progress(stage, len(images), len(images))

    def _score_references(self, references: dict[Path, _Seen]) -> Iterator[_Scored]:
        count, total = len(references), len(references) * len(self._grids)
        of_stages = []
        for number in range(len(self._grids)):
            rows = [seen.stages[number] for seen in references.values()]
            told = partial(self._tell_compared, number * count, total)
            of_stages.append(score_mutually(rows, told))
        for index, (path, seen) in enumerate(references.items()):
            yield _Scored(path, self._merge([scores[index] for scores in of_stages]), seen.feature)

    def _tell_compared(self, before: int, total: int, done: int) -> None:
        self._progress("compare", before + done, total)

    def _score_others(self, images: Sequence[Path], references: Sequence[_Seen]) -> Iterator[_Scored]:
        for path, seen in self._look(images, "compare the others"):
            of_stages = [
                score_against(rows, (reference.stages[number] for reference in references))
                for number, rows in enumerate(seen.stages)
            ]
            yield _Scored(path, self._merge(of_stages), seen.feature)

    def _merge(self, of_stages: Sequence[Tensor]) -> Tensor:
        return merge_stages([scores.reshape(grid) for scores, grid in zip(of_stages, self._grids, strict=True)])

    def _ranked(self, scored: Sequence[_Scored], scores: list[float], references: int) -> Triage:
        side = self._backbone.image_size
        photos = []
        for one, score in zip(scored, scores, strict=True):
            patches: Floats = one.patches.numpy()
            photos.append(RankedPhoto(one.path, score, patches, float(compute_anomaly_map(patches, side).max())))
        return Triage(
            photos=tuple(sorted(photos, key=lambda photo: (-photo.score, photo.path))),
            skipped=tuple(sorted(self._skipped)),
            cut=robust_cut(scores, OF_A_BATCH),
            map_cut=robust_cut([photo.peak for photo in photos], OF_A_BATCH),
            references=references,
            image_size=side,
        )
