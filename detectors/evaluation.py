"""Fit on a category's good images and measure on its test images; everything in a temporary folder."""

import re
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from config.sources import DetectorSettings, LimitSettings
from detectors.baselines import trivial_aurocs
from detectors.calibration import count_interval
from detectors.dataset import Category, find_categories
from detectors.decode import Decoder
from detectors.defect_files import DefectFile
from detectors.errors import DetectorError
from detectors.fitting import FitReport, Progress, fit_detector
from detectors.measuring import Measured, Picture, draw_pictures, measure
from detectors.metrics import aupro, average_precision, bootstrap_interval, f1_max, image_auroc, pixel_auroc
from detectors.scoring import load_detector

__all__ = [
    "EvaluationError",
    "EvaluationLine",
    "Judged",
    "KindFigures",
    "evaluate_category",
    "find_categories",
    "judge_category",
    "mean_line",
]

MEAN = "mean"
SEVERAL = "several"
# The mean of intervals is not the interval of a mean, and one category's kinds are not another's.
OF_ONE_CATEGORY: dict[str, object] = {
    "image_auroc_low": None,
    "image_auroc_high": None,
    "promised_low": None,
    "promised_high": None,
    "kept_promise": None,
    "kinds": {},
    "choice": None,
}
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class EvaluationError(DetectorError):
    """A category cannot be measured."""


@dataclass(frozen=True, slots=True)
class KindFigures:
    """How one kind of defect fares: the share alarmed, and the AUROC against all good test images."""

    images: int
    recall: float
    image_auroc: float | None


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """One line of `evaluate --json`; pixel figures are None without masks, image figures without both kinds.

    image_auroc_low, image_auroc_high: the 95 % bootstrap interval. kinds: by kind of defect. peak_inside: the share of
    alarmed defects with a mask whose map peaks in it, widened by one patch. trivial: the AUROC of figures that know
    nothing of the part. masks_missing: defects without a mask. fitness, choice: the fit's own verdict on itself.
    promised_rate: of the fit. promised_low, promised_high: the 95 % interval of false_alarm_rate on so many good test
    images, where those are as the training's; kept_promise: whether it lies inside.
    """

    category: str
    method: str
    preset: str
    backbone: str
    image_size: int
    seed: int | None
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
    image_auroc_low: float | None
    image_auroc_high: float | None
    kinds: dict[str, KindFigures]
    peak_inside: float | None
    trivial: dict[str, float]
    best_trivial: float | None
    masks_missing: int
    fitness: str | None
    fitness_auroc: float | None
    choice: str | None
    promised_rate: float
    promised_low: float | None
    promised_high: float | None
    kept_promise: bool | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A category's line, and what its report is drawn from; asked: the method, or the preset that was to choose it."""

    asked: str
    line: EvaluationLine
    labels: NDArray[np.bool_]
    scores: NDArray[np.float64]
    threshold: float
    pictures: tuple[Picture, ...]


def evaluate_category(
    category: Category,
    *,
    settings: DetectorSettings,
    limits: LimitSettings,
    limit: int | None,
    weights_dir: Path,
    progress: Progress,
) -> EvaluationLine:
    """Fit, save, load and score one category; raise FitError, EvaluationError, MaskError."""
    return judge_category(
        category, settings=settings, limits=limits, limit=limit, weights_dir=weights_dir, progress=progress
    ).line


def judge_category(
    category: Category,
    *,
    settings: DetectorSettings,
    limits: LimitSettings,
    limit: int | None,
    weights_dir: Path,
    progress: Progress,
    is_drawn: bool = False,
) -> Judged:
    """Do as evaluate_category does and keep the scores, and where it is to be drawn the pictures; raise the same."""
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
            defects=[DefectFile(image.path, image.mask, image.kind) for image in chosen.labelled],
        )
        fitted.save(Path(folder) / "bundle")
        fit_seconds = perf_counter() - started
        detector = load_detector(Path(folder) / "bundle", weights_dir=weights_dir, threads=settings.threads)
        measured = measure(detector, chosen, decoder, progress)
        line = _line(chosen.name, settings, fitted.report, fit_seconds, measured)
        pictures = draw_pictures(detector, measured.images, decoder) if is_drawn else ()
    return Judged(
        settings.method or f"preset {settings.preset}",
        line,
        measured.labels,
        measured.scores,
        measured.threshold,
        pictures,
    )


def mean_line(lines: Sequence[EvaluationLine]) -> EvaluationLine:
    """Return the mean of every figure over the lines that have it; the peak of memory is the highest."""
    values: dict[str, object] = {
        one.name: _mean_of([getattr(line, one.name) for line in lines]) for one in fields(EvaluationLine)
    }
    values |= OF_ONE_CATEGORY
    values["category"] = MEAN
    values["seed"] = lines[0].seed if len({line.seed for line in lines}) == 1 else None
    values["peak_rss_bytes"] = max(line.peak_rss_bytes for line in lines)
    return EvaluationLine(**values)  # type: ignore[arg-type]  # every field was filled above, by name


