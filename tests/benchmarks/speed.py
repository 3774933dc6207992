"""Measure fit and score beside anomalib's: `python -m tests.benchmarks.speed --peer PYTHON --peer-script FILE`.

Preset fast against anomalib's PatchCore on the same network, 256 px and a bank of 1 %, back to back, each in its own
process with the same threads; without a peer (or ODDSPOT_PEER) only ours. --isa AVX2 caps the instruction set of both.
Prints a table, then one JSON object; returns 1 where a wanted ratio is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SLOWEST_PEER_SECONDS = 3600
WANTED = {
    "coreset": 100.0,
    "fit": 30.0,
    "image, 1 thread": 5.0,
    "image, 2 threads": 3.0,
    "two workers": 4.0,
    "of the backbone alone": 0.6,
}
# The cap is for the machines that have no more: less is wanted there.
WANTED_CAPPED = {"image, 1 thread": 3.0}
# Each library's own switch: oneDNN in torch and OpenVINO, torch itself, MKL, OpenBLAS.
CAPPED = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "DNNL_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
BACKBONE_GFLOP = 0.635
DIMENSIONS, PATCHES = 152, 1024


def main() -> int:
    """Measure every category; return 1 where a wanted ratio is missed."""
    options = _options()
    lines = [_measure(options, name) for name in options.categories]
    _print_table(lines)
    missed = [f"{line['category']}: {missing}" for line in lines for missing in _missed(line, options.isa)]
    print(json.dumps({"isa": options.isa, "load": os.getloadavg(), "lines": lines, "missed": missed}))
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*", default=["road_crack"])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--preset", default="fast", choices=("fast", "default"))
    parser.add_argument("--runtime", default="auto", choices=("auto", "torch"))
    parser.add_argument(
        "--peer", default=os.environ.get("ODDSPOT_PEER"), help="the Python of an environment that has anomalib"
    )
    parser.add_argument("--peer-script", type=Path, default=ROOT.parent / "shared" / "bench" / "peer_anomalib.py")
    parser.add_argument("--isa", choices=("AVX2",), help="cap the instruction set of both")
    return parser.parse_args()


def _measure(options: argparse.Namespace, name: str) -> dict[str, Any]:
    line: dict[str, Any] = {"category": name, "ours": {}, "peer": {}}
    for threads in (1, 2):
        own = [_ours(options, name, threads, seed) for seed in options.seeds]
        line["ours"][threads] = own
        if options.peer:
            line["peer"][threads] = [_peer(options, name, threads, seed) for seed in options.seeds]
    line["two_workers"] = _two_workers(options, name)
    line["peak"] = {threads: _part(options, "peak", "--threads", str(threads))["gflops"] for threads in (1, 2)}
    line["ratios"] = _ratios(line)
    return line


def _ours(options: argparse.Namespace, name: str, threads: int, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        where = ("--category", str(options.data / name), "--bundle", f"{folder}/bundle", "--threads", str(threads))
        chosen = ("--seed", str(seed), "--preset", options.preset)
        fitted = _part(options, "fit", *where, *chosen)
        scored = _part(options, "score", *where)
        chosen_rows = _part(options, "coreset", *where, *chosen)
    return {"fit": fitted, "score": scored, "coreset": chosen_rows}


def _peer(options: argparse.Namespace, name: str, threads: int, seed: int) -> dict[str, Any]:
    line = [options.peer, str(options.peer_script), "--data", str(options.data), "--category", name]
    line += ["--size", "256", "--coreset", "0.01", "--threads", str(threads), "--seed", str(seed)]
    return _run(line, _environment(options, threads))


def _two_workers(options: argparse.Namespace, name: str) -> float:
    """Return the images a second of two one-thread processes together."""
    with tempfile.TemporaryDirectory() as folder:
        where = ("--category", str(options.data / name), "--bundle", f"{folder}/bundle", "--threads", "1")
        _part(options, "fit", *where, "--preset", options.preset)
        line = _command(options, "score", *where)
        both = [
            subprocess.Popen(line, env=_environment(options, 1), stdout=subprocess.PIPE, text=True, cwd=ROOT)
            for _ in range(2)
        ]
        said = [one.communicate(timeout=SLOWEST_PEER_SECONDS)[0] for one in both]
    return sum(float(json.loads(each.splitlines()[-1])["images_per_second"]) for each in said)


def _part(options: argparse.Namespace, part: str, *arguments: str) -> dict[str, Any]:
    threads = int(arguments[arguments.index("--threads") + 1])
    return _run(_command(options, part, *arguments), _environment(options, threads))


def _command(options: argparse.Namespace, part: str, *arguments: str) -> list[str]:
    line = [sys.executable, "-m", "tests.benchmarks.speed_parts", part, *arguments]
    return [*line, "--weights-dir", str(options.weights_dir), "--runtime", options.runtime]


def _environment(options: argparse.Namespace, threads: int) -> dict[str, str]:
    capped = CAPPED if options.isa else {}
    return os.environ | {"OPENBLAS_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"} | capped


def _run(line: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        line, env=environment, capture_output=True, text=True, check=False, timeout=SLOWEST_PEER_SECONDS, cwd=ROOT
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _ratios(line: dict[str, Any]) -> dict[str, float]:
    """Return the peer's figures over ours, and ours over the backbone's own; means over the seeds."""
    ours, peer = line["ours"], line["peer"]
    alone = mean(1000 / one["score"]["stages"]["backbone"] for one in ours[1])
    ratios = {"of the backbone alone": mean(one["score"]["images_per_second"] for one in ours[1]) / alone}
    if not peer:
        return ratios
    features = mean(one["fit"]["features"] for one in ours[2])
    whole = mean(one["fit"]["total"] for one in peer[2])
    ratios |= {
        "coreset": _over(peer[2], ours[2], ("fit", "coreset"), ("coreset", "seconds")),
        "fit": whole / (features + mean(one["coreset"]["seconds"] for one in ours[2])),
        "fit with our larger bank": whole / (features + mean(one["fit"]["bank"] for one in ours[2])),
        "fit with calibration": _over(peer[2], ours[2], ("fit", "total"), ("fit", "total")),
        "image, 1 thread": _over(peer[1], ours[1], ("lat_ms", "median"), ("score", "p50")),
        "image, 2 threads": _over(peer[2], ours[2], ("lat_ms", "median"), ("score", "p50")),
        "two workers": line["two_workers"] / mean(one["test_img_per_s"] for one in peer[2]),
        "AUROC less": mean(one["img_auroc"] for one in peer[1]) / 100
        - mean(one["score"]["image_auroc"] for one in ours[1]),
    }
    return ratios


def _over(
    above: list[dict[str, Any]], below: list[dict[str, Any]], their: tuple[str, str], our: tuple[str, str]
) -> float:
    return mean(float(one[their[0]][their[1]]) for one in above) / mean(float(one[our[0]][our[1]]) for one in below)


def _missed(line: dict[str, Any], isa: str | None) -> list[str]:
    wanted = WANTED_CAPPED if isa else WANTED
    found = line["ratios"]
    missed = [f"{name} {found[name]:.2f} < {least}" for name, least in wanted.items() if found.get(name, least) < least]
    return missed + ([f"AUROC less by {found['AUROC less']:.4f}"] if found.get("AUROC less", 0.0) > 0.003 else [])


def _print_table(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        print(f"{line['category']}, load {os.getloadavg()[0]:.1f}")
        for threads in (1, 2):
            _print_ours(line["ours"][threads], threads, line["peak"][threads])
            for one in line["peer"].get(threads, [])[:1]:
                print(
                    f"  anomalib, {threads} threads: features {one['fit']['feat']:.2f} s, coreset "
                    f"{one['fit']['coreset']:.2f} s; image {one['lat_ms']['median']:.1f} ms; "
                    f"{one['test_img_per_s']:.1f} images/s; {one['rss_peak']} MB; AUROC {one['img_auroc'] / 100:.4f}"
                )
        print(f"  two one-thread workers: {line['two_workers']:.1f} images/s")
        print("  ratios: " + ", ".join(f"{name} {value:.3g}" for name, value in line["ratios"].items()))


def _print_ours(lines: list[dict[str, Any]], threads: int, peak: float) -> None:
    one = lines[0]
    fitted, scored, stages = one["fit"], one["score"], one["score"]["stages"]
    neighbours = 2 * PATCHES * DIMENSIONS * fitted["rows"] / 1e9
    print(
        f"  oddspot, {threads} threads: features {fitted['features']:.2f} s, bank {fitted['bank']:.2f} s "
        f"({fitted['rows']} rows, {fitted['bytes'] / 1e6:.1f} MB), calibration {fitted['calibrate']:.2f} s, "
        f"all {fitted['total']:.2f} s; coreset of 1 % {one['coreset']['seconds']:.3f} s\n"
        f"    image p50 {scored['p50']:.1f}, p95 {scored['p95']:.1f} ms ("
        + ", ".join(f"{name} {value:.2f}" for name, value in stages.items())
        + f"); {scored['images_per_second']:.1f} images/s; {scored['megabytes']:.0f} MB; "
        f"AUROC {scored['image_auroc']:.4f}; first score after {scored['first_after']:.2f} s; {scored['runtime']}\n"
        f"    of the float32 peak of {peak:.0f} GFLOP/s: backbone "
        f"{BACKBONE_GFLOP / stages['backbone'] * 1e3 / peak:.0%}, neighbours "
        f"{neighbours / stages['score'] * 1e3 / peak:.0%}"
    )


if __name__ == "__main__":
    sys.exit(main())
