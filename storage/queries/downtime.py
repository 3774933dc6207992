"""How long sources were not watched, from the quarters of an hour in which their frames were received.

The one place that says so: whatever else is known to stop a source from being watched is to be joined to the spans
here, and to the SQL of the same figures in `report_sql`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, not_, or_, select
from sqlalchemy.orm import Session

from storage.models import RollUpRow, SourceRow
from storage.queries.elapsed import seconds_between
from storage.queries.report_results import Downtime
from storage.records import Source, Window
from storage.repositories.roll_ups import SPAN_MINUTES, write_counts

SPAN = timedelta(minutes=SPAN_MINUTES)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class DownSpan:
    """A time in which a source was not watched: without a frame, or with frames none of which was judged."""

    start: datetime
    end: datetime
    is_silent: bool

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Edge:
    """A quarter of an hour with a frame; free_from: when the one before it ended, None of the first of a window."""

    starts_at: datetime
    free_from: datetime | None
    is_judged: bool


def downtime_by_source(
    session: Session, *, window: Window, sources: Collection[Source], quiet: timedelta, now: datetime
) -> dict[int, Downtime]:
    """Return the downtime of each source in a window, up to `now`, by source id."""
    found = down_spans_by_source(session, window=window, sources=sources, quiet=quiet, now=now)
    return {source_id: downtime_of(spans) for source_id, spans in found.items()}


def downtime_of(spans: Collection[DownSpan]) -> Downtime:
    """Add up spans."""
    return Downtime(
        no_frame=sum((one.length for one in spans if one.is_silent), timedelta()),
        not_judged=sum((one.length for one in spans if not one.is_silent), timedelta()),
    )


def down_spans_by_source(
    session: Session, *, window: Window, sources: Collection[Source], quiet: timedelta, now: datetime
) -> dict[int, list[DownSpan]]:
    """Return when each source was down in a window, up to `now`, by source id, in order of time.

    A source is down in every gap of at least `quiet` between quarters of an hour with a frame, from its first frame
    ever on, and in every quarter whose frames were all left without a judgement.
    """
    write_counts(session)
    end = min(window.end, now)
    first = first_received(session, [source.id for source in sources])
    edges = _edges(session, window.start, end, list(first))
    last = _last_received(session, end, list(first))
    return {
        source_id: _down_spans(edges.get(source_id, []), last[source_id], (max(window.start, began), end), quiet)
        for source_id, began in first.items()
        if began < end
    }


def _edges(session: Session, start: datetime, end: datetime, source_ids: list[int]) -> dict[int, list[Edge]]:
    """Return the quarters with a frame that none comes right before, or that were not judged, in order of time."""
    before = func.lag(RollUpRow.starts_at, type_=RollUpRow.starts_at.type)
    quarter = (
        select(
            RollUpRow.source_id,
            RollUpRow.starts_at,
            before.over(partition_by=RollUpRow.source_id, order_by=RollUpRow.starts_at).label("before"),
            (RollUpRow.scored > RollUpRow.faulted).label("is_judged"),
        )
        .where(RollUpRow.source_id.in_(source_ids), RollUpRow.received > 0)
        .where(RollUpRow.starts_at > start - SPAN, RollUpRow.starts_at < end)
        .subquery()
    ).c
    apart = seconds_between(session, quarter.before, quarter.starts_at) > 1.5 * SPAN.total_seconds()
    is_edge = or_(quarter.before.is_(None), not_(quarter.is_judged), apart)
    query = select(quarter.source_id, quarter.starts_at, quarter.before, quarter.is_judged).where(is_edge)
    rows = session.execute(query.order_by(quarter.source_id, quarter.starts_at))
    edges: dict[int, list[Edge]] = {}
    for source_id, starts_at, before_it, is_judged in rows:
        found = Edge(starts_at, before_it and before_it + SPAN, is_judged=bool(is_judged))
        edges.setdefault(source_id, []).append(found)
    return edges


def first_received(session: Session, source_ids: Collection[int]) -> dict[int, datetime]:
    """Return the start of the quarter of an hour of each source's first frame, where it has one."""
    write_counts(session)
    return _quarter_of_each(session, source_ids, func.min(RollUpRow.starts_at), RollUpRow.received > 0)


def _last_received(session: Session, end: datetime, source_ids: Collection[int]) -> dict[int, datetime]:
    wanted = RollUpRow.received > 0, RollUpRow.starts_at < end
    return _quarter_of_each(session, source_ids, func.max(RollUpRow.starts_at), *wanted)


def _quarter_of_each(
    session: Session, source_ids: Collection[int], which: ColumnElement[datetime], *wanted: ColumnElement[bool]
) -> dict[int, datetime]:
    """Return one quarter of each source that has any, by a look at the index each."""
    quarter = select(which).where(RollUpRow.source_id == SourceRow.id, *wanted).scalar_subquery()
    rows = session.execute(select(SourceRow.id, quarter).where(SourceRow.id.in_(source_ids)))
    return {source_id: starts_at for source_id, starts_at in rows if starts_at is not None}


def _down_spans(edges: list[Edge], last: datetime, whole: Span, quiet: timedelta) -> list[DownSpan]:
    gaps = (DownSpan(*gap, is_silent=True) for gap in _gaps(edges, last, whole))
    not_judged = (_quarter(edge, whole) for edge in edges if not edge.is_judged)
    down = [*(gap for gap in gaps if gap.length >= quiet), *not_judged]
    return sorted(down, key=lambda one: one.start)


def _quarter(edge: Edge, whole: Span) -> DownSpan:
    return DownSpan(max(edge.starts_at, whole[0]), min(edge.starts_at + SPAN, whole[1]), is_silent=False)


def _gaps(edges: list[Edge], last: datetime, whole: Span) -> Iterator[Span]:
    for edge in edges:
        free = max(edge.free_from or whole[0], whole[0])
        if edge.starts_at > free:
            yield free, edge.starts_at
    free = max(last + SPAN, whole[0])
    if whole[1] > free:
        yield free, whole[1]
