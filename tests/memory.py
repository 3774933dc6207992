"""How much memory a process of ours has taken; by Linux's own books."""

from pathlib import Path


def peak_megabytes(process: int) -> float:
    """Return the most that a process has held since its peak was forgotten."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def forget_peak(process: int) -> None:
    """Begin to measure anew."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")
