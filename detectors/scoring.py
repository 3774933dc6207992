"""Load a bundle and score one upright image after another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from detectors.backbones import Backbone, Precision, Runtime
from detectors.background import NONE, Background
from detectors.bundle import BundleError, Manifest, read_bundle, read_thumbnail
from detectors.calibration import Calibration
from detectors.camera.knowledge import CAMERA_VIEW, CameraKnowledge, restore_camera
from detectors.camera.signs import CameraSigns, luma_of, measure_signs
from detectors.decode import NORMALISER, DecodeError
from detectors.faults import TrainingStatistics, exposure_of, find_fault
from detectors.features import embed
from detectors.methods.anomaly_map import compute_anomaly_map
from detectors.methods.port import (
    NEIGHBOURHOOD,
    Bounds,
    EmbeddedImage,
    FittedMethod,
    MethodError,
    MethodScore,
    PatchGrid,
    Remembers,
)
from detectors.methods.restoring import restore_method
from detectors.regions import MapRegion, find_regions
from detectors.runtime import use_threads
from detectors.weights import ensure_weights, require_same_weights
from storage.records import NearestNormal, Region, RejectReason, Verdict

__all__ = ["BundleError", "Detector", "ScoredImage", "load_detector"]

# Measured: 9 MB for a bank of 1.2 MB; 50 MB for Gaussians of 21 MB beside it.
UNPACKED, SEARCH_BYTES = 2, 7_000_000


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """What a detector found in one image.

    score: unclamped, without its background's part; higher is more abnormal. anomaly_map: (h, w) float32 over the whole
    image. regions: pixels of the upright original, none where the verdict is normal, each with the good image to
    compare it with where the method remembers any. fault: only what the frame shows by itself; signs: what it shows of
    its camera, to be judged with the frames before it. vectors: (len(regions), D) float16, the L2-normalised embedding
    of each region's oddest patch.
    """

    score: float
    threshold: float
    p_value: float
    verdict: Verdict
    fault: str | None
    anomaly_map: NDArray[np.float32]
    map_threshold: float
    regions: tuple[Region, ...]
    vectors: NDArray[np.float16]
    milliseconds: float
    signs: CameraSigns | None = None

    @property
    def nearest(self) -> tuple[NearestNormal | None, ...]:
        """The good image to compare each region with."""
        return tuple(region.nearest for region in self.regions)


class Detector:
    """A fitted detector, ready to score."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        backbone: Backbone,
        method: FittedMethod,
        calibration: Calibration,
        folder: Path | None = None,
        camera: CameraKnowledge,
    ) -> None:
        self.manifest = manifest
        self._folder = folder
        self.calibration = calibration
        self.camera = camera
        self.threshold = manifest.threshold
        self.map_threshold = manifest.map_threshold
        self.embedding_space = manifest.embedding_space
        self.method = manifest.method
        self.preset = manifest.preset
        self.bit_depth = manifest.preprocessing.bit_depth
        self._statistics = TrainingStatistics(**manifest.statistics.model_dump())
        self._backbone = backbone
        self._method = method
        self._background = calibration.background

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes once it has scored: what it has learnt, unpacked and laid out for search."""
        return UNPACKED * sum(array.nbytes for array in self._method.arrays().values()) + SEARCH_BYTES

    def require_bit_depth(self, bit_depth: int | None) -> None:
        """Raise DecodeError (settings_mismatch) where images are read at another depth than those of the fit."""
        if bit_depth != self.bit_depth:
            detail = f"the detector was fitted at bit depth {self.bit_depth}, not {bit_depth}; fit it again"
            raise DecodeError("The source's image", RejectReason.SETTINGS_MISMATCH, detail)

    @property
    def learnt(self) -> FittedMethod:
        """What it has learnt."""
        return self._method

    @property
    def statistics(self) -> TrainingStatistics:
        """The extremes of exposure among the images it was fitted on."""
        return self._statistics

    def good_one(self, scored: "ScoredImage") -> bytes | None:
        """Return a small PNG of the good image that the oddest region is to be compared with; None where none is kept.

        Raise BundleError.
        """
        worst = max(scored.regions, key=lambda region: region.peak, default=None)
        if worst is None or worst.nearest is None or self._folder is None:
            return None
        return read_thumbnail(self._folder, worst.nearest.number)

    def look(self, pixels: NDArray[np.uint8]) -> tuple[EmbeddedImage, MethodScore]:
        """Return what it sees in upright RGB pixels (H, W, 3), and the scores without the background's part."""
        seen = embed(self._backbone, pixels)
        return seen, self._background.off(self._method.score(seen))

    def inspect(self, pixels: NDArray[np.uint8], *, names_oddest: bool = False) -> ScoredImage:
        """Score upright RGB pixels (H, W, 3); names_oddest: give the oddest region of a normal image too."""
        started = perf_counter()
        seen, found = self.look(pixels)
        is_anomalous = found.score > self.threshold
        has_regions = is_anomalous or names_oddest
        patches = found.patches
        if has_regions and isinstance(self._method, Bounds):
            patches = self._method.exact_patches(seen, patches, self.map_threshold)
        anomaly_map = compute_anomaly_map(patches, self._backbone.image_size)
        areas: tuple[MapRegion, ...] = ()
        if has_regions:
            height, width = pixels.shape[:2]
            areas = find_regions(anomaly_map, self.map_threshold, width=width, height=height, at_least_one=True)
        luma = luma_of(seen.square)
        oddest = [_patch_at(area, (seen.grid.height, seen.grid.width), anomaly_map.shape) for area in areas]
        return ScoredImage(
            score=found.score,
            threshold=self.threshold,
            p_value=self.calibration.p_value(found.score),
            verdict=Verdict.ANOMALOUS if is_anomalous else Verdict.NORMAL,
            fault=find_fault(exposure_of(luma), self._statistics),
            anomaly_map=anomaly_map,
            map_threshold=self.map_threshold,
            regions=tuple(
                replace(area.region, nearest=self._nearest(seen.grid, patch))
                for area, patch in zip(areas, oddest, strict=True)
            ),
            vectors=_unit_vectors(seen.grid, oddest),
            signs=measure_signs(luma, self.camera.reference),
            milliseconds=(perf_counter() - started) * 1000,
        )

    def _nearest(self, grid: PatchGrid, patch: int) -> NearestNormal | None:
        if not isinstance(self._method, Remembers):
            return None
        found = self._method.nearest_normal(grid.rows[patch])
        if found is None:
            return None
        box = None if found.patch is None else _box_of(found.patch, grid)
        return NearestNormal(self.manifest.images[found.image], found.image, found.distance, box)


