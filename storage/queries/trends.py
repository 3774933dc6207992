"""Counts along time: any list of half-open spans, and the change against the window just before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Integer, column, select, values
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.models.base import UtcDateTime
from storage.queries.counting import as_counts, count_columns, count_inspections
from storage.queries.results import BucketCounts, InspectionCounts, Trend
from storage.queries.selection import Selection, conditions
from storage.records import Window

SPANS_A_QUERY = 200


def count_spans(
    session: Session,
    *,
    selection: Selection,
    spans: Sequence[tuple[datetime, datetime]],
) -> tuple[BucketCounts, ...]:
    """Count a selection in each span; one without inspections counts 0. The selection's own window holds as well."""
    found: dict[int, InspectionCounts] = {}
    for start in range(0, len(spans), SPANS_A_QUERY):
        found |= _counted(session, selection, start, spans[start : start + SPANS_A_QUERY])
    return tuple(
        BucketCounts(span[0], span[1], found.get(number, InspectionCounts())) for number, span in enumerate(spans)
    )


def trend(
    session: Session,
    *,
    selection: Selection,
    window: Window,
    before: Window,
    spans: Sequence[tuple[datetime, datetime]],
) -> Trend:
    """Count a window's spans, the window, and the window before it; the selection carries the other filters."""
    inside = replace(selection, window=window)
    return Trend(
        buckets=count_spans(session, selection=inside, spans=spans),
        total=count_inspections(session, selection=inside),
        before=count_inspections(session, selection=replace(selection, window=before)),
    )


def _counted(
    session: Session,
    selection: Selection,
    first: int,
    spans: Sequence[tuple[datetime, datetime]],
) -> dict[int, InspectionCounts]:
    span = (
        values(
            column("number", Integer),
            column("starts_at", UtcDateTime()),
            column("ends_at", UtcDateTime()),
            name="spans",
        )
        .data([(first + offset, start, end) for offset, (start, end) in enumerate(spans)])
        .cte("span")
    )
    inside = (InspectionRow.captured_at >= span.c.starts_at) & (InspectionRow.captured_at < span.c.ends_at)
    query = (
        select(span.c.number, *count_columns())
        .select_from(span)
        .join(InspectionRow, inside)
        .where(*conditions(selection))
        .group_by(span.c.number)
    )
    return {int(row[0]): as_counts(row[1:]) for row in session.execute(query)}
