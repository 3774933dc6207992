"""Counts along time: any list of half-open spans, and the change against the window just before."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, func, literal_column
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.queries.counting import count_in_groups, count_inspections
from storage.queries.results import BucketCounts, InspectionCounts, Trend
from storage.queries.seen import Key
from storage.queries.selection import Selection
from storage.records import Window

FEW_SPANS = 4
HOUR = "%Y-%m-%d %H"
COUNTS = tuple(field.name for field in fields(InspectionCounts))


def count_spans(
    session: Session,
    *,
    selection: Selection,
    spans: Sequence[tuple[datetime, datetime]],
    time_zone: str = "UTC",
) -> tuple[BucketCounts, ...]:
    """Count a selection in each span; a span replaces the selection's window.

    Many spans that follow each other at whole hours are counted by one look at the index, others by one look each.
    """
    if len(spans) > FEW_SPANS and _follow_at_whole_hours(spans):
        whole = replace(selection, window=Window(spans[0][0], spans[-1][1], time_zone))
        return _by_hours(session, whole, spans)
    return tuple(
        BucketCounts(
            start,
            end,
            count_inspections(session, selection=replace(selection, window=Window(start, end, time_zone))),
        )
        for start, end in spans
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


def _follow_at_whole_hours(spans: Sequence[tuple[datetime, datetime]]) -> bool:
    edges = [(one[1], other[0]) for one, other in pairwise(spans)]
    return all(end == start and (start.minute, start.second, start.microsecond) == (0, 0, 0) for end, start in edges)


def _by_hours(
    session: Session, selection: Selection, spans: Sequence[tuple[datetime, datetime]]
) -> tuple[BucketCounts, ...]:
    starts = [start for start, _ in spans]
    sums = [dict.fromkeys(COUNTS, 0) for _ in spans]
    for key, counts in count_in_groups(session, selection=selection, key=_hour(session)).items():
        place = max(0, bisect_right(starts, _as_moment(key)) - 1)
        for name in COUNTS:
            sums[place][name] += getattr(counts, name)
    return tuple(
        BucketCounts(start, end, InspectionCounts(**one)) for (start, end), one in zip(spans, sums, strict=True)
    )


def _hour(session: Session) -> Key:
    """Return the hour in UTC in which an inspection was captured; on SQLite as text."""
    one = InspectionRow.captured_at
    if session.get_bind().dialect.name == "sqlite":
        length = len("2026-03-29 01")
        return Key(func.substr(one, 1, length), lambda spans: func.substr(spans.starts_at, 1, length))
    hour: ColumnElement[str] = literal_column("'hour'")
    return Key(func.date_trunc(hour, one), lambda spans: func.date_trunc(hour, spans.starts_at))


def _as_moment(hour: str | datetime) -> datetime:
    return hour if isinstance(hour, datetime) else datetime.strptime(hour, HOUR).replace(tzinfo=UTC)
