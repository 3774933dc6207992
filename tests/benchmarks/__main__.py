"""Run every benchmark, one after another: `make bench`. Each prints a table and one JSON object."""

import subprocess
import sys

BENCHMARKS = (
    "accuracy",
    "few_shot",
    "few_labels",
    "promise",
    "zero_normals",
    "aupro",
    "faults",
    "drift",
    "storm",
    "held_back",
    "label_sweep",
    "first_message",
    "model_faults",
    "looks",
    "hostile_files",
)
SPEED = ("speed", "coreset", "adding", "scaling", "throughput", "reports", "overload")


def main() -> int:
    """Return 1 where a wanted figure of any benchmark is missed."""
    codes = []
    for name in (*BENCHMARKS, *SPEED):
        print(f"== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
