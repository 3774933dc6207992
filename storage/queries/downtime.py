"""How long sources were not watched, from the quarters of an hour in which their frames were received.

The one place that says so: whatever else is known to stop a source from being watched is to be joined to the spans
here, and to the SQL of the same figures in `report_sql`.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import RollUpRow
from storage.queries.report_results import Downtime
from storage.records import Source, Window
from storage.repositories.roll_ups import SPAN_MINUTES

SPAN = timedelta(minutes=SPAN_MINUTES)
Span = tuple[datetime, datetime]


def downtime_by_source(
    session: Session, *, window: Window, sources: Collection[Source], quiet: timedelta, now: datetime
) -> dict[int, Downtime]:
    """Return the downtime of each source in a window, up to `now`, by source id.

    A source is down in every gap of at least `quiet` between quarters of an hour with a frame, from its first frame
    ever on, and in every quarter whose frames were all left without a judgement.
    """
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
        source_id: _downtime(found, (max(window.start, first[source_id]), end), quiet)
        for source_id, found in quarters.items()
        if source_id in first and first[source_id] < end
    }


def first_received(session: Session, source_ids: Collection[int]) -> dict[int, datetime]:
    """Return the start of the quarter of an hour of each source's first frame, where it has one."""
    query = select(RollUpRow.source_id, func.min(RollUpRow.starts_at)).where(RollUpRow.received > 0)
    rows = session.execute(query.where(RollUpRow.source_id.in_(source_ids)).group_by(RollUpRow.source_id))
    return {source_id: starts_at for source_id, starts_at in rows}  # noqa: C416 - rows are no tuples to mypy


def _downtime(quarters: list[tuple[Span, bool]], whole: Span, quiet: timedelta) -> Downtime:
    gaps = _gaps([span for span, _ in quarters], whole)
    not_judged = [span for span, is_judged in quarters if not is_judged]
    return Downtime(
        no_frame=_length([gap for gap in gaps if gap[1] - gap[0] >= quiet]),
        not_judged=_length(not_judged),
    )


def _gaps(busy: list[Span], whole: Span) -> Iterator[Span]:
    at = whole[0]
    for start, end in busy:
        if start > at:
            yield at, start
        at = max(at, end)
    if whole[1] > at:
        yield at, whole[1]


def _length(spans: list[Span]) -> timedelta:
    return sum((end - start for start, end in spans), timedelta())
