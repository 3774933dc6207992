"""Counts along time: any list of half-open spans, and the change against the window just before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage.queries.counting import count_inspections
from storage.queries.results import BucketCounts, Trend
from storage.queries.selection import Selection
from storage.records import Window


def count_spans(
    session: Session,
    *,
    selection: Selection,
    spans: Sequence[tuple[datetime, datetime]],
    time_zone: str = "UTC",
) -> tuple[BucketCounts, ...]:
    """Count a selection in each span, by one look-up in the index a span; a span replaces the selection's window."""
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
