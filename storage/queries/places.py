"""Where on the image anomalies fall: counted in a 3 x 3 grid, by the centre of each one's first region."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.queries.anomalies import ratio
from storage.queries.selection import Selection, conditions, is_anomaly

THIRDS = 3
Cell = tuple[int, int]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Places:
    """Ids of anomalies by (row, column) of the grid from the top left, each furthest above its threshold first.

    unplaced: those without a region. estimated: those whose image's size is not on record, so that the reach of their
    source's regions stands for it.
    """

    cells: dict[Cell, list[int]]
    unplaced: int
    estimated: int


class _Odd(NamedTuple):
    id: int
    source_id: int
    captured_at: datetime
    ratio: float
    width: int
    height: int
    x: float | None
    y: float | None
    region_width: float | None
    region_height: float | None


def places_of(session: Session, *, selection: Selection) -> Places:
    """Return a selection's anomalies by where their first region's centre lies; one on a line is in the later cell."""
    region = [_of_first(key) for key in ("x", "y", "width", "height")]
    own = InspectionRow
    columns = (own.id, own.source_id, own.captured_at, ratio(), own.width, own.height, *region)
    query = select(*columns).where(*conditions(selection), is_anomaly)
    found = [_Odd._make(row) for row in session.execute(query)]
    reach = _reach(session, selection) if any(not (one.width and one.height) for one in found) else {}
    cells: dict[Cell, list[_Odd]] = {}
    unplaced = estimated = 0
    for one in found:
        is_known = bool(one.width and one.height)
        cell = _cell(one, (one.width, one.height) if is_known else reach.get(one.source_id))
        if cell is None:
            unplaced += 1
            continue
        estimated += not is_known
        cells.setdefault(cell, []).append(one)
    return Places({cell: _worst_first(ones) for cell, ones in cells.items()}, unplaced, estimated)


def _worst_first(found: list[_Odd]) -> list[int]:
    return [one.id for one in sorted(found, key=lambda one: (one.ratio, one.captured_at, one.id), reverse=True)]


def _cell(one: _Odd, size: Size | None) -> Cell | None:
    if size is None or one.x is None or one.y is None:
        return None
    across = one.x + (one.region_width or 0) / 2
    down = one.y + (one.region_height or 0) / 2
    return _third(down, size[1]), _third(across, size[0])


def _third(at: float, length: float) -> int:
    return 0 if THIRDS * at < length else 1 if THIRDS * at < 2 * length else 2


def _reach(session: Session, selection: Selection) -> dict[int, Size]:
    """Return how far the first regions of each source's anomalies reach, where an image's size is not on record."""
    until = [] if selection.window is None else [InspectionRow.captured_at < selection.window.end]
    across, down = _of_first("x") + _of_first("width"), _of_first("y") + _of_first("height")
    query = (
        select(InspectionRow.source_id, across, down)
        .where(*conditions(Selection(sources=selection.sources)), *until, is_anomaly)
        .where(or_(InspectionRow.width == 0, InspectionRow.height == 0))
    )
    reach: dict[int, Size] = {}
    for source_id, right, bottom in session.execute(query):
        if right is not None and bottom is not None:
            widest = reach.get(source_id, (0.0, 0.0))
            reach[source_id] = max(widest[0], right), max(widest[1], bottom)
    return reach


def _of_first(key: str) -> ColumnElement[float]:
    return InspectionRow.regions[(0, key)].as_float()  # type: ignore[no-any-return]  # a path into JSON
