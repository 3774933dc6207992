"""When sources were not judged: outages on record, and the downtime that frames themselves show where none is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from storage.models import InspectionRow, OutageRow, SourceRow
from storage.queries.downtime import DownSpan, down_spans_by_source, downtime_of
from storage.queries.selection import is_counted
from storage.records import SILENT, Source, Window

AROUND = timedelta(days=7)
MOST_OUTAGES = 2000


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which a source was not judged, as it stood at a moment; ended_at None while it goes on.

    is_recorded: the camera watch wrote it down; else it is a gap between frames, or frames none of which was judged.
    """

    source_id: int
    source: str
    kind: str
    started_at: datetime
    ended_at: datetime | None
    frames: int
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class Stops:
    """What stopped sources, the newest first, and how long each steady source was down within the window."""

    stops: tuple[Stop, ...]
    downtime: dict[str, timedelta]


def stops_in(
    session: Session,
    *,
    window: Window,
    sources: Collection[Source],
    steady: Collection[Source],
    quiet: timedelta,
    now: datetime,
) -> Stops:
    """Return what stopped sources from being judged within a window, up to `now`, the newest first.

    sources: whose outages are looked up. steady: those whose frames come all the time, so that a gap of `quiet` is one.
    """
    around = Window(window.start - AROUND, min(window.end + AROUND, now), window.time_zone)
    spans = down_spans_by_source(session, window=around, sources=steady, quiet=quiet, now=now)
    recorded = _recorded(session, window, sources, now)
    shown = _shown_by_frames(session, window, steady, spans, now)
    more = [one for one in shown if not any(_overlap(one, other) for other in recorded)]
    stops = sorted([*recorded, *more], key=lambda one: (one.started_at, one.source), reverse=True)
    down = {one.name: _within(spans[one.id], window, quiet) for one in steady if one.id in spans}
    return Stops(tuple(stops), down)


def _within(spans: list[DownSpan], window: Window, quiet: timedelta) -> timedelta:
    """Return how much of a window spans take, by the rules of a report of that window."""
    clipped = [
        DownSpan(max(one.start, window.start), min(one.end, window.end), is_silent=one.is_silent) for one in spans
    ]
    kept = [one for one in clipped if one.length >= (quiet if one.is_silent else timedelta())]
    return downtime_of(kept).total


def _recorded(session: Session, window: Window, sources: Collection[Source], now: datetime) -> list[Stop]:
    until = min(window.end, now)
    query = (
        select(OutageRow, SourceRow.name)
        .join(SourceRow, SourceRow.id == OutageRow.source_id)
        .where(OutageRow.source_id.in_([one.id for one in sources]), OutageRow.started_at < until)
        .where(or_(OutageRow.ended_at.is_(None), OutageRow.ended_at > window.start))
        .order_by(OutageRow.started_at.desc(), OutageRow.id.desc())
        .limit(MOST_OUTAGES)
    )
    return [
        Stop(row.source_id, name, row.kind, row.started_at, _ended(row.ended_at, now), row.frames, is_recorded=True)
        for row, name in session.execute(query)
    ]


def _shown_by_frames(
    session: Session, window: Window, steady: Collection[Source], spans: dict[int, list[DownSpan]], now: datetime
) -> list[Stop]:
    stops = []
    for source in steady:
        for span in _merged(spans.get(source.id, [])):
            if span.start < window.end and span.end > window.start:
                kind, frames = (SILENT, 0) if span.is_silent else _fault(session, source.id, span)
                ended_at = _ended(span.end, now)
                stops.append(Stop(source.id, source.name, kind, span.start, ended_at, frames, is_recorded=False))
    return stops


def _merged(spans: list[DownSpan]) -> list[DownSpan]:
    """Join spans of one kind that touch."""
    merged: list[DownSpan] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last is not None and last.is_silent == span.is_silent and last.end >= span.start:
            merged[-1] = DownSpan(last.start, span.end, is_silent=span.is_silent)
        else:
            merged.append(span)
    return merged


def _fault(session: Session, source_id: int, span: DownSpan) -> tuple[str, int]:
    """Return the fault most of a span's frames have, and how many frames have any."""
    query = (
        select(InspectionRow.fault, func.count())
        .where(is_counted, InspectionRow.source_id == source_id, InspectionRow.fault.is_not(None))
        .where(InspectionRow.captured_at >= span.start, InspectionRow.captured_at < span.end)
        .group_by(InspectionRow.fault)
    )
    counts = {str(fault): int(number) for fault, number in session.execute(query)}
    kind = max(sorted(counts), key=lambda fault: counts[fault], default="not judged")
    return kind, sum(counts.values())


def _ended(ended_at: datetime | None, now: datetime) -> datetime | None:
    return None if ended_at is None or ended_at >= now else ended_at


def _overlap(one: Stop, other: Stop) -> bool:
    if one.source_id != other.source_id:
        return False
    begins_before = other.ended_at is None or one.started_at < other.ended_at
    return begins_before and (one.ended_at is None or other.started_at < one.ended_at)
