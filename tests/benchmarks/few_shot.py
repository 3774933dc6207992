"""Measure what 1, 2, 4 and 8 good images are worth: `python -m tests.benchmarks.few_shot`.

Preset fast's network. Which images are learned from is drawn by the seed, the eight holding the four, and so on. Prints
a table, then one JSON object; returns 1 where the mean of eight lies more than .05 below that of all.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

from config.settings import DetectorSettings, LimitSettings
from detectors.augmentation import embed_copies
from detectors.backbones import Backbone
from detectors.dataset import Category, find_categories
from detectors.decode import Decoder
from detectors.features import embed, shrink
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import EmbeddedImage, FitChoices, Method
from detectors.methods.whitened import Whitened
from detectors.metrics import image_auroc
from detectors.presets import choose_preset
from detectors.training_images import SEARCH_SIDE
from detectors.weights import ensure_weights

ROOT = Path(__file__).resolve().parents[2]
MOST_BEHIND = 0.05
ALL = "all"
WAYS = ("plain", "copies", "whitened", "whitened, copies")


@dataclass(frozen=True, slots=True)
class Line:
    """One fit and its image AUROC; images: how many it learned from, or 0 for all."""

    category: str
    seed: int
    images: int
    way: str
    image_auroc: float


def main() -> int:
    """Measure every category; return 1 where a wanted figure is missed."""
    options = _options()
    torch.set_num_threads(options.threads)
    faiss.omp_set_num_threads(options.threads)
    preset = choose_preset(DetectorSettings(preset="fast"))
    weights = ensure_weights(preset.backbone, options.weights_dir)
    backbone = Backbone(preset.backbone, weights, preset.views[0].image_size)
    categories = [one for one in find_categories(options.data) if one.name in (options.categories or [one.name])]
    lines: list[Line] = []
    with Decoder(LimitSettings()) as decoder:
        for category in categories:
            for line in _measure(options, category, backbone, decoder):
                print(line, file=sys.stderr, flush=True)
                lines.append(line)
    means = _print_table(lines)
    behind = means[f"{ALL} plain"] - means.get(f"8 {WAYS[3]}", 1.0)
    print(json.dumps({"means": means, "behind": behind, "load": os.getloadavg()}))
    return 1 if behind > MOST_BEHIND else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--images", nargs="*", type=int, default=[8, 4, 2, 1])
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--limit", type=int, help="test images of good and of defect each")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _measure(options: argparse.Namespace, category: Category, backbone: Backbone, decoder: Decoder) -> Iterator[Line]:
    test = category.limited(options.limit).test
    seen = [embed(backbone, decoder.decode(image.path).pixels) for image in test]
    labels = [image.is_defect for image in test]
    for seed in options.seeds:
        order = np.random.default_rng(seed).permutation(len(category.train))
        pixels = [decoder.decode(category.train[index]).pixels for index in order[: max(options.images)]]
        for count in options.images:
            for way, method, rows in _few(pixels[:count], seed, backbone):
                if way in options.ways:
                    yield Line(category.name, seed, count, way, _auroc(method, rows, seed, seen, labels))
    rows = [embed(backbone, decoder.decode(path).pixels).grid.rows for path in category.train]
    for seed in options.seeds:
        yield Line(category.name, seed, 0, WAYS[0], _auroc(PatchCore(), rows, seed, seen, labels))


def _few(
    pixels: Sequence[NDArray[np.uint8]], seed: int, backbone: Backbone
) -> Iterator[tuple[str, Method, list[NDArray[np.float32]]]]:
    """Yield each way to learn from a few images, with the rows it learns from."""
    grids = [embed(backbone, one).grid for one in pixels]
    small = [shrink(one, SEARCH_SIDE) for one in pixels]
    copies = embed_copies(small, grids, lambda one: embed(backbone, one).grid, seed)
    alone = [grid.rows for grid in grids]
    both = [np.concatenate([own, *(one.rows for one in its)]) for own, its in zip(alone, copies, strict=True)]
    yield WAYS[0], PatchCore(), alone
    yield WAYS[1], PatchCore(), both
    if len(pixels) >= Whitened.fewest_images:
        yield WAYS[2], Whitened(), alone
        yield WAYS[3], Whitened(), both


def _auroc(
    method: Method,
    rows: Sequence[NDArray[np.float32]],
    seed: int,
    seen: Sequence[EmbeddedImage],
    labels: Sequence[bool],
) -> float:
    preset = choose_preset(DetectorSettings(preset="fast"))
    choices = FitChoices(preset.bank_share, preset.bank_floor, preset.bank_cap, seed, preset.views[0].highest)
    fitted = method.fit(rows, choices)
    return image_auroc(labels, [fitted.score(image).score for image in seen])


def _print_table(lines: Sequence[Line]) -> dict[str, float]:
    """Print means over seeds and return the means over categories too, by images and way."""
    names = sorted({line.category for line in lines})
    print(f"{'images':<8}{'way':<18}" + "".join(f"{name:>15}" for name in [*names, "mean"]))
    means = {}
    for images, way in dict.fromkeys((line.images, line.way) for line in lines):
        found = {
            name: mean(one.image_auroc for one in lines if (one.images, one.way, one.category) == (images, way, name))
            for name in names
        }
        label = str(images or ALL)
        means[f"{label} {way}"] = mean(found.values())
        cells = [*found.values(), means[f"{label} {way}"]]
        print(f"{label:<8}{way:<18}" + "".join(f"{cell:>15.3f}" for cell in cells))
    return means


if __name__ == "__main__":
    sys.exit(main())
