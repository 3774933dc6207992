"""Measure what it takes to add good images to a detector: `python -m tests.benchmarks.adding`.

A detector of preset fast is fitted on all good images but 50, drawn by the seed; those are added, and the result is
compared with a fit of all: seconds, covering radius over all good patches, image AUROC. Prints a table, then one JSON
object; returns 1 where a wanted figure is missed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from config.sources import DetectorSettings, LimitSettings
from detectors.adding import add_images
from detectors.dataset import Category, find_categories
from detectors.decode import Decoder
from detectors.fitting import fit_detector
from detectors.methods.neighbours import Bank
from detectors.metrics import image_auroc
from detectors.scoring import Detector, load_detector

ROOT = Path(__file__).resolve().parents[2]
ADDED = 50
WANTED_SECONDS, WANTED_RADIUS, WANTED_LOSS = 3.0, 1.05, 0.003


@dataclass(frozen=True, slots=True)
class Line:
    """Seconds to add and to fit all; the grown bank's covering radius over that of the whole fit; both AUROCs."""

    category: str
    seed: int
    add_seconds: float
    fit_seconds: float
    radius_ratio: float
    grown_auroc: float
    whole_auroc: float


def main() -> int:
    """Measure every category and seed; return 1 where a wanted figure is missed."""
    options = _options()
    known = {category.name: category for category in find_categories(options.data)}
    with Decoder(LimitSettings()) as decoder, tempfile.TemporaryDirectory() as folder:
        lines = [
            _measure(options, known[name], seed, decoder, Path(folder) / f"{name}-{seed}")
            for name in options.categories
            for seed in options.seeds
        ]
    print(f"{'category':<16}{'seed':>5}{'add s':>8}{'fit s':>8}{'radius':>9}{'grown':>9}{'whole':>9}")
    for line in lines:
        print(
            f"{line.category:<16}{line.seed:>5}{line.add_seconds:>8.2f}{line.fit_seconds:>8.2f}"
            f"{line.radius_ratio:>9.3f}{line.grown_auroc:>9.4f}{line.whole_auroc:>9.4f}"
        )
    missed = _missed(lines)
    print(json.dumps({"lines": [asdict(line) for line in lines], "missed": missed, "load": os.getloadavg()}))
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*", default=["magnetic_tile"])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--method", choices=["patchcore", "blend", "padim"], help="else the preset's own")
    return parser.parse_args()


def _measure(options: argparse.Namespace, category: Category, seed: int, decoder: Decoder, folder: Path) -> Line:
    settings = DetectorSettings(preset="fast", method=options.method, seed=seed, threads=options.threads)
    order = np.random.default_rng(seed).permutation(len(category.train))
    first, more = ([category.train[index] for index in some] for some in (order[:-ADDED], order[-ADDED:]))
    folder.mkdir()

    def fit(images: Sequence[Path], name: str) -> float:
        started = time.perf_counter()
        fitted = fit_detector(
            images,
            decoder=decoder,
            settings=settings,
            bit_depth=None,
            weights_dir=options.weights_dir,
            progress=lambda _stage, _done, _total: None,
        )
        fitted.save(folder / name)
        return time.perf_counter() - started

    fit(first, "first")
    started = time.perf_counter()
    grown = add_images(
        folder / "first",
        more,
        details={},
        decoder=decoder,
        settings=settings,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
    )
    grown.save(folder / "grown")
    add_seconds = time.perf_counter() - started
    fit_seconds = fit([*first, *more], "whole")
    both = [
        load_detector(folder / name, weights_dir=options.weights_dir, threads=options.threads)
        for name in ("grown", "whole")
    ]
    has_bank = all("bank" in one.learnt.arrays() for one in both)
    radii = [_covering_radius(one, category.train, decoder) if has_bank else 1.0 for one in both]
    aurocs = [_auroc(one, category, decoder) for one in both]
    return Line(category.name, seed, add_seconds, fit_seconds, radii[0] / radii[1], *aurocs)


def _covering_radius(detector: Detector, images: Sequence[Path], decoder: Decoder) -> float:
    """Return the largest distance of any good patch to the bank."""
    bank = Bank(detector.learnt.arrays()["bank"].astype(np.float32))
    return max(float(bank.nearest(detector.look(decoder.decode(path).pixels)[0].grid.rows).max()) for path in images)


def _auroc(detector: Detector, category: Category, decoder: Decoder) -> float:
    scores = [detector.inspect(decoder.decode(image.path).pixels).score for image in category.test]
    return image_auroc([image.is_defect for image in category.test], scores)


def _missed(lines: Sequence[Line]) -> list[str]:
    figures = {
        "seconds to add": (mean(line.add_seconds for line in lines), WANTED_SECONDS),
        "covering radius": (mean(line.radius_ratio for line in lines), WANTED_RADIUS),
        "AUROC less": (mean(line.whole_auroc - line.grown_auroc for line in lines), WANTED_LOSS),
    }
    return [f"{name} {found:.4f} > {most}" for name, (found, most) in figures.items() if found > most]


if __name__ == "__main__":
    sys.exit(main())
