"""Counts along time: any list of half-open spans, and the change against the window just before."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.queries.counting import count_in_groups, count_inspections
from storage.queries.results import BucketCounts, InspectionCounts, Trend
from storage.queries.seen import Key
from storage.queries.selection import Selection
from storage.records import Window

FEW_SPANS = 4
MINUTE = "%Y-%m-%d %H:%M"
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
COUNTS = tuple(field.name for field in fields(InspectionCounts))


def count_spans(
    session: Session,
    *,
    selection: Selection,
    spans: Sequence[tuple[datetime, datetime]],
    time_zone: str = "UTC",
) -> tuple[BucketCounts, ...]:
    """Count a selection in each span; a span replaces the selection's window.

    Many spans that follow each other at whole hours or quarters of one, as the hours of some zones do in UTC, are
    counted by one look at the index, others by one look each.
    """
    step = _step_of(spans) if len(spans) > FEW_SPANS else None
    if step is not None:
        whole = replace(selection, window=Window(spans[0][0], spans[-1][1], time_zone))
        return _by_steps(session, whole, spans, step)
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


def _step_of(spans: Sequence[tuple[datetime, datetime]]) -> timedelta | None:
    """Return the longest step at whose starts all spans meet; None where they do not follow each other so."""
    edges = [(one[1], other[0]) for one, other in pairwise(spans)]
    if any(end != start or start.second or start.microsecond for end, start in edges):
        return None
    minutes = {start.astimezone(UTC).minute for _, start in edges}
    return HOUR if minutes == {0} else QUARTER if all(minute % 15 == 0 for minute in minutes) else None


def _by_steps(
    session: Session, selection: Selection, spans: Sequence[tuple[datetime, datetime]], step: timedelta
) -> tuple[BucketCounts, ...]:
    starts = [start for start, _ in spans]
    sums = [dict.fromkeys(COUNTS, 0) for _ in spans]
    for key, counts in count_in_groups(session, selection=selection, key=_key_of(session, step)).items():
        place = max(0, bisect_right(starts, _as_moment(key)) - 1)
        for name in COUNTS:
            sums[place][name] += getattr(counts, name)
    return tuple(
        BucketCounts(start, end, InspectionCounts(**one)) for (start, end), one in zip(spans, sums, strict=True)
    )


def _key_of(session: Session, step: timedelta) -> Key:
    """Return the start in UTC of the step in which an inspection was captured; on SQLite as text."""
    start_of = _start_as_text if session.get_bind().dialect.name == "sqlite" else _start
    return Key(start_of(InspectionRow.captured_at, step), lambda spans: start_of(spans.starts_at, step))


def _start_as_text(moment: Any, step: timedelta) -> ColumnElement[str]:
    hour: ColumnElement[str] = func.substr(moment, 1, len("2026-03-29 01:"))
    if step == HOUR:
        return hour.concat(literal_column("'00'"))
    minute = func.substr(moment, len("2026-03-29 01:0"), 2)
    texts: list[ColumnElement[str]] = [literal_column(f"'{begun:02d}'") for begun in (0, 15, 30, 45)]
    quarters = zip(texts[1:], texts, strict=False)
    return hour.concat(case(*((minute < following, begun) for following, begun in quarters), else_=texts[-1]))


def _start(moment: Any, step: timedelta) -> ColumnElement[datetime]:
    width: ColumnElement[timedelta] = literal_column("interval '1 hour'" if step == HOUR else "interval '15 minutes'")
    origin: ColumnElement[datetime] = literal_column("timestamptz '2000-01-01 00:00:00+00'")
    return func.date_bin(width, moment, origin)


def _as_moment(start: str | datetime) -> datetime:
    return start if isinstance(start, datetime) else datetime.strptime(start, MINUTE).replace(tzinfo=UTC)
