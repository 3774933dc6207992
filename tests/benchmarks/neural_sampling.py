"""Compare the learned sampler with uniform sampling: `python -m tests.benchmarks.neural_sampling`.

Both sides of a pair have the seed, the images, the labelled defects, the cycles, the pictures that profiles are taken
of and all networks' first weights in common. Prints a table with the mean difference and its 95 % interval (paired t),
then one JSON object, whoever wins; returns 1 only where a sampler that should have learned stayed uniform. Test images
are scored, never learned from.
"""

import argparse
import json
import math
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import stats

from config.sources import LimitSettings
from detectors.checkpoints import NoCheckpoints
from detectors.dataset import Category, find_categories
from detectors.decode import Decoder
from detectors.masks import read_mask
from detectors.methods.anomaly_map import compute_anomaly_map
from detectors.methods.port import EmbeddedImage, LabelledDefect, PatchGrid, Training
from detectors.methods.sampling.neural_sampling import SCHEDULE, NeuralSampling, learn_to_sample, sample_by_chance
from detectors.metrics import image_auroc, pixel_auroc

ROOT = Path(__file__).resolve().parents[2]
SIDE = 256
MAP_SIDE = 128
HELD_OUT_EVERY = 7
SAMPLERS = {"learned": learn_to_sample, "uniform": sample_by_chance}
FIGURES = ("image_auroc", "pixel_auroc", "held_out_loss", "divergence", "cycles", "seconds")
COMPARED = ("image_auroc", "pixel_auroc", "held_out_loss")
# The method looks at pictures alone.
NO_GRID = PatchGrid(np.empty((0, 0), dtype=np.float32), 0, 0)

Line = dict[str, float]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Seen:
    """An image of a category, and its mask: None where nobody drew one, empty where it is good."""

    image: EmbeddedImage
    mask: Mask | None


def main() -> int:
    """Train both samplers for every category and seed; return 1 where a learned one did not move."""
    options = _options()
    torch.set_num_threads(options.threads)
    names = options.category
    found = [category for category in find_categories(options.data) if category.name in names]
    lines = {category.name: _measure(category, options) for category in found}
    differences = {name: _differences(of_category) for name, of_category in lines.items()}
    for name, of_category in lines.items():
        _print_table(name, of_category, differences[name])
    load = os.getloadavg()
    print(f"{options.labels} labelled defects, {options.cycles} cycles; load averages {load}")
    print(json.dumps({"labels": options.labels, "load": load, "lines": lines, "differences": differences}))
    is_still = any(line["divergence"] <= 0 for of_category in lines.values() for line in of_category["learned"])
    return 1 if is_still else 0


def interval(differences: list[float]) -> tuple[float, float, float]:
    """Return the mean of paired differences and the ends of its 95 % interval by Student's t."""
    middle = mean(differences)
    count = len(differences)
    half = float(stats.t.ppf(0.975, count - 1)) * stdev(differences) / math.sqrt(count) if count > 1 else math.inf
    return middle, middle - half, middle + half


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--category", nargs="+", default=["magnetic_tile", "road_crack"])
    parser.add_argument("--labels", type=int, default=10)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--cycles", type=int, default=SCHEDULE.cycles)
    parser.add_argument("--seconds", type=float, default=1800.0, help="limit of a training; reached, a pair is uneven")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _measure(category: Category, options: argparse.Namespace) -> dict[str, list[Line]]:
    seen = _read(category)
    lines: dict[str, list[Line]] = {name: [] for name in SAMPLERS}
    for seed in options.seeds:
        drawn = category.with_labels(options.labels, seed)
        for name in SAMPLERS:
            line = _train_and_score(drawn, seen, name, seed, options)
            lines[name].append(line)
            print(f"{category.name} seed {seed} {name}: {_words(line)}", file=sys.stderr, flush=True)
    return lines


def _read(category: Category) -> dict[Path, Seen]:
    """Decode every image of a category once."""
    seen = {}
    with Decoder(LimitSettings()) as decoder:
        for path in category.train:
            seen[path] = _seen(decoder, path, None, is_defect=False)
        for image in category.test:
            seen[image.path] = _seen(decoder, image.path, image.mask, is_defect=image.is_defect)
    return seen


def _seen(decoder: Decoder, path: Path, mask: Path | None, *, is_defect: bool) -> Seen:
    pixels = decoder.decode(path).pixels
    square = np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    image = EmbeddedImage(square, NO_GRID)
    if not is_defect:
        return Seen(image, np.zeros((SIDE, SIDE), dtype=bool))
    if mask is None:
        return Seen(image, None)
    return Seen(image, read_mask(mask, decoder, size=(pixels.shape[0], pixels.shape[1]), shape=(SIDE, SIDE)))


def _train_and_score(
    category: Category, seen: dict[Path, Seen], sampler: str, seed: int, options: argparse.Namespace
) -> Line:
    good = [seen[path].image for path in category.train]
    defects = [LabelledDefect(seen[one.path].image, seen[one.path].mask, one.kind) for one in category.labelled]
    method = NeuralSampling(replace(SCHEDULE, cycles=options.cycles), SAMPLERS[sampler])
    started = perf_counter()
    fitted = method.train(
        [image for index, image in enumerate(good) if index % HELD_OUT_EVERY],
        good[::HELD_OUT_EVERY],
        defects,
        Training(seed, options.seconds, lambda _done, _total: None, NoCheckpoints()),
    )
    seconds = perf_counter() - started
    scores = [fitted.score(seen[one.path].image) for one in category.test]
    judged = [
        (compute_anomaly_map(found.patches, MAP_SIDE), mask[:: SIDE // MAP_SIDE, :: SIDE // MAP_SIDE])
        for found, mask in zip(scores, (seen[one.path].mask for one in category.test), strict=True)
        if mask is not None
    ]
    return {
        "seed": seed,
        "image_auroc": image_auroc([one.is_defect for one in category.test], [found.score for found in scores]),
        "pixel_auroc": pixel_auroc([one for one, _ in judged], [mask for _, mask in judged]),
        "held_out_loss": fitted.outcome.best_loss,
        "divergence": fitted.outcome.divergence,
        "cycles": fitted.outcome.cycles,
        "seconds": seconds,
    }


def _differences(lines: dict[str, list[Line]]) -> dict[str, tuple[float, float, float]]:
    pairs = list(zip(lines["learned"], lines["uniform"], strict=True))
    return {name: interval([learned[name] - uniform[name] for learned, uniform in pairs]) for name in COMPARED}


def _print_table(
    category: str, lines: dict[str, list[Line]], differences: dict[str, tuple[float, float, float]]
) -> None:
    print(f"{category:<16}{'seed':>6}" + "".join(f"{name:>15}" for name in FIGURES))
    for sampler, of_sampler in lines.items():
        for line in of_sampler:
            print(f"{sampler:<16}{line['seed']:>6}" + "".join(f"{line[name]:>15.4f}" for name in FIGURES))
        means = (mean(line[name] for line in of_sampler) for name in FIGURES)
        print(f"{sampler:<16}{'mean':>6}" + "".join(f"{value:>15.4f}" for value in means))
    for name, (middle, low, high) in differences.items():
        print(f"{name}: learned - uniform {middle:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}")


def _words(line: Line) -> str:
    return ", ".join(f"{name} {line[name]:.3f}" for name in FIGURES)


if __name__ == "__main__":
    sys.exit(main())
