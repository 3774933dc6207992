"""Measure what a few labelled defects add: `python -m tests.benchmarks.few_labels --labels 0 10 --seeds 0 1`.

For each category with masks and each seed, so many defects are drawn evenly over their kinds and taken out of the test;
the same fit without labels is judged on the very same test images. Prints a table, then one JSON object.
--leave-one-out KIND labels only the other kinds, and tests on that kind and the good images; `all` takes each in turn.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from config.sources import DetectorSettings, LimitSettings
from detectors.dataset import Category
from detectors.evaluation import Judged, find_categories, judge_category
from detectors.metrics import bootstrap_interval

ROOT = Path(__file__).resolve().parents[2]
CATEGORIES = ("magnetic_tile", "road_crack", "board_20085")
LABELS = (0, 1, 5, 10, 20, 50)
WANTED_LABELS = 10
WANTED_AUROC = 0.93
MOST_LOSS = 0.005
MOST_LOSS_UNSEEN = 0.01
EVERY_KIND = "all"


@dataclass(frozen=True)
class Line:
    """One fit with labels beside the same fit without, on the same test images; interval: 95 %, bootstrapped."""

    category: str
    left_out: str | None
    labels: int
    seed: int
    image_auroc: float
    interval: tuple[float, float]
    without: float
    aupro: float | None
    recall: float | None
    false_alarm_rate: float | None
    fit_seconds: float


def main() -> int:
    """Measure every category, number of labels and seed asked for; return 1 where a wanted figure is missed."""
    options = _options()
    lines: list[Line] = []
    for line in _measure_all(options):
        lines.append(line)
        print(f"{_name(line)} {line.labels} labels, seed {line.seed}: {line.image_auroc:.4f}", file=sys.stderr)
    _print_table(lines)
    missed = _missed(lines) if options.method is None else []
    found = {
        "preset": options.preset,
        "method": options.method,
        "load": os.getloadavg(),
        "lines": [vars(line) for line in lines],
    }
    print(json.dumps({**found, "missed": missed}))
    return 1 if missed else 0


def over_seeds(values: list[float]) -> tuple[float, float]:
    """Return the mean and half the width of its 95 % interval by Student's t; one value alone has none: nan."""
    if len(values) == 1:
        return values[0], float("nan")
    return mean(values), float(student.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5


def without_kind(category: Category, kind: str, count: int, seed: int) -> Category:
    """Label only other kinds than this one, and keep only it and the good images to test on."""
    others = replace(category, test=tuple(image for image in category.test if image.kind != kind))
    kept = tuple(image for image in category.test if image.kind == kind or not image.is_defect)
    return replace(category, test=kept, labelled=others.with_labels(count, seed).labelled)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*", default=CATEGORIES)
    parser.add_argument("--labels", nargs="*", type=int, default=LABELS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--preset", default="fast", choices=("fast", "default"))
    parser.add_argument("--method", help="a method that uses labels; else what a fit with labels would take")
    parser.add_argument("--leave-one-out", metavar="KIND", help=f"a kind of defect, or {EVERY_KIND}")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _measure_all(options: argparse.Namespace) -> Iterator[Line]:
    known = {category.name: category for category in find_categories(options.data)}
    for name in options.categories:
        for seed in options.seeds:
            yield from _measure(options, known[name], seed)


def _measure(options: argparse.Namespace, category: Category, seed: int) -> Iterator[Line]:
    """Fit once without labels, score every test image, and compare each fit with labels on what it is tested on."""
    without = _judge(options, category, seed, method=None)
    scores = dict(zip([image.path for image in category.test], without.scores, strict=True))
    for left_out in _left_out(options, category):
        for count in options.labels:
            chosen = (
                category.with_labels(count, seed) if left_out is None else without_kind(category, left_out, count, seed)
            )
            truth = np.array([image.is_defect for image in chosen.test])
            alone = np.array([scores[image.path] for image in chosen.test])
            is_same = count == 0 and options.method is None
            judged = without if is_same else _judge(options, chosen, seed, method=options.method)
            yield _line(judged, alone if is_same else judged.scores, truth, alone, (left_out, count, seed))


def _judge(options: argparse.Namespace, category: Category, seed: int, *, method: str | None) -> Judged:
    settings = DetectorSettings(preset=options.preset, method=method, seed=seed, threads=options.threads)
    return judge_category(
        category,
        settings=settings,
        limits=LimitSettings(),
        limit=None,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
    )


def _left_out(options: argparse.Namespace, category: Category) -> list[str | None]:
    if options.leave_one_out != EVERY_KIND:
        return [options.leave_one_out]
    return [*sorted({image.kind for image in category.test if image.is_defect})]


def _line(
    judged: Judged,
    scores: NDArray[np.float64],
    truth: NDArray[np.bool_],
    alone: NDArray[np.float64],
    chosen: tuple[str | None, int, int],
) -> Line:
    left_out, count, seed = chosen
    line = judged.line
    return Line(
        category=line.category,
        left_out=left_out,
        labels=count,
        seed=seed,
        image_auroc=_auroc(truth, scores),
        interval=bootstrap_interval(truth, scores, seed),
        without=_auroc(truth, alone),
        aupro=line.aupro,
        recall=line.recall,
        false_alarm_rate=line.false_alarm_rate,
        fit_seconds=line.fit_seconds,
    )


def _auroc(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    defect, normal = scores[truth], scores[~truth]
    wins = (defect[:, None] > normal) + 0.5 * (defect[:, None] == normal)
    return float(wins.mean())


def _name(line: Line) -> str:
    return line.category if line.left_out is None else f"{line.category} but {line.left_out}"


def _print_table(lines: list[Line]) -> None:
    print(
        f"{'category':<28}{'labels':>8}{'image AUROC':>13}{'+- seeds':>10}{'bootstrap':>16}{'without':>9}"
        f"{'gain':>8}{'recall':>8}{'alarms':>8}{'fit s':>8}"
    )
    for (name, labels), group in _grouped(lines).items():
        value, half = over_seeds([line.image_auroc for line in group])
        low, high = (mean(line.interval[end] for line in group) for end in (0, 1))
        without = mean(line.without for line in group)
        recall = mean(line.recall or 0.0 for line in group)
        alarms = mean(line.false_alarm_rate or 0.0 for line in group)
        seconds = mean(line.fit_seconds for line in group)
        print(
            f"{name:<28}{labels:>8}{value:>13.4f}{half:>10.4f}{f'{low:.3f} to {high:.3f}':>16}{without:>9.4f}"
            f"{value - without:>+8.4f}{recall:>8.3f}{alarms:>8.3f}{seconds:>8.1f}"
        )
    for labels in sorted({line.labels for line in lines}):
        those = [line for line in lines if line.labels == labels]
        by_category = [mean(line.image_auroc for line in group) for group in _grouped(those).values()]
        print(f"mean of {len(by_category)} with {labels} labels: image AUROC {mean(by_category):.4f}")


def _grouped(lines: list[Line]) -> dict[tuple[str, int], list[Line]]:
    groups: dict[tuple[str, int], list[Line]] = {}
    for line in lines:
        groups.setdefault((_name(line), line.labels), []).append(line)
    return groups


def _missed(lines: list[Line]) -> list[str]:
    missed = []
    for (name, labels), group in _grouped(lines).items():
        loss = mean(line.without - line.image_auroc for line in group)
        most = MOST_LOSS if group[0].left_out is None else MOST_LOSS_UNSEEN
        if loss > most:
            missed.append(f"{name} with {labels} labels: {loss:.4f} worse than without")
    ten: list[Any] = [
        [line.image_auroc for line in group]
        for (_, labels), group in _grouped([line for line in lines if line.left_out is None]).items()
        if labels == WANTED_LABELS
    ]
    if ten and mean(map(mean, ten)) < WANTED_AUROC:
        missed.append(f"mean with {WANTED_LABELS} labels {mean(map(mean, ten)):.4f} < {WANTED_AUROC}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
