"""Measure whether a slow change of light is told once, and stillness never: `python -m tests.benchmarks.drift`.

A detector is fitted on made-up plates, as many further ones as wanted come from the very same drawing, and each is
scored by it: so still frames are still, which no resampling of a few held-out photos would be. Then, frame by frame,
the light falls by a third. The drift check looks as the service does, some frames at a time, and tells each way once.
Prints a line a seed, then one JSON object; returns 1 where a wanted figure is missed.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.sources import DetectorSettings, LimitSettings
from detectors.decode import Decoder
from detectors.drift import follow, judge_drift, start_drift_check
from detectors.fitting import fit_detector
from detectors.scoring import Detector, load_detector
from tests.plates import make_plate, write_plates

LOOK_FRAMES = 100
DARKEST = 2 / 3
# Of sources that never change one in twenty is told of, ever: that is what the check promises.
PROMISED_SHARE = 0.05

Pixels = NDArray[np.uint8]


def main() -> int:
    """Measure every seed; return 1 where a wanted figure is missed."""
    options = _options()
    rows = [_measure(options, seed) for seed in range(options.seeds)]
    most = int(PROMISED_SHARE * len(rows))
    told = sum(row["still_alerts"] > 0 for row in rows)
    missed = [f"{told} of {len(rows)} still sources told of"] if told > most else []
    missed += [f"seed {row['seed']}: {row['ramp_alerts']} alerts" for row in rows if row["ramp_alerts"] != 1]
    print(json.dumps({"load": os.getloadavg(), "rows": rows, "missed": missed}))
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--plates", type=int, default=100, help="good ones to learn from")
    parser.add_argument("--still", type=int, default=20_000)
    parser.add_argument("--ramp", type=int, default=2_000)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _measure(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    first = seed * 1_000_000
    detector = _fitted(options, first)
    drawn = range(first + options.plates, first + options.plates + options.still + options.ramp)

    def darker(number: int) -> Pixels:
        share = 1 - (1 - DARKEST) * number / options.ramp
        return np.asarray(_plate(drawn[options.still + number]) * share, dtype=np.uint8)

    still = _alerts(detector, options.still, lambda number: _plate(drawn[number]))
    ramp = _alerts(detector, options.ramp, darker)
    row = {"seed": seed, "still_alerts": len(still), "ramp_alerts": len(ramp), "still": still, "ramp": ramp}
    print(f"seed {seed}: {len(still)} in {options.still} still frames; on a ramp {ramp}", flush=True)
    return row


def _fitted(options: argparse.Namespace, first: int) -> Detector:
    with tempfile.TemporaryDirectory() as folder, Decoder(LimitSettings()) as decoder:
        fitted = fit_detector(
            write_plates(Path(folder) / "good", options.plates, first_seed=first),
            decoder=decoder,
            settings=DetectorSettings(preset="fast", image_size=96, threads=options.threads),
            bit_depth=None,
            weights_dir=options.weights_dir,
            progress=lambda _stage, _done, _total: None,
        )
        fitted.save(Path(folder) / "bundle")
        return load_detector(Path(folder) / "bundle", weights_dir=options.weights_dir, threads=options.threads)


def _plate(seed: int) -> Pixels:
    return np.asarray(make_plate(seed))


def _alerts(detector: Detector, frames: int, picture: Callable[[int], Pixels]) -> list[tuple[str, int]]:
    """Return each alert: which way scores went, and after how many frames it was told."""
    state = start_drift_check(len(detector.calibration.scores))
    told: list[tuple[str, int]] = []
    for start in range(0, frames, LOOK_FRAMES):
        numbers: Sequence[int] = range(start, min(start + LOOK_FRAMES, frames))
        state, best = follow(state, [_p_value(detector, picture(number)) for number in numbers])
        found = judge_drift(state, best, told=[direction for direction, _ in told])
        if found.direction is not None:
            told.append((str(found.direction), numbers[-1] + 1))
    return told


def _p_value(detector: Detector, pixels: Pixels) -> float:
    _, found = detector.look(pixels)
    return detector.calibration.p_value(found.score)


if __name__ == "__main__":
    sys.exit(main())
