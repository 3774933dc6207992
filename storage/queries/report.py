"""A report: what happened in a window, source by source and in total, counted by the rules of `counting`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import RollUpRow
from storage.queries.anomalies import Order, list_anomalies
from storage.queries.counting import count_frames_by_source, count_inspections
from storage.queries.downtime import downtime_by_source, first_received
from storage.queries.grouping import Group, count_by
from storage.queries.misses import misses
from storage.queries.report_parts import (
    changes_in,
    incidents_by_source,
    labels_by_person,
    labels_by_source,
    outages_in,
    promises_by_source,
    ratios_of_spans,
    reasons_not_judged,
    versions_in_use,
    worst_points,
)
from storage.queries.report_results import AuditedMisses, BucketRow, Downtime, Promise, Report, ReportRow
from storage.queries.results import FrameCounts, InspectionCounts
from storage.queries.selection import Selection
from storage.queries.status import known_sources
from storage.records import LabelKind, Source, Window

MOST_SOURCES = 1000
MOST_CHANGES = 200
MOST_OUTAGES = 100
MOST_POINTS = 1000
WORST_SHOWN = 3
Counts = TypeVar("Counts", FrameCounts, InspectionCounts)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for.

    sources: names; None takes every one. steady: those whose frames come all the time, so that a gap of `quiet` is
    downtime; None: all. audited: what an audit of frames called normal found, by source; empty: nobody audits.
    """

    window: Window
    quiet: timedelta
    sources: tuple[str, ...] | None = None
    steady: tuple[str, ...] | None = None
    spans: Sequence[tuple[datetime, datetime]] = ()
    audited: dict[str, AuditedMisses] | None = None


def build_report(session: Session, asked: Asked, *, now: datetime) -> Report:
    """Return the report; sources that had no frame before the window's end are left out."""
    every = known_sources(session, limit=MOST_SOURCES)
    chosen = [source for source in every if asked.sources is None or source.name in asked.sources]
    whole = Selection(window=asked.window, sources=tuple(source.name for source in chosen))
    uses = versions_in_use(session, selection=whole)
    rows = report_rows(session, asked, chosen, promises=promises_by_source(uses), now=now)
    shown = {row.source for row in rows}
    seen = [source for source in chosen if source.name in shown]
    selection = Selection(window=asked.window, sources=tuple(source.name for source in seen))
    changes, change_count = changes_in(
        session, window=asked.window, sources=None if asked.sources is None else chosen, limit=MOST_CHANGES
    )
    odd = replace(selection, excluded_labels=(LabelKind.FALSE_ALARM,))
    return Report(
        window=asked.window,
        rows=tuple(rows),
        total=total_of(rows),
        buckets=tuple(_buckets(session, asked, seen, now=now)),
        reasons=tuple(reasons_not_judged(session, window=asked.window, sources=seen)),
        outages=tuple(outages_in(session, window=asked.window, sources=chosen, limit=MOST_OUTAGES)),
        versions=tuple(uses),
        changes=tuple(changes),
        change_count=change_count,
        labels_by=tuple(labels_by_person(session, window=asked.window, sources=seen)),
        worst=tuple(list_anomalies(session, selection=odd, limit=WORST_SHOWN, order=Order.WORST)),
        points=tuple(worst_points(session, selection=selection, limit=MOST_POINTS)) if asked.spans else (),
    )


def report_rows(
    session: Session,
    asked: Asked,
    sources: Collection[Source],
    *,
    promises: dict[int, Promise],
    now: datetime,
) -> list[ReportRow]:
    """Return the figures of each source that had a frame before the window's end, by name."""
    window, names = asked.window, tuple(source.name for source in sources)
    selection = Selection(window=window, sources=names)
    frames = count_frames_by_source(session, window=window)
    grouped = count_by(session, selection=selection, group=Group.SOURCE, limit=MOST_SOURCES)
    counts = {group.key: group.counts for group in grouped}
    steady = [source for source in sources if asked.steady is None or source.name in asked.steady]
    downtime = downtime_by_source(session, window=window, sources=steady, quiet=asked.quiet, now=now)
    duplicates = _duplicates_by_source(session, window)
    labels = labels_by_source(session, window=window)
    incidents = incidents_by_source(session, window=window)
    first = first_received(session, [source.id for source in sources])
    rows = [
        ReportRow(
            source=source.name,
            frames=frames.get(source.id, FrameCounts()),
            counts=counts.get(source.name, InspectionCounts()),
            duplicates=duplicates.get(source.id, 0),
            incidents=incidents.get(source.id, 0),
            labels=labels.get(source.id, 0),
            downtime=downtime.get(source.id, Downtime()),
            promise=promises.get(source.id, Promise()),
            misses=(asked.audited or {}).get(source.name) or _audited(session, window, source),
        )
        for source in sources
        if source.id in frames or (source.id in first and first[source.id] < window.end)
    ]
    return sorted(rows, key=lambda row: row.source or "")


def _audited(session: Session, window: Window, source: Source) -> AuditedMisses | None:
    found = misses(session, selection=Selection(window=window, sources=(source.name,)))
    return AuditedMisses(found.looked_at, found.missed) if found.looked_at else None


def total_of(rows: Collection[ReportRow]) -> ReportRow:
    """Add up rows; downtime is that of every source, one after another."""
    found = [row.misses for row in rows if row.misses is not None]
    audited = AuditedMisses(sum(one.audited for one in found), sum(one.missed for one in found)) if found else None
    return ReportRow(
        source=None,
        frames=_added(FrameCounts, [row.frames for row in rows]),
        counts=_added(InspectionCounts, [row.counts for row in rows]),
        duplicates=sum(row.duplicates for row in rows),
        incidents=sum(row.incidents for row in rows),
        labels=sum(row.labels for row in rows),
        downtime=sum((row.downtime for row in rows), Downtime()),
        promise=sum((row.promise for row in rows), Promise()),
        misses=audited,
    )


def _buckets(session: Session, asked: Asked, sources: Sequence[Source], *, now: datetime) -> list[BucketRow]:
    names, ids = tuple(source.name for source in sources), {source.id for source in sources}
    selection = Selection(window=asked.window, sources=names)
    ratios = ratios_of_spans(session, selection=selection, spans=asked.spans)
    rows = []
    for (start, end), (mean, most) in zip(asked.spans, ratios, strict=True):
        if start >= now:
            break
        window = Window(start, end, asked.window.time_zone)
        frames = [counts for key, counts in count_frames_by_source(session, window=window).items() if key in ids]
        row = ReportRow(
            source=None,
            frames=_added(FrameCounts, frames),
            counts=count_inspections(session, selection=replace(selection, window=window)),
        )
        rows.append(BucketRow(start, end, row, mean_ratio=mean, max_ratio=most))
    return rows


def _duplicates_by_source(session: Session, window: Window) -> dict[int, int]:
    query = (
        select(RollUpRow.source_id, func.sum(RollUpRow.duplicates))
        .where(RollUpRow.starts_at >= window.start, RollUpRow.starts_at < window.end)
        .group_by(RollUpRow.source_id)
    )
    return {source_id: int(number) for source_id, number in session.execute(query)}


def _added(kind: type[Counts], counts: Collection[Counts]) -> Counts:
    names = kind.__dataclass_fields__
    return kind(**{name: sum(getattr(one, name) for one in counts) for name in names})
