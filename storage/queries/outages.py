"""What of a window was not judged: by source and kind, in minutes and in frames."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from storage.models import InspectionRow, OutageRow, SourceRow
from storage.queries.selection import is_counted
from storage.records import NotJudged, Window


def not_judged(
    session: Session, *, window: Window, now: datetime, sources: tuple[str, ...] | None = None
) -> list[NotJudged]:
    """Return what of [start, end) was not judged, by source and kind.

    Minutes are those of outages, one that goes on counted until now. Frames are those captured in the window that have
    a fault, those of no outage too.
    """
    minutes, outages = _minutes(session, window, now, sources)
    frames = _frames(session, window, sources)
    return [
        NotJudged(
            source,
            kind,
            minutes.get((source, kind), 0.0),
            frames.get((source, kind), 0),
            outages.get((source, kind), 0),
        )
        for source, kind in sorted({*minutes, *frames})
    ]


def _minutes(
    session: Session, window: Window, now: datetime, sources: tuple[str, ...] | None
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], int]]:
    until = min(window.end, now)
    query = (
        select(SourceRow.name, OutageRow.kind, OutageRow.started_at, OutageRow.ended_at)
        .join(SourceRow, SourceRow.id == OutageRow.source_id)
        .where(OutageRow.started_at < until)
        .where(or_(OutageRow.ended_at.is_(None), OutageRow.ended_at > window.start))
    )
    if sources is not None:
        query = query.where(SourceRow.name.in_(sources))
    minutes: dict[tuple[str, str], float] = {}
    outages: dict[tuple[str, str], int] = {}
    for source, kind, started_at, ended_at in session.execute(query):
        within = min(ended_at or until, until) - max(started_at, window.start)
        minutes[source, kind] = minutes.get((source, kind), 0.0) + within / timedelta(minutes=1)
        outages[source, kind] = outages.get((source, kind), 0) + 1
    return minutes, outages


def _frames(session: Session, window: Window, sources: tuple[str, ...] | None) -> dict[tuple[str, str], int]:
    query = (
        select(SourceRow.name, InspectionRow.fault, func.count())
        .join(SourceRow, SourceRow.id == InspectionRow.source_id + 0)  # or SQLite walks all of each source
        .where(is_counted, InspectionRow.fault.is_not(None))
        .where(InspectionRow.captured_at >= window.start, InspectionRow.captured_at < window.end)
        .group_by(SourceRow.name, InspectionRow.fault)
    )
    if sources is not None:
        query = query.where(SourceRow.name.in_(sources))
    return {(source, str(fault)): int(count) for source, fault, count in session.execute(query)}
