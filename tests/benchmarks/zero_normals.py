"""Measure how well an unlabelled batch ranks itself: `python -m tests.benchmarks.zero_normals`.

The batch is a category's test folder as it is, and again with only as many defects, drawn by seed, as make a tenth of
it. Labels are read once the scores stand. Prints a table, then one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from time import perf_counter, process_time
from typing import Any

import numpy as np

from config.sources import DetectorSettings, LimitSettings
from detectors.dataset import Category, TestImage, find_categories
from detectors.decode import Decoder
from detectors.metrics import image_auroc
from detectors.triage import triage_photos

ROOT = Path(__file__).resolve().parents[2]
FEW_DEFECTS = 0.1
PATIENT_SECONDS = 600  # a busy machine must not cost a photo
COLUMNS = ("photos", "defects", "auroc", "flagged_defects", "flagged_good", "defects_kept", "milliseconds", "cpu_ms")


def main() -> int:
    """Measure every category, whole and with few defects."""
    options = _options()
    categories = [one for one in find_categories(options.data) if options.only is None or one.name in options.only]
    table = {}
    with Decoder(LimitSettings(decode_seconds=PATIENT_SECONDS)) as decoder:
        for category in categories:
            few = [_measure(_few_defects(category, seed), decoder, options) for seed in options.seeds]
            table[category.name] = {"whole": _measure(category.test, decoder, options), "tenth": _mean(few)}
            print(f"{category.name}: {table[category.name]}", file=sys.stderr)
    _print_table(table)
    print(
        json.dumps(
            {
                "image_size": options.image_size,
                "neighbours": options.neighbours,
                "seeds": options.seeds,
                "threads": options.threads,
                "load": os.getloadavg(),
                "categories": table,
            }
        )
    )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--only", nargs="*", help="Names of categories.")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--neighbours", type=int, default=1)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _few_defects(category: Category, seed: int) -> list[TestImage]:
    good = [image for image in category.test if not image.is_defect]
    defects = [image for image in category.test if image.is_defect]
    count = max(1, round(len(good) * FEW_DEFECTS / (1 - FEW_DEFECTS)))
    drawn = np.random.default_rng(seed).permutation(len(defects))[:count]
    return [*good, *(defects[index] for index in drawn)]


def _measure(batch: Sequence[TestImage], decoder: Decoder, options: argparse.Namespace) -> dict[str, float]:
    started, busy = perf_counter(), process_time()
    found = triage_photos(
        [image.path for image in batch],
        decoder=decoder,
        settings=DetectorSettings(image_size=options.image_size, threads=options.threads),
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
        neighbours=options.neighbours,
    )
    seconds, busy = perf_counter() - started, process_time() - busy
    defects = {image.path for image in batch if image.is_defect}
    truth = [photo.path in defects for photo in found.photos]
    flagged = [photo.score > found.cut for photo in found.photos]
    return {
        "photos": len(truth),
        "defects": sum(truth),
        "auroc": image_auroc(truth, [photo.score for photo in found.photos]),
        "flagged_defects": mean(flag for flag, is_defect in zip(flagged, truth, strict=True) if is_defect),
        "flagged_good": mean(flag for flag, is_defect in zip(flagged, truth, strict=True) if not is_defect),
        "defects_kept": mean(truth[len(found.oddest(0.8)) :]),
        "milliseconds": 1000 * seconds / len(truth),
        "cpu_ms": 1000 * busy / len(truth),  # without decoding, whatever else runs
    }


def _mean(lines: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: mean(line[name] for line in lines) for name in lines[0]}


def _print_table(table: dict[str, dict[str, dict[str, Any]]]) -> None:
    print(f"{'category':<16}{'batch':<8}" + "".join(f"{name:>17}" for name in COLUMNS))
    for category, batches in table.items():
        for batch, line in batches.items():
            print(f"{category:<16}{batch:<8}" + "".join(f"{line[name]:>17.3f}" for name in COLUMNS))
    for batch in ("whole", "tenth"):
        print(f"mean image AUROC, {batch}: {mean(batches[batch]['auroc'] for batches in table.values()):.3f}")


if __name__ == "__main__":
    sys.exit(main())
