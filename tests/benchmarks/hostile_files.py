"""Measure what bad files cost: `python -m tests.benchmarks.hostile_files`.

Through the guarded decoder go the generated pack, real files with something done to them, the largest pictures that are
allowed, and every file of the folders given (`--folder`, for any corpus of bad files). Each has to be a picture or a
reason of the closed list, in less than 400 MB and 1.5 s; behind each a good picture is decoded, which must not wait.
The seconds are processor time of both processes, as others may be at work; wall clock where the decoding process was
ended. Prints a table, then one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from config.sources import LimitSettings
from detectors.decode import DecodedImage, DecodeError, Decoder
from storage.records import RejectReason
from tests.bad_files.expected import BadFile
from tests.bad_files.large import LARGE
from tests.bad_files.mutations import WRITTEN, mutated, written
from tests.bad_files.pack import BAD_FILES
from tests.memory import forget_peak, peak_megabytes

WANTED_MEGABYTES = 400.0
WANTED_SECONDS = 1.5
# On the wall: a machine where others work too must end nothing that is measured here.
PATIENCE_SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Line:
    """What one group of files came to; wrong: pictures that show something else than they hold."""

    group: str
    files: int = 0
    scored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: str = ""
    megabytes: float = 0.0
    largest: str = ""
    behind_ms: list[float] = field(default_factory=list)


def main() -> int:
    """Measure and return 1 where a wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutated", type=int, default=2000, help="Real files with something done to them.")
    parser.add_argument("--folder", type=Path, action="append", default=[], help="More files, of any kind.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Decoder(LimitSettings(decode_seconds=PATIENCE_SECONDS)) as decoder:
        bench = Bench(Path(folder), decoder)
        lines = [bench.measure(name, files) for name, files in groups(Path(folder), options)]
    report(lines)
    return int(any(line.wrong or line.seconds > WANTED_SECONDS or line.megabytes > WANTED_MEGABYTES for line in lines))


def groups(folder: Path, options: argparse.Namespace) -> Iterator[tuple[str, Iterator[tuple[Path, BadFile | None]]]]:
    """Yield each group's name and its files, made as they are asked for."""
    yield "pack", (_made(folder / "file", bad.make, bad) for bad in BAD_FILES)
    yield "mutated", (_mutated(folder, seed) for seed in range(options.mutated))
    yield "largest", (_drawn(folder / name, draw) for name, draw in LARGE.items())
    for given in options.folder:
        yield str(given), ((path, None) for path in sorted(given.rglob("*")) if path.is_symlink() or not path.is_dir())


def _mutated(folder: Path, seed: int) -> tuple[Path, None]:
    kinds = list(WRITTEN)
    kind = kinds[seed % len(kinds)]
    path = folder / f"{kind}-{seed}"
    path.write_bytes(mutated(kind, seed))
    return path, None


def _made(path: Path, make: Callable[[], bytes], bad: BadFile | None) -> tuple[Path, BadFile | None]:
    path.write_bytes(make())
    return path, bad


def _drawn(path: Path, draw: Callable[[Path], None]) -> tuple[Path, None]:
    draw(path)
    return path, None


class Bench:
    """Decodes files and writes down what each cost."""

    def __init__(self, folder: Path, decoder: Decoder) -> None:
        self._decoder = decoder
        self._good = folder / "good.png"
        self._good.write_bytes(written("png"))
        decoder.decode(self._good)

    def measure(self, group: str, files: Iterator[tuple[Path, BadFile | None]]) -> Line:
        """Decode every file of a group, and a good one behind each."""
        line = Line(group)
        for path, bad in files:
            name = bad.name if bad else path.name
            found, seconds, megabytes = self._decode(path)
            line.files += 1
            if isinstance(found, RejectReason):
                line.reasons[str(found)] += 1
            else:
                line.scored += 1
            if bad is not None and not _is_as_expected(found, bad):
                line.wrong.append(name)
            if seconds > line.seconds:
                line.seconds, line.slowest = seconds, name
            if megabytes > line.megabytes:
                line.megabytes, line.largest = megabytes, name
            started = time.perf_counter()
            self._decoder.decode(self._good)
            line.behind_ms.append((time.perf_counter() - started) * 1000)
        return line

    def _decode(self, path: Path) -> tuple[DecodedImage | RejectReason, float, float]:
        child = self._decoder.pid
        assert child is not None
        forget_peak(child)
        wall, own, its = time.perf_counter(), time.process_time(), _processor_seconds(child)
        found: DecodedImage | RejectReason
        try:
            found = self._decoder.decode(path)
        except DecodeError as error:
            found = error.reason
        if self._decoder.pid != child:
            return found, time.perf_counter() - wall, 0.0
        return found, time.process_time() - own + _processor_seconds(child) - its, peak_megabytes(child)


def _is_as_expected(found: DecodedImage | RejectReason, bad: BadFile) -> bool:
    if isinstance(found, RejectReason) or bad.reason is not None:
        return found is bad.reason
    if bad.picture is None:
        return True
    is_same_shape = found.pixels.shape == bad.picture.shape
    return is_same_shape and int(np.abs(found.pixels.astype(int) - bad.picture).max()) <= bad.off_by


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def report(lines: list[Line]) -> None:
    """Print the table and the JSON object."""
    load = os.getloadavg()[0]
    print(f"{'':<10}{'files':>7}{'scored':>8}{'rejected':>10}{'wrong':>7}{'s':>7}{'MB':>6}  behind each, ms: p50, most")
    for line in lines:
        behind = np.percentile(line.behind_ms, [50, 100]) if line.behind_ms else [0.0, 0.0]
        print(
            f"{line.group[-10:]:<10}{line.files:>7}{line.scored:>8}{line.reasons.total():>10}{len(line.wrong):>7}"
            f"{line.seconds:>7.2f}{line.megabytes:>6.0f}  {behind[0]:.1f}, {behind[1]:.1f}"
            f"   slowest {line.slowest}, largest {line.largest}"
        )
    print(f"load {load:.1f}")
    figures = [
        asdict(replace(line, reasons=Counter(), behind_ms=[]))
        | {"reasons": dict(line.reasons), "behind_ms": round(float(np.median(line.behind_ms or [0])), 2)}
        for line in lines
    ]
    print(json.dumps({"hostile_files": figures, "load": load}))


if __name__ == "__main__":
    sys.exit(main())
