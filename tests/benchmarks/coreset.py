"""Measure how the choice of a bank scales: `python -m tests.benchmarks.coreset --rows 100000 1000000`.

Real patches of preset fast: all good images of all categories, and mirrored and turned copies of them as far as more
are asked for. Each is thinned to a share in a process of its own. Prints a table, then one JSON object.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from config.sources import DetectorSettings, LimitSettings
from detectors.dataset import find_categories
from detectors.decode import Decoder
from detectors.methods.bank_choice import choose_bank, project
from detectors.methods.port import FitChoices, Floats
from detectors.runtime import use_threads
from detectors.viewing import Viewing

ROOT = Path(__file__).resolve().parents[2]
WANTED_ROWS, WANTED_SECONDS, WANTED_MEGABYTES = 1_000_000, 120.0, 2000.0
TURNS = 8


def main() -> int:
    """Measure every number of rows; return 1 where a wanted figure is missed."""
    options = _options()
    if options.alone:
        print(json.dumps(_measure(options, options.rows[0])))
        return 0
    found = [_in_its_own_process(rows) for rows in options.rows]
    print(f"{'rows':>10}{'kept':>8}{'project s':>11}{'choose s':>10}{'MB in all':>11}   load {os.getloadavg()[0]:.1f}")
    for one in found:
        print(
            f"{one['rows']:>10}{one['kept']:>8}{one['project_seconds']:>11.2f}{one['choose_seconds']:>10.2f}"
            f"{one['megabytes']:>11.0f}"
        )
    print(json.dumps({"coreset": found, "load": os.getloadavg()}))
    return int(any(map(_is_missed, found)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--rows", nargs="*", type=int, default=[50_000, 200_000, 1_000_000])
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--alone", action="store_true", help="Measure the first number of rows in this process.")
    return parser.parse_args()


def _in_its_own_process(rows: int) -> dict[str, Any]:
    line = [sys.executable, "-m", "tests.benchmarks.coreset", *sys.argv[1:], "--rows", str(rows), "--alone"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(options: argparse.Namespace, wanted: int) -> dict[str, Any]:
    use_threads(options.threads)
    images: list[Floats] = []
    with Decoder(LimitSettings()) as decoder:
        for rows in _patches(options, decoder):
            images.append(rows[: wanted - sum(map(len, images))])
            if sum(map(len, images)) >= wanted:
                break
    choices = FitChoices(options.share, 1, 10**9, 0)
    started = time.perf_counter()
    patches = project(images, 0)
    projected = time.perf_counter()
    origins, _ = choose_bank(patches, None, choices)
    return {
        "rows": len(patches.projected),
        "kept": len(origins),
        "project_seconds": projected - started,
        "choose_seconds": time.perf_counter() - projected,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "threads": torch.get_num_threads(),
    }


def _patches(options: argparse.Namespace, decoder: Decoder) -> Iterator[Floats]:
    viewing = Viewing(DetectorSettings(preset="fast", threads=options.threads), options.weights_dir)
    paths = [path for category in find_categories(options.data) for path in category.train]
    for turn in range(TURNS):
        for path in paths:
            pixels = np.rot90(decoder.decode(path).pixels, turn % 4)
            yield viewing.embed(np.ascontiguousarray(pixels[:, ::-1] if turn >= TURNS // 2 else pixels)).grid.rows


def _is_missed(one: dict[str, float]) -> bool:
    seconds = one["project_seconds"] + one["choose_seconds"]
    return one["rows"] >= WANTED_ROWS and (seconds > WANTED_SECONDS or one["megabytes"] > WANTED_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
