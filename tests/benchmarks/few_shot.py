"""Measure what 1, 2, 4 and 8 good images are worth: `python -m tests.benchmarks.few_shot`.

Each is a whole fit of a preset. Which images are learned from is drawn by the seed, the eight holding the four, and so
on. Prints a table, then one JSON object; returns 1 where the mean of eight lies more than .05 below that of all.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np

from config.sources import DetectorSettings, LimitSettings
from detectors.dataset import Category
from detectors.evaluation import find_categories, judge_category

ROOT = Path(__file__).resolve().parents[2]
MOST_BEHIND = 0.05
COMPARED = 8
ALL = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One fit and its image AUROC; images: how many it learned from, or 0 for all."""

    category: str
    seed: int
    images: int
    image_auroc: float


def main() -> int:
    """Measure every category; return 1 where a wanted figure is missed."""
    options = _options()
    lines: list[Line] = []
    for line in _measure_all(options):
        print(line, file=sys.stderr, flush=True)
        lines.append(line)
    means = _print_table(lines)
    behind = means[ALL] - means[COMPARED] if {ALL, COMPARED} <= set(means) else 0.0
    print(json.dumps({"preset": options.preset, "means": means, "behind": behind, "load": os.getloadavg()}))
    return 1 if behind > MOST_BEHIND else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*")
    parser.add_argument("--preset", default="default", choices=("fast", "default"))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--images", nargs="*", type=int, default=[ALL, 8, 4, 2, 1], help="0: all there are")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _measure_all(options: argparse.Namespace) -> Iterator[Line]:
    for category in find_categories(options.data):
        if category.name not in (options.categories or [category.name]):
            continue
        for seed in options.seeds:
            for images in options.images:
                yield Line(category.name, seed, images, _auroc(options, _drawn(category, images, seed), seed))


def _drawn(category: Category, images: int, seed: int) -> Category:
    if images == ALL:
        return category
    order = np.random.default_rng(seed).permutation(len(category.train))[:images]
    return replace(category, train=tuple(category.train[index] for index in order))


def _auroc(options: argparse.Namespace, category: Category, seed: int) -> float:
    judged = judge_category(
        category,
        settings=DetectorSettings(preset=options.preset, seed=seed, threads=options.threads),
        limits=LimitSettings(),
        limit=None,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
    )
    assert judged.line.image_auroc is not None
    return judged.line.image_auroc


def _print_table(lines: Sequence[Line]) -> dict[int, float]:
    """Print means over seeds and return the means over categories too, by the number of images."""
    names = sorted({line.category for line in lines})
    print(f"{'images':<8}" + "".join(f"{name:>15}" for name in [*names, "mean"]))
    means = {}
    for images in dict.fromkeys(line.images for line in lines):
        found = [
            mean(line.image_auroc for line in lines if (line.images, line.category) == (images, name)) for name in names
        ]
        means[images] = mean(found)
        print(f"{images or 'all':<8}" + "".join(f"{value:>15.3f}" for value in [*found, means[images]]))
    return means


if __name__ == "__main__":
    sys.exit(main())
