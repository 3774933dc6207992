"""Measure how time grows with bank and size, memory with detectors: `python -m tests.benchmarks.scaling`.

Random rows about random centres stand for a bank; the network and its sizes are real, and so is the detector, loaded
again and again as if it were of other sources. One thread. Prints tables, then one JSON object; returns 1 where a
hundred detectors take more than is wanted.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from config.sources import DetectorSettings, LimitSettings
from detectors.backbones import Backbone
from detectors.decode import Decoder
from detectors.fitting import fit_detector
from detectors.methods.neighbours import Bank
from detectors.runtime import use_threads
from detectors.scoring import load_detector
from detectors.weights import PACKAGED_BACKBONE, ensure_weights
from tests.plates import make_plate, write_plates

BANKS = (1024, 2048, 4096, 16_384, 65_536)
SIZES = (224, 256, 384, 512, 768)
SOURCES = (1, 10, 100)
PATCHES, WIDTH, CENTRES, TRIES = 1024, 152, 60, 9
WANTED_MEGABYTES = 3000.0


def main() -> int:
    """Measure all three; return 1 where too much memory is taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    weights_dir = parser.parse_args().weights_dir
    use_threads(1)
    megabytes = _detectors(weights_dir)
    banks, sizes = _banks(), _sizes(weights_dir)
    for name, found, unit in (("bank rows", banks, "ms"), ("image size", sizes, "ms"), ("detectors", megabytes, "MB")):
        print(f"{name:<12}" + "".join(f"{key:>10}" for key in found))
        print(f"{unit:<12}" + "".join(f"{value:>10.1f}" for value in found.values()))
    scaling = {"banks": banks, "sizes": sizes, "megabytes": megabytes}
    print(json.dumps({"scaling": scaling, "load": os.getloadavg()}))
    return int(megabytes[SOURCES[-1]] > WANTED_MEGABYTES)


def _banks() -> dict[int, float]:
    """Return milliseconds to score an image's patches, exact, by the rows of the bank."""
    generator = np.random.default_rng(0)
    centres = generator.normal(0, 2, (CENTRES, WIDTH))

    def rows(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        drawn = centres[generator.integers(0, CENTRES, count)] + generator.normal(0, 1, (count, WIDTH))
        return drawn.astype(np.float32)

    queries = rows(PATCHES)
    banks = {count: Bank(rows(count)) for count in BANKS}
    return {count: _milliseconds(partial(bank.highest_exact, queries, 1)) for count, bank in banks.items()}


def _sizes(weights_dir: Path) -> dict[int, float]:
    """Return milliseconds of the network by the side of its square."""
    weights = ensure_weights(PACKAGED_BACKBONE, weights_dir)
    found = {}
    for side in SIZES:
        backbone = Backbone(PACKAGED_BACKBONE, weights, side)
        square = np.zeros((side, side, 3), dtype=np.uint8)
        found[side] = _milliseconds(partial(backbone.embed_square, square))
    return found


def _detectors(weights_dir: Path) -> dict[int, float]:
    """Return the resident megabytes of this process, which has learnt, with so many detectors that have scored."""
    with tempfile.TemporaryDirectory() as folder, Decoder(LimitSettings()) as decoder:
        fitted = fit_detector(
            write_plates(Path(folder) / "good", 16),
            decoder=decoder,
            settings=DetectorSettings(preset="fast", threads=1),
            bit_depth=None,
            weights_dir=weights_dir,
            progress=lambda _stage, _done, _total: None,
        )
        fitted.save(Path(folder) / "bundle")
        detectors, found = [], {}
        plate = np.asarray(make_plate(0))
        for count in range(1, SOURCES[-1] + 1):
            detectors.append(load_detector(Path(folder) / "bundle", weights_dir=weights_dir, threads=1))
            detectors[-1].inspect(plate)
            if count in SOURCES:
                found[count] = _resident()
    return found


def _resident() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1000 for line in status if line.startswith("VmRSS"))


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    spent = []
    for _ in range(TRIES):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return median(spent) * 1000


if __name__ == "__main__":
    sys.exit(main())
