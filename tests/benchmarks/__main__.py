"""Run every benchmark, one after another: `make bench`. Each prints a table and one JSON object."""

import subprocess
import sys

<<<<<<< HEAD
BENCHMARKS = ("accuracy", "few_shot", "few_labels", "promise", "zero_normals", "aupro", "faults", "first_message")
SPEED = ("speed", "coreset", "adding", "scaling", "throughput", "reports")
=======
BENCHMARKS = (
    "accuracy",
    "few_shot",
    "few_labels",
    "promise",
    "zero_normals",
    "aupro",
    "faults",
    "drift",
    "first_message",
)
SPEED = ("speed", "coreset", "adding", "scaling", "throughput")
>>>>>>> wt-faults


def main() -> int:
    """Return 1 where a wanted figure of any benchmark is missed."""
    codes = []
    for name in (*BENCHMARKS, *SPEED):
        print(f"== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
