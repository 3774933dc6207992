"""Time AUPRO against a plain loop over thresholds: `python -m tests.benchmarks.aupro`.

Prints a table, then one JSON object; returns 1 where the two differ or the fast one is less than ten times as fast.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from detectors.metrics import aupro

WANTED_RATIO = 10.0
WANTED_DIFFERENCE = 1e-6
LIMIT = 0.3

Maps = Sequence[NDArray[np.float32]]
Masks = Sequence[NDArray[np.bool_]]


def main() -> int:
    """Compare over the numbers of distinct scores asked for; return 1 where a wanted figure is missed."""
    options = _options()
    rows = [_compare(options, levels) for levels in options.levels]
    print(f"{'scores':>8}{'plain s':>12}{'fast s':>12}{'ratio':>10}{'difference':>14}")
    for row in rows:
        print(
            f"{row['levels']:>8}{row['plain_seconds']:>12.3f}{row['fast_seconds']:>12.4f}"
            f"{row['ratio']:>10.1f}{row['difference']:>14.1e}"
        )
    missed = [row for row in rows if row["ratio"] < WANTED_RATIO or row["difference"] > WANTED_DIFFERENCE]
    print(json.dumps({"images": options.images, "side": options.side, "load": os.getloadavg(), "rows": rows}))
    return 1 if missed else 0


def plain_aupro(maps: Maps, masks: Masks, limit: float) -> float:
    """Return AUPRO as it is defined, a threshold at a time over every distinct score."""
    labelled = [ndimage.label(mask, np.ones((3, 3))) for mask in masks]
    normals = sum(int((~mask).sum()) for mask in masks)
    rates, overlaps = [0.0], [0.0]
    for threshold in np.unique(np.concatenate([one.ravel() for one in maps]))[::-1]:
        false, shares = 0, []
        for one, mask, (labels, count) in zip(maps, masks, labelled, strict=True):
            is_above = one >= threshold
            false += int((is_above & ~mask).sum())
            shares += [float(is_above[labels == number].mean()) for number in range(1, count + 1)]
        rates.append(false / normals)
        overlaps.append(float(np.mean(shares)))
    inside = [index for index, rate in enumerate(rates) if rate <= limit]
    x = [*(rates[index] for index in inside), limit]
    y = [*(overlaps[index] for index in inside), float(np.interp(limit, rates, overlaps))]
    return sum((y[i] + y[i + 1]) / 2 * (x[i + 1] - x[i]) for i in range(len(x) - 1)) / limit


def make_maps(images: int, side: int, levels: int, seed: int) -> tuple[Maps, Masks]:
    """Return maps of so many distinct scores at most, somewhat higher on the blobs of their masks."""
    generator = np.random.default_rng(seed)
    blobs = [ndimage.gaussian_filter(generator.random((side, side)), side / 16) for _ in range(images)]
    masks = [blob > np.quantile(blob, 0.95) for blob in blobs]
    noise = [ndimage.gaussian_filter(generator.random((side, side)), 2) for _ in range(images)]
    scaled = [(one - one.min()) / np.ptp(one) * 0.7 + 0.3 * mask for one, mask in zip(noise, masks, strict=True)]
    return [np.round(one * (levels - 1)).astype(np.float32) for one in scaled], masks


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--levels", nargs="*", type=int, default=[256, 512])
    return parser.parse_args()


def _compare(options: argparse.Namespace, levels: int) -> dict[str, float]:
    maps, masks = make_maps(options.images, options.side, levels, seed=0)
    plain, plain_seconds = _timed(lambda: plain_aupro(maps, masks, LIMIT))
    fast, fast_seconds = min((_timed(lambda: aupro(maps, masks, LIMIT)) for _ in range(3)), key=lambda one: one[1])
    return {
        "levels": len(np.unique(np.concatenate([one.ravel() for one in maps]))),
        "plain_seconds": plain_seconds,
        "fast_seconds": fast_seconds,
        "ratio": plain_seconds / fast_seconds,
        "difference": abs(plain - fast),
    }


def _timed(measure: Callable[[], float]) -> tuple[float, float]:
    started = perf_counter()
    value = measure()
    return value, perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
