"""Measure what ten labelled false alarms teach the threshold: `python -m tests.benchmarks.label_sweep`.

A detector of preset fast is fitted on two fifths of the good training images; its threshold is put at the 70th
percentile of its held-out scores, so that it cries too often. The other good images and half of the defects are a
stream: each anomaly is labelled until ten false alarms are (with --wrong, each label is wrong with that chance), and
the sweep proposes a threshold. False alarms are then counted on the good images still to come, and defects found among
the half that was never seen. Prints a table, then one JSON object; returns 1 where a wanted figure is missed.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from config.sources import DetectorSettings, LimitSettings
from detectors.calibration import conformal_quantile
from detectors.dataset import Category, find_categories
from detectors.decode import Decoder
from detectors.fitting import fit_detector
from detectors.scoring import load_detector
from storage.queries.thresholds import propose_threshold
from storage.records import LabelKind, Scored

ROOT = Path(__file__).resolve().parents[2]
CATEGORIES = ("magnetic_tile", "solar_mono", "board_20085")
LABELLED, LEARNT_SHARE, TOO_OFTEN = 10, 0.4, 0.3
WANTED_SHARE, WANTED_LOSS = 0.5, 0.02
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """False alarms among the good images still to come, and the recall of unseen and of labelled defects, both ways."""

    category: str
    seed: int
    wrong: float
    good: int
    false_before: int
    false_after: int
    recall_before: float
    recall_after: float
    labelled_before: int
    labelled_after: int


def main() -> int:
    """Measure every category and seed; return 1 where a wanted figure is missed."""
    options = _options()
    known = {category.name: category for category in find_categories(options.data)}
    lines = []
    with Decoder(LimitSettings()) as decoder, tempfile.TemporaryDirectory() as folder:
        for name in options.categories:
            for seed in options.seeds:
                scores = _scores(options, known[name], seed, decoder, Path(folder) / f"{name}-{seed}")
                lines += [_measure(name, seed, wrong, *scores) for wrong in options.wrong]
    head = ("category", "seed", "wrong", "good", "false", "then", "recall", "then", "labelled", "then")
    print("".join(f"{word:>{16 if place == 0 else 9}}" for place, word in enumerate(head)))
    for line in lines:
        print(
            f"{line.category:>16}{line.seed:>9}{line.wrong:>9.2f}{line.good:>9}{line.false_before:>9}{line.false_after:>9}"
            f"{line.recall_before:>9.3f}{line.recall_after:>9.3f}{line.labelled_before:>9}{line.labelled_after:>9}"
        )
    missed = _missed(lines)
    print(json.dumps({"lines": [asdict(line) for line in lines], "missed": missed, "load": os.getloadavg()}))
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*", default=list(CATEGORIES))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--wrong", nargs="*", type=float, default=[0.0, 0.1])
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _scores(
    options: argparse.Namespace, category: Category, seed: int, decoder: Decoder, folder: Path
) -> tuple[float, list[float], list[float]]:
    """Return the threshold that cries too often, and the scores of good images and defects it has not learnt from."""
    generator = np.random.default_rng(seed)
    order = [category.train[index] for index in generator.permutation(len(category.train))]
    learnt = round(LEARNT_SHARE * len(order))
    fitted = fit_detector(
        order[:learnt],
        decoder=decoder,
        settings=DetectorSettings(preset="fast", seed=seed, threads=options.threads),
        bit_depth=None,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
    )
    fitted.save(folder)
    detector = load_detector(folder, weights_dir=options.weights_dir, threads=options.threads)
    good = order[learnt:] + [image.path for image in category.test if not image.is_defect]
    bad = [image.path for image in category.test if image.is_defect]
    scored = [[detector.inspect(decoder.decode(path).pixels).score for path in paths] for paths in (good, bad)]
    return conformal_quantile(fitted.calibration.scores, TOO_OFTEN), scored[0], scored[1]


def _measure(name: str, seed: int, wrong: float, now: float, good: Sequence[float], bad: Sequence[float]) -> Line:
    generator = np.random.default_rng(seed)
    normals, defects = list(generator.permutation(good)), list(generator.permutation(bad))
    stream = [(score, False) for score in normals] + [(score, True) for score in defects[: len(defects) // 2]]
    labelled: list[Scored] = []
    truth: list[tuple[float, bool]] = []
    seen = 0
    for place in generator.permutation(len(stream)):
        score, is_defect = stream[place]
        if sum(not each for _, each in truth) == LABELLED:
            break
        seen += not is_defect
        if score > now:
            said = is_defect != (generator.random() < wrong)
            kind = LabelKind.DEFECT if said else LabelKind.FALSE_ALARM
            labelled.append(Scored(len(labelled), START + timedelta(minutes=len(labelled)), float(score), kind))
            truth.append((float(score), is_defect))
    then = propose_threshold(labelled, now).threshold or now
    looked_at = {score for score, is_defect in truth if not is_defect}
    coming = [score for score in normals if score not in looked_at][: len(normals) - seen]
    unseen = np.array(defects[len(defects) // 2 :])
    caught = np.array([score for score, is_defect in truth if is_defect])
    return Line(
        category=name,
        seed=seed,
        wrong=wrong,
        good=len(coming),
        false_before=int(sum(score > now for score in coming)),
        false_after=int(sum(score > then for score in coming)),
        recall_before=float((unseen > now).mean()),
        recall_after=float((unseen > then).mean()),
        labelled_before=int((caught > now).sum()),
        labelled_after=int((caught > then).sum()),
    )


def _missed(lines: Sequence[Line]) -> list[str]:
    missed = []
    for wrong in sorted({line.wrong for line in lines}):
        own = [line for line in lines if line.wrong == wrong]
        share = sum(line.false_after for line in own) / max(1, sum(line.false_before for line in own))
        caught = sum(line.labelled_before for line in own)
        loss = (caught - sum(line.labelled_after for line in own)) / max(1, caught)
        print(f"wrong {wrong:.2f}: false alarms left {share:.2f}, labelled defects lost {loss:.3f}")
        is_too_many = wrong == 0 and share > WANTED_SHARE
        missed += [f"false alarms left {share:.2f} > {WANTED_SHARE}"] if is_too_many else []
        missed += [f"{wrong:.2f}: labelled defects lost {loss:.3f} > {WANTED_LOSS}"] if loss > WANTED_LOSS else []
    return missed


if __name__ == "__main__":
    sys.exit(main())
