"""Measure what it helps to learn ten labelled false alarms as good: `python -m tests.benchmarks.label_refit`.

As in `label_sweep`, a detector of preset fast has its threshold at the 70th percentile of its held-out scores. The
first ten false alarms of a stream are learnt as good, as `oddspot model refit` does it; the threshold stays. False
alarms are then counted on the good images still to come, and defects found among all of them. Prints a table, then one
JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from config.sources import DetectorSettings, LimitSettings
from detectors.adding import add_images
from detectors.calibration import conformal_quantile
from detectors.dataset import Category, find_categories
from detectors.decode import Decoder
from detectors.fitting import fit_detector
from detectors.scoring import Detector, load_detector
from tests.benchmarks.label_sweep import CATEGORIES, LABELLED, LEARNT_SHARE, ROOT, TOO_OFTEN


@dataclass(frozen=True, slots=True)
class Line:
    """False alarms among the good images still to come and the recall of defects, before and after."""

    category: str
    seed: int
    learnt: int
    good: int
    false_before: int
    false_after: int
    recall_before: float
    recall_after: float


def main() -> int:
    """Measure every category and seed."""
    options = _options()
    known = {category.name: category for category in find_categories(options.data)}
    with Decoder(LimitSettings()) as decoder, tempfile.TemporaryDirectory() as folder:
        lines = [
            _measure(options, known[name], seed, decoder, Path(folder) / f"{name}-{seed}")
            for name in options.categories
            for seed in options.seeds
        ]
    print(f"{'category':>16}{'seed':>6}{'learnt':>8}{'good':>6}{'false':>7}{'then':>6}{'recall':>9}{'then':>8}")
    for line in lines:
        print(
            f"{line.category:>16}{line.seed:>6}{line.learnt:>8}{line.good:>6}{line.false_before:>7}{line.false_after:>6}"
            f"{line.recall_before:>9.3f}{line.recall_after:>8.3f}"
        )
    share = sum(line.false_after for line in lines) / max(1, sum(line.false_before for line in lines))
    print(f"false alarms left {share:.2f}")
    print(json.dumps({"lines": [asdict(line) for line in lines], "left": share, "load": os.getloadavg()}))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*", default=list(CATEGORIES))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _measure(options: argparse.Namespace, category: Category, seed: int, decoder: Decoder, folder: Path) -> Line:
    generator = np.random.default_rng(seed)
    order = [category.train[index] for index in generator.permutation(len(category.train))]
    learnt = round(LEARNT_SHARE * len(order))
    settings = DetectorSettings(preset="fast", seed=seed, threads=options.threads)
    folder.mkdir()
    fitted = fit_detector(
        order[:learnt],
        decoder=decoder,
        settings=settings,
        bit_depth=None,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
    )
    fitted.save(folder / "before")
    threshold = conformal_quantile(fitted.calibration.scores, TOO_OFTEN)
    before = load_detector(folder / "before", weights_dir=options.weights_dir, threads=options.threads)
    rest = order[learnt:] + [image.path for image in category.test if not image.is_defect]
    good = [rest[index] for index in generator.permutation(len(rest))]
    scores = _scores(before, good, decoder)
    false = [place for place, score in enumerate(scores) if score > threshold][:LABELLED]
    coming = good[false[-1] + 1 :]
    grown = add_images(
        folder / "before",
        [good[place] for place in false],
        details={},
        decoder=decoder,
        settings=settings,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
        keeps_threshold=True,
    )
    grown.save(folder / "after")
    after = load_detector(folder / "after", weights_dir=options.weights_dir, threads=options.threads)
    bad = [image.path for image in category.test if image.is_defect]
    return Line(
        category=category.name,
        seed=seed,
        learnt=len(false),
        good=len(coming),
        false_before=sum(score > threshold for score in scores[false[-1] + 1 :]),
        false_after=sum(score > threshold for score in _scores(after, coming, decoder)),
        recall_before=_share_above(threshold, _scores(before, bad, decoder)),
        recall_after=_share_above(threshold, _scores(after, bad, decoder)),
    )


def _scores(detector: Detector, paths: Sequence[Path], decoder: Decoder) -> list[float]:
    return [detector.inspect(decoder.decode(path).pixels).score for path in paths]


def _share_above(threshold: float, scores: Sequence[float]) -> float:
    return sum(score > threshold for score in scores) / len(scores)


if __name__ == "__main__":
    sys.exit(main())
