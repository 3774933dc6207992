"""How long sources were not watched, from the quarters of an hour in which their frames were received.

The one place that says so: whatever else is known to stop a source from being watched is to be joined to the spans
here, and to the SQL of the same figures in `report_sql`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import RollUpRow
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
    ids = [source.id for source in sources]
    first = first_received(session, ids)
    quarters: dict[int, list[tuple[Span, bool]]] = {source_id: [] for source_id in ids}
    query = (
        select(RollUpRow.source_id, RollUpRow.starts_at, RollUpRow.scored > RollUpRow.faulted)
        .where(RollUpRow.source_id.in_(ids), RollUpRow.received > 0)
        .where(RollUpRow.starts_at > window.start - SPAN, RollUpRow.starts_at < end)
        .order_by(RollUpRow.source_id, RollUpRow.starts_at)
    )
    for source_id, starts_at, is_judged in session.execute(query):
        span = max(starts_at, window.start), min(starts_at + SPAN, end)
        quarters[source_id].append((span, bool(is_judged)))
    return {
        source_id: _down_spans(found, (max(window.start, first[source_id]), end), quiet)
        for source_id, found in quarters.items()
        if source_id in first and first[source_id] < end
    }


def first_received(session: Session, source_ids: Collection[int]) -> dict[int, datetime]:
    """Return the start of the quarter of an hour of each source's first frame, where it has one."""
    write_counts(session)
    query = select(RollUpRow.source_id, func.min(RollUpRow.starts_at)).where(RollUpRow.received > 0)
    rows = session.execute(query.where(RollUpRow.source_id.in_(source_ids)).group_by(RollUpRow.source_id))
    return {source_id: starts_at for source_id, starts_at in rows}  # noqa: C416 - rows are no tuples to mypy


def _down_spans(quarters: list[tuple[Span, bool]], whole: Span, quiet: timedelta) -> list[DownSpan]:
    gaps = [DownSpan(*gap, is_silent=True) for gap in _gaps([span for span, _ in quarters], whole)]
    not_judged = [DownSpan(*span, is_silent=False) for span, is_judged in quarters if not is_judged]
    down = [*(gap for gap in gaps if gap.length >= quiet), *not_judged]
    return sorted(down, key=lambda one: one.start)


def _gaps(busy: list[Span], whole: Span) -> Iterator[Span]:
    at = whole[0]
    for start, end in busy:
        if start > at:
            yield at, start
        at = max(at, end)
    if whole[1] > at:
        yield at, whole[1]
