"""Fit on a category's good images and measure on its test images; everything in a temporary folder."""

import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from config.settings import DetectorSettings, LimitSettings
from detectors.dataset import Category, find_categories
from detectors.decode import DecodeError, Decoder
from detectors.errors import DetectorError
from detectors.fitting import FitReport, Progress, fit_detector
from detectors.metrics import aupro, average_precision, f1_max, image_auroc, pixel_auroc
from detectors.scoring import Detector, load_detector
from storage.records import Verdict

__all__ = ["EvaluationError", "EvaluationLine", "evaluate_category", "find_categories", "mean_line"]

MEAN = "mean"
# ru_maxrss is in kilobytes on Linux and in bytes on macOS.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class EvaluationError(DetectorError):
    """A category cannot be measured."""


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """One line of `evaluate --json`; pixel figures are None without masks, image figures without both kinds."""

    category: str
    method: str
    preset: str
    backbone: str
    image_size: int
    seed: int
    image_auroc: float | None
    image_ap: float | None
    image_f1_max: float | None
    pixel_auroc: float | None
    aupro: float | None
    false_alarm_rate: float | None
    recall: float | None
    fit_seconds: float
    coreset_seconds: float
    milliseconds_p50: float
    milliseconds_p95: float
    images_per_second: float
    bank_rows: int
    bank_bytes: int
    peak_rss_bytes: int
    train_images: int
    test_images: int


@dataclass
class Measured:
    """What scoring the test images gave, image by image."""

    labels: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    alarms: list[bool] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    maps: list[NDArray[np.float32]] = field(default_factory=list)
    masks: list[NDArray[np.bool_]] = field(default_factory=list)


def evaluate_category(
    category: Category,
    *,
    settings: DetectorSettings,
    limits: LimitSettings,
    limit: int | None,
    weights_dir: Path,
    progress: Progress,
) -> EvaluationLine:
    """Fit, save, load and score one category; raise FitError, EvaluationError."""
    chosen = category.limited(limit)
    with Decoder(limits) as decoder, TemporaryDirectory(prefix="oddspot-evaluate-") as folder:
        started = perf_counter()
        fitted = fit_detector(
            chosen.train,
            decoder=decoder,
            settings=settings,
            bit_depth=None,
            weights_dir=weights_dir,
            progress=progress,
        )
        fitted.save(Path(folder) / "bundle")
        fit_seconds = perf_counter() - started
        detector = load_detector(Path(folder) / "bundle", weights_dir=weights_dir, threads=settings.threads)
        measured = measure(detector, chosen, decoder, progress)
    return _line(chosen.name, settings, fitted.report, fit_seconds, measured)


def measure(detector: Detector, category: Category, decoder: Decoder, progress: Progress) -> Measured:
    """Score every test image, decode to verdict; unreadable ones are left out."""
    measured = Measured()
    for done, image in enumerate(category.test):
        progress("score", done, len(category.test))
        started = perf_counter()
        try:
            scored = detector.inspect(decoder.decode(image.path).pixels)
        except DecodeError:
            continue
        measured.milliseconds.append((perf_counter() - started) * 1000)
        measured.labels.append(image.is_defect)
        measured.scores.append(scored.score)
        measured.alarms.append(scored.verdict is Verdict.ANOMALOUS)
        if image.mask is not None or not image.is_defect:
            measured.maps.append(scored.anomaly_map)
            measured.masks.append(read_mask(image.mask, decoder, scored.anomaly_map.shape))
    progress("score", len(category.test), len(category.test))
    return measured


def read_mask(path: Path | None, decoder: Decoder, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask at a map's resolution, True on a defect; no mask is all normal; raise DecodeError."""
    if path is None:
        return np.zeros(shape, dtype=bool)
    grey = decoder.decode(path).pixels[:, :, 0]
    # Some sets draw with 1 and some with 255; anything above half is meant.
    drawn = Image.fromarray(grey > grey.max() / 2)
    return np.asarray(drawn.resize((shape[1], shape[0]), Image.Resampling.NEAREST), dtype=bool)


def mean_line(lines: Sequence[EvaluationLine]) -> EvaluationLine:
    """Return the mean of every figure over the categories that have it; the peak of memory is the highest."""
    values: dict[str, object] = {}
    for name in (one.name for one in fields(EvaluationLine)):
        column = [getattr(line, name) for line in lines]
        values[name] = _mean_of(column)
    values["category"] = MEAN
    values["peak_rss_bytes"] = max(line.peak_rss_bytes for line in lines)
    return EvaluationLine(**values)  # type: ignore[arg-type]  # every field was filled above, by name


def _mean_of(column: Sequence[object]) -> object:
    if isinstance(column[0], str) or len(set(column)) == 1:
        return column[0]
    numbers = [value for value in column if isinstance(value, int | float)]
    mean = sum(numbers) / len(numbers)
    return round(mean) if all(isinstance(value, int) for value in numbers) else mean


def _line(
    name: str, settings: DetectorSettings, report: FitReport, fit_seconds: float, measured: Measured
) -> EvaluationLine:
    if not measured.scores:
        raise EvaluationError(f"No test image of {name} could be read.")
    peak_rss_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
    labels, alarms = np.asarray(measured.labels), np.asarray(measured.alarms)
    has_both = bool(labels.any() and not labels.all())
    has_masks = any(mask.any() for mask in measured.masks)
    times = np.asarray(measured.milliseconds)
    return EvaluationLine(
        category=name,
        method=report.method,
        preset=report.preset,
        backbone=report.backbone,
        image_size=report.image_size,
        seed=settings.seed,
        image_auroc=image_auroc(labels, measured.scores) if has_both else None,
        image_ap=average_precision(labels, measured.scores) if has_both else None,
        image_f1_max=f1_max(labels, measured.scores) if has_both else None,
        pixel_auroc=pixel_auroc(measured.maps, measured.masks) if has_masks else None,
        aupro=aupro(measured.maps, measured.masks) if has_masks else None,
        false_alarm_rate=_share(alarms[~labels]),
        recall=_share(alarms[labels]),
        fit_seconds=fit_seconds,
        coreset_seconds=report.seconds["bank"],
        milliseconds_p50=float(np.median(times)),
        milliseconds_p95=float(np.percentile(times, 95)),
        images_per_second=float(1000 * len(times) / times.sum()),
        bank_rows=report.bank_rows,
        bank_bytes=report.bank_bytes,
        peak_rss_bytes=peak_rss_bytes,
        train_images=report.images,
        test_images=len(measured.scores),
    )


def _share(alarms: NDArray[np.bool_]) -> float | None:
    return float(alarms.mean()) if len(alarms) else None
