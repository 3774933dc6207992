"""Measure accuracy, speed and memory on real categories: `python -m tests.benchmarks.accuracy --preset fast`.

Prints a table, then one JSON object. Figures are means over seeds; the load is printed, as the machine may be shared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

from config.sources import DetectorSettings, LimitSettings
from detectors.evaluation import evaluate_category, find_categories

ROOT = Path(__file__).resolve().parents[2]
WANTED_AUROC = {"cookie": 0.98, "solar_mono": 0.955, "magnetic_tile": 0.91, "road_crack": 0.85}
MOST_MILLISECONDS = 60.0
MOST_RSS_BYTES = 1_500_000_000
SHOWN = (
    ("image_auroc", ".4f"),
    ("image_ap", ".3f"),
    ("pixel_auroc", ".3f"),
    ("aupro", ".3f"),
    ("false_alarm_rate", ".3f"),
    ("recall", ".3f"),
    ("fit_seconds", ".1f"),
    ("coreset_seconds", ".2f"),
    ("milliseconds_p50", ".1f"),
    ("milliseconds_p95", ".1f"),
    ("peak_rss_bytes", ".0f"),
)


def main() -> int:
    """Measure every category asked for; return 1 where a wanted figure is missed."""
    options = _options()
    if options.one is not None:
        print(json.dumps(_measure_here(options)))
        return 0
    names = options.categories or sorted(WANTED_AUROC)
    table = {name: [_measure_apart(options, name, seed) for seed in options.seeds] for name in names}
    load = os.getloadavg()
    _print_table(table, load)
    missed = _missed(table) if options.preset == "fast" and options.image_size is None else []
    print(json.dumps({"preset": options.preset, "load": load, "categories": table, "missed": missed}))
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--preset", default="fast", choices=("fast", "default"))
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--categories", nargs="*")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure_apart(options: argparse.Namespace, name: str, seed: int) -> dict[str, Any]:
    """Measure in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "tests.benchmarks.accuracy", "--one", name, "--seeds", str(seed)]
    command += ["--data", str(options.data), "--preset", options.preset, "--threads", str(options.threads)]
    command += ["--weights-dir", str(options.weights_dir)]
    if options.image_size:
        command += ["--image-size", str(options.image_size)]
    # Threads that spin while they wait make every figure depend on what else runs.
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    line: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name} seed {seed}: image AUROC {line['image_auroc']:.4f}", file=sys.stderr)
    return line


def _measure_here(options: argparse.Namespace) -> dict[str, Any]:
    category = next(found for found in find_categories(options.data) if found.name == options.one)
    settings = DetectorSettings(
        preset=options.preset, image_size=options.image_size, seed=options.seeds[0], threads=options.threads
    )
    line = evaluate_category(
        category,
        settings=settings,
        limits=LimitSettings(),
        limit=None,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
    )
    return asdict(line)


def _print_table(table: dict[str, list[dict[str, Any]]], load: tuple[float, float, float]) -> None:
    print(f"{'category':<16}" + "".join(f"{name:>18}" for name, _ in SHOWN))
    for category, lines in table.items():
        cells = (_cell([line[name] for line in lines], form) for name, form in SHOWN)
        print(f"{category:<16}" + "".join(f"{cell:>18}" for cell in cells))
    spread = {name: round(pstdev(line["image_auroc"] for line in lines), 4) for name, lines in table.items()}
    print(f"image AUROC, standard deviation over seeds: {spread}; load averages {load}")


def _cell(values: list[float | None], form: str) -> str:
    numbers = [value for value in values if value is not None]
    return format(mean(numbers), form) if numbers else "-"


def _missed(table: dict[str, list[dict[str, Any]]]) -> list[str]:
    missed = []
    for category, lines in table.items():
        auroc = mean(line["image_auroc"] for line in lines)
        if auroc < WANTED_AUROC.get(category, 0.0):
            missed.append(f"{category}: image AUROC {auroc:.4f} < {WANTED_AUROC[category]}")
        milliseconds = mean(line["milliseconds_p50"] for line in lines)
        if milliseconds > MOST_MILLISECONDS:
            missed.append(f"{category}: {milliseconds:.1f} ms > {MOST_MILLISECONDS}")
        peak = max(line["peak_rss_bytes"] for line in lines)
        if peak > MOST_RSS_BYTES:
            missed.append(f"{category}: {peak} bytes of memory > {MOST_RSS_BYTES}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
