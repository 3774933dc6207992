# ruff: noqa: PLC0415 - each part loads only what it measures
"""What `tests.benchmarks.speed` measures, each in a process of its own: `fit`, `score`, `coreset` or `peak`."""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROUNDS = 5
WARM = 3
PEAK_SIDE = 1024


def main() -> int:
    """Measure one part and print one JSON object."""
    started = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=sorted(PARTS))
    parser.add_argument("--category", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--weights-dir", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--runtime", default="auto", choices=("auto", "torch"))
    parser.add_argument("--preset", default="fast")
    options = parser.parse_args()
    found = PARTS[options.part](options, started)
    found["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))
    return 0


def fit(options: argparse.Namespace, _started: float) -> dict[str, Any]:
    """Fit on a category's good images and save the bundle; seconds by stage, importing left out."""
    from config.sources import DetectorSettings, LimitSettings
    from detectors.decode import Decoder
    from detectors.fitting import fit_detector

    images = sorted((options.category / "train" / "good").iterdir())
    own = DetectorSettings(preset=options.preset, threads=options.threads, seed=options.seed, runtime=options.runtime)
    with Decoder(LimitSettings()) as decoder:
        decoder.decode(images[0])
        started = time.perf_counter()
        fitted = fit_detector(
            images,
            decoder=decoder,
            settings=own,
            bit_depth=None,
            weights_dir=options.weights_dir,
            progress=lambda _stage, _done, _total: None,
        )
        fitted.save(options.bundle)
        total = time.perf_counter() - started
    report = fitted.report
    return {"total": total, "images": report.images, "rows": report.bank_rows, "bytes": report.bank_bytes} | (
        report.seconds
    )


def score(options: argparse.Namespace, started: float) -> dict[str, Any]:
    """Score every test image from its file to its verdict; milliseconds by stage, AUROC, seconds to the first score."""
    from config.sources import LimitSettings
    from detectors.dataset import find_categories
    from detectors.decode import Decoder
    from detectors.metrics import image_auroc
    from detectors.scoring import load_detector

    [category] = [one for one in find_categories(options.category.parent) if one.name == options.category.name]
    detector = load_detector(
        options.bundle, weights_dir=options.weights_dir, threads=options.threads, runtime=options.runtime
    )
    with Decoder(LimitSettings()) as decoder:
        paths = [image.path for image in category.test]
        first = detector.inspect(decoder.decode(paths[0]).pixels)
        first_after = time.perf_counter() - started
        for path in paths[:WARM]:
            detector.inspect(decoder.decode(path).pixels)
        begun = time.perf_counter()
        scores, totals = [], []
        for path in paths:
            before = time.perf_counter()
            scores.append(detector.inspect(decoder.decode(path).pixels).score)
            totals.append(time.perf_counter() - before)
        seconds = time.perf_counter() - begun
        stages = _stages(detector, [decoder.decode(path).pixels for path in paths[:40]])
        stages["decode"] = _milliseconds(decoder.decode, paths[:40])
    return {
        "first_after": first_after,
        "first": first.score,
        "images_per_second": len(paths) / seconds,
        "p50": median(totals) * 1000,
        "p95": float(np.quantile(totals, 0.95)) * 1000,
        "stages": stages,
        "image_auroc": image_auroc([image.is_defect for image in category.test], scores),
        "runtime": detector._backbone.runtime,
        "torch": "torch" in sys.modules,
    }


def _stages(detector: Any, images: Sequence[Any]) -> dict[str, float]:
    from detectors.features import embed
    from detectors.methods.anomaly_map import compute_anomaly_map

    backbone, method = detector._backbone, detector._method
    squares = [backbone.prepare(pixels) for pixels in images]
    seen = [embed(backbone, square) for square in squares]
    found = [method.score(one) for one in seen]
    return {
        "resize": _milliseconds(backbone.prepare, images),
        "backbone": _milliseconds(backbone.embed_square, squares),
        "score": _milliseconds(method.score, seen),
        "map": _milliseconds(lambda one: compute_anomaly_map(one.patches, backbone.image_size), found),
    }


def _milliseconds(work: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    spent = []
    for one in inputs:
        started = time.perf_counter()
        work(one)
        spent.append(time.perf_counter() - started)
    return median(spent) * 1000


def coreset(options: argparse.Namespace, _started: float) -> dict[str, Any]:
    """Thin all patches of a category's good images to a share; seconds of the choice alone, projection included."""
    from config.sources import DetectorSettings, LimitSettings
    from detectors.decode import Decoder
    from detectors.methods.bank_choice import choose_bank, project
    from detectors.methods.port import FitChoices
    from detectors.runtime import use_threads
    from detectors.viewing import Viewing

    use_threads(options.threads)
    viewing = Viewing(DetectorSettings(preset="fast", threads=options.threads), options.weights_dir)
    with Decoder(LimitSettings()) as decoder:
        images = sorted((options.category / "train" / "good").iterdir())
        rows = [viewing.embed(decoder.decode(path).pixels).grid.rows for path in images]
    choices = FitChoices(options.share, 1, 10**9, options.seed)
    started = time.perf_counter()
    origins, _ = choose_bank(project(rows, options.seed), None, choices)
    return {"seconds": time.perf_counter() - started, "rows": sum(map(len, rows)), "kept": len(origins)}


def peak(options: argparse.Namespace, _started: float) -> dict[str, Any]:
    """Measure what this machine multiplies at most, in GFLOP/s of float32, by torch."""
    import torch

    torch.set_num_threads(options.threads)
    one, other = torch.rand(PEAK_SIDE, PEAK_SIDE), torch.rand(PEAK_SIDE, PEAK_SIDE)
    spent = []
    for _ in range(4 * ROUNDS):
        started = time.perf_counter()
        one @ other
        spent.append(time.perf_counter() - started)
    return {"gflops": 2 * PEAK_SIDE**3 / min(spent) / 1e9}


PARTS: dict[str, Callable[[argparse.Namespace, float], dict[str, Any]]] = {
    "fit": fit,
    "score": score,
    "coreset": coreset,
    "peak": peak,
}


if __name__ == "__main__":
    sys.exit(main())