def load_detector(folder: Path, *, weights_dir: Path, threads: int, runtime: Runtime = "auto") -> Detector:
    """Read and check a bundle; raise BundleError naming the file, or WeightsError."""
    manifest, arrays = read_bundle(folder)
    if manifest.preprocessing.normaliser != NORMALISER:
        rule = manifest.preprocessing.normaliser
        raise BundleError(f"Refit needed: {folder} was fitted on images read by another rule ({rule}).")
    weights = ensure_weights(manifest.backbone, weights_dir)
    require_same_weights(folder, manifest, weights)
    use_threads(threads)
    seen = manifest.preprocessing
    looked_for = seen.image_size, seen.strides, seen.layers, seen.tiles
    precision: Precision = "int8" if manifest.precision == "int8" else "float32"
    backbone = Backbone(manifest.backbone, weights, *looked_for, runtime, precision)
    if backbone.precision != manifest.precision:
        used = f"{backbone.precision} is used here ({backbone.runtime})"
        raise BundleError(f"{folder} was fitted in {manifest.precision}, and {used}: fit it again.")
    return Detector(
        manifest,
        backbone=backbone,
        method=_restored(folder, manifest, arrays),
        calibration=_calibration(folder, manifest, arrays),
        folder=folder,
        camera=restore_camera(manifest.camera, arrays.get(CAMERA_VIEW)),
    )


def _restored(folder: Path, manifest: Manifest, arrays: dict[str, NDArray[np.generic]]) -> FittedMethod:
    try:
        return restore_method(manifest.method, arrays)
    except MethodError as error:
        raise BundleError(f"{folder} was fitted by a newer Oddspot: {error}") from error
    except (KeyError, ValueError) as error:
        raise BundleError(f"{folder} lacks what {manifest.method} needs: {error}.") from error


def _calibration(folder: Path, manifest: Manifest, arrays: dict[str, NDArray[np.generic]]) -> Calibration:
    try:
        scores, peaks = arrays["calibration_scores"], arrays["calibration_map_peaks"]
    except KeyError as error:
        raise BundleError(f"{folder} holds no {error}.") from error
    return Calibration(
        scores=tuple(np.sort(scores).astype(float).tolist()),
        map_peaks=tuple(np.sort(peaks).astype(float).tolist()),
        wanted_rate=manifest.wanted_rate,
        promised_rate=manifest.promised_rate,
        threshold=manifest.threshold,
        map_threshold=manifest.map_threshold,
        background=Background(**manifest.background.model_dump()) if manifest.background else NONE,
    )


def _unit_vectors(grid: PatchGrid, patches: Sequence[int]) -> NDArray[np.float16]:
    vectors = grid.rows[np.array(patches, dtype=np.intp)].astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float16] = (vectors / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float16)
    return unit


def _patch_at(area: MapRegion, patch_shape: tuple[int, ...], map_shape: tuple[int, ...]) -> int:
    row = area.row * patch_shape[0] // map_shape[0]
    column = area.column * patch_shape[1] // map_shape[1]
    return row * patch_shape[1] + column


def _box_of(patch: int, grid: PatchGrid) -> tuple[float, float, float, float]:
    """Return left, top, width and height, as shares of the image, of what a patch's embedding averages over."""
    row, column = divmod(patch, grid.width)
    around = NEIGHBOURHOOD // 2
    left, right = max(0, column - around) / grid.width, min(grid.width, column + around + 1) / grid.width
    top, bottom = max(0, row - around) / grid.height, min(grid.height, row + around + 1) / grid.height
    return left, top, right - left, bottom - top
