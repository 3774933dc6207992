"""Where on the image anomalies fall: counted in a 3 x 3 grid, by the centre of each one's first region."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Subquery, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.queries.anomalies import ratio
from storage.queries.selection import Selection, conditions, is_anomaly, is_counted

THIRDS = 3


@dataclass(frozen=True, slots=True)
class Places:
    """Anomalies by (row, column) of the grid, counted from the top left.

    unplaced: those without a region. estimated: those whose image's size is not on record, so that the reach of their
    source's regions stands for it.
    """

    cells: dict[tuple[int, int], int]
    unplaced: int
    estimated: int


def count_places(session: Session, *, selection: Selection) -> Places:
    """Count a selection's anomalies by where their first region's centre lies; a centre on a line is in the later."""
    placed = _placed(selection)
    query = select(placed.c.row, placed.c.column, placed.c.is_estimated, func.count()).group_by(
        placed.c.row, placed.c.column, placed.c.is_estimated
    )
    cells: dict[tuple[int, int], int] = {}
    unplaced = estimated = 0
    for row, column, is_estimated, number in session.execute(query):
        if row is None or column is None:
            unplaced += int(number)
            continue
        cells[row, column] = cells.get((row, column), 0) + int(number)
        estimated += int(number) if is_estimated else 0
    return Places(cells, unplaced, estimated)


def worst_in_place(session: Session, *, selection: Selection, place: tuple[int, int], limit: int) -> list[int]:
    """Return the ids of a cell's anomalies, the furthest above their threshold first."""
    placed = _placed(selection)
    inside = select(placed.c.id).where(placed.c.row == place[0], placed.c.column == place[1])
    return list(
        session.scalars(inside.order_by(placed.c.odd.desc(), placed.c.at.desc(), placed.c.id.desc()).limit(limit))
    )


def _placed(selection: Selection) -> Subquery:
    """Return each anomaly of a selection with its row and column, both null where it has no region."""
    reach = _reach(selection)
    is_known = and_(InspectionRow.width > 0, InspectionRow.height > 0)
    width = case((is_known, cast(InspectionRow.width, Float)), else_=reach.c.width)
    height = case((is_known, cast(InspectionRow.height, Float)), else_=reach.c.height)
    return (
        select(
            InspectionRow.id,
            InspectionRow.captured_at.label("at"),
            ratio().label("odd"),
            _third(_of_first("x") + _of_first("width") / 2, width).label("column"),
            _third(_of_first("y") + _of_first("height") / 2, height).label("row"),
            case((is_known, 0), else_=1).label("is_estimated"),
        )
        .outerjoin(reach, reach.c.source_id == InspectionRow.source_id)
        .where(*conditions(selection), is_anomaly)
        .subquery()
    )


def _reach(selection: Selection) -> Subquery:
    """Return how far the first regions of each source's anomalies reach, where an image's size is not on record."""
    whole = Selection(sources=selection.sources)
    before = [] if selection.window is None else [InspectionRow.captured_at < selection.window.end]
    return (
        select(
            InspectionRow.source_id,
            func.max(_of_first("x") + _of_first("width")).label("width"),
            func.max(_of_first("y") + _of_first("height")).label("height"),
        )
        .where(*conditions(whole), *before, is_counted, is_anomaly)
        .where(or_(InspectionRow.width == 0, InspectionRow.height == 0))
        .group_by(InspectionRow.source_id)
        .subquery()
    )


def _third(at: ColumnElement[float], length: ColumnElement[Any]) -> ColumnElement[int | None]:
    """Return which third of a length a place is in; null where either is."""
    return case(
        (or_(at.is_(None), length.is_(None)), None),
        (at * THIRDS < length, 0),
        (at * THIRDS < 2 * length, 1),
        else_=2,
    )


def _of_first(key: str) -> ColumnElement[float]:
    return InspectionRow.regions[(0, key)].as_float()  # type: ignore[no-any-return]  # a path into JSON