def _mean_of(column: Sequence[object]) -> object:
    if all(isinstance(value, dict) for value in column):
        return _mean_by_name([value for value in column if isinstance(value, dict)])
    if any(isinstance(value, str) for value in column):
        return column[0] if len(set(column)) == 1 else SEVERAL
    numbers = [value for value in column if isinstance(value, int | float)]
    if not numbers:
        return None
    mean = sum(numbers) / len(numbers)
    return round(mean) if all(isinstance(value, int) for value in numbers) else mean


def _mean_by_name(columns: Sequence[dict[str, object]]) -> dict[str, object]:
    names = dict.fromkeys(name for column in columns for name in column)
    return {name: _mean_of([column[name] for column in columns if name in column]) for name in names}


def peak_rss() -> int:
    """Return the most memory this process held, in bytes; on Linux without what the one held that started it."""
    status = Path("/proc/self/status")
    found = PEAK.search(status.read_text(encoding="ascii")) if status.exists() else None
    if found is not None:
        return int(found[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _line(
    name: str, settings: DetectorSettings, report: FitReport, fit_seconds: float, measured: Measured
) -> EvaluationLine:
    if not measured.images:
        raise EvaluationError(f"No test image of {name} could be read.")
    peak_rss_bytes = peak_rss()
    labels, scores, alarms = measured.labels, measured.scores, measured.alarms
    has_both = bool(labels.any() and not labels.all())
    has_masks = any(mask.any() for mask in measured.masks)
    times = np.asarray([one.milliseconds for one in measured.images])
    low, high = bootstrap_interval(labels, scores, settings.seed) if has_both else (None, None)
    trivial = trivial_aurocs(labels, [one.trivial for one in measured.images]) if has_both else {}
    false_alarm_rate = _share(alarms[~labels])
    promised = _promised_interval(report, int((~labels).sum()))
    return EvaluationLine(
        category=name,
        method=report.method,
        preset=report.preset,
        backbone=report.backbone,
        image_size=report.image_size,
        seed=settings.seed,
        image_auroc=image_auroc(labels, scores) if has_both else None,
        image_ap=average_precision(labels, scores) if has_both else None,
        image_f1_max=f1_max(labels, scores) if has_both else None,
        pixel_auroc=pixel_auroc(measured.maps, measured.masks) if has_masks else None,
        aupro=aupro(measured.maps, measured.masks) if has_masks else None,
        false_alarm_rate=false_alarm_rate,
        recall=_share(alarms[labels]),
        fit_seconds=fit_seconds,
        coreset_seconds=report.seconds.get("bank", 0.0),
        milliseconds_p50=float(np.median(times)),
        milliseconds_p95=float(np.percentile(times, 95)),
        images_per_second=float(1000 * len(times) / times.sum()),
        bank_rows=report.bank_rows,
        bank_bytes=report.bank_bytes,
        peak_rss_bytes=peak_rss_bytes,
        train_images=report.images,
        test_images=len(measured.images),
        image_auroc_low=low,
        image_auroc_high=high,
        kinds=_kinds(measured),
        peak_inside=_peak_inside(measured),
        trivial=trivial,
        best_trivial=max(trivial.values(), default=None),
        masks_missing=sum(one.image.is_defect and one.image.mask is None for one in measured.images),
        fitness=str(report.fitness.word) if report.fitness else None,
        fitness_auroc=report.fitness.auroc if report.fitness else None,
        choice=report.choice,
        promised_rate=report.promised_rate,
        promised_low=promised[0] if promised else None,
        promised_high=promised[1] if promised else None,
        kept_promise=promised[0] <= false_alarm_rate <= promised[1]
        if promised and false_alarm_rate is not None
        else None,
    )


def _promised_interval(report: FitReport, good: int) -> tuple[float, float] | None:
    """Return between which shares of `good` images false alarms lie 95 % of the time; None without good images."""
    if not good:
        return None
    low, high = count_interval(report.calibration_images, report.promised_rate, good)
    return low / good, high / good


def _kinds(measured: Measured) -> dict[str, KindFigures]:
    of_image = np.array([one.image.kind for one in measured.images])
    labels, scores, alarms = measured.labels, measured.scores, measured.alarms
    has_good = not labels.all()
    figures = {}
    for kind in sorted(set(of_image[labels].tolist())):
        is_kind = of_image == kind
        judged = is_kind | ~labels
        auroc = image_auroc(labels[judged], scores[judged]) if has_good else None
        figures[kind] = KindFigures(int(is_kind.sum()), float(alarms[is_kind].mean()), auroc)
    return figures


def _peak_inside(measured: Measured) -> float | None:
    known = [one.peak_is_inside for one in measured.images if one.image.is_defect and one.is_alarm]
    return _share(np.array([inside for inside in known if inside is not None], dtype=bool))


def _share(alarms: NDArray[np.bool_]) -> float | None:
    return float(alarms.mean()) if len(alarms) else None
