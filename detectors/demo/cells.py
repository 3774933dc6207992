"""Real solar cells from the PyPI package `elpv-dataset` (CC BY-NC-SA 4.0): some to learn from, unseen ones to judge.

Buerhop-Lutz et al. 2018, A Benchmark for Visual Identification of Defective Solar Cells in Electroluminescence Imagery.
"""

import importlib.util
import random
from dataclasses import dataclass
from pathlib import Path

from detectors.errors import DetectorError

CHUNK_CELLS = 60
SEED = 7


class NoCellsError(DetectorError):
    """The package with the photographs is not installed."""

    def __init__(self) -> None:
        super().__init__("The demo's photographs are not installed; run: pip install -e '.[demo]'")


@dataclass(frozen=True, slots=True)
class Cell:
    """One photograph and what its makers say of it."""

    path: Path
    is_defective: bool


@dataclass(frozen=True, slots=True)
class CellSplit:
    """Cells to learn from and unseen ones, never of the same module."""

    good: tuple[Cell, ...]
    unseen: tuple[Cell, ...]


def choose_cells(*, good: int, unseen: int, defective: int) -> CellSplit:
    """Pick monocrystalline cells, by a fixed seed; raise NoCellsError.

    The files come in module order, so learning and unseen cells are taken from alternate runs of 60 cells. Cells whose
    makers were not sure (defect probability 1/3 and 2/3) are left out.
    """
    cells = _mono_cells(_data_folder())
    chunks = [cells[start : start + CHUNK_CELLS] for start in range(0, len(cells), CHUNK_CELLS)]
    learn = [cell for chunk in chunks[::2] for cell, share in chunk if share == 0.0]
    functional = [cell for chunk in chunks[1::2] for cell, share in chunk if share == 0.0]
    broken = [cell for chunk in chunks[1::2] for cell, share in chunk if share == 1.0]
    chance = random.Random(SEED)  # noqa: S311 - a repeatable choice, not a secret
    stream = chance.sample(functional, unseen - defective) + chance.sample(broken, defective)
    chance.shuffle(stream)
    return CellSplit(good=tuple(chance.sample(learn, good)), unseen=tuple(stream))


def _data_folder() -> Path:
    found = importlib.util.find_spec("elpv_dataset")
    if found is None or found.origin is None:
        raise NoCellsError
    folder = Path(found.origin).parent / "data"
    if not (folder / "labels.csv").is_file():
        raise NoCellsError
    return folder


def _mono_cells(folder: Path) -> list[tuple[Cell, float]]:
    cells = []
    for line in (folder / "labels.csv").read_text(encoding="utf-8").splitlines():
        name, probability, kind = line.split()
        if kind == "mono":
            cells.append((Cell(folder / name, float(probability) == 1.0), float(probability)))
    return cells
