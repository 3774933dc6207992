"""When each detector version's first and last image was captured: roll-ups say where to look, rows the moment."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.models import CapturedRollUpRow, InspectionRow
from storage.queries.seen import SPAN
from storage.queries.selection import is_counted, is_judged
from storage.records import Window
from storage.repositories.roll_ups import span_start, write_counts

Ends = tuple[datetime, datetime]


def ends_by_version(
    session: Session, *, window: Window | None, version_ids: Collection[int] | None = None, only_judged: bool = False
) -> dict[int, Ends]:
    """Return when each version's first and last image in a window was captured; versions without one are left out."""
    write_counts(session)
    spans = CapturedRollUpRow
    found: dict[int, Ends] = {}
    counted = spans.inspections - (spans.faulted if only_judged else 0)
    query = (
        select(spans.detector_version_id, spans.source_id, func.min(spans.starts_at), func.max(spans.starts_at))
        .where(counted > 0)
        .group_by(spans.detector_version_id, spans.source_id)
    )
    if window is not None:
        query = query.where(spans.starts_at >= span_start(window.start), spans.starts_at < window.end)
    if version_ids is not None:
        query = query.where(spans.detector_version_id.in_(version_ids))
    for version_id, source_id, first, last in session.execute(query):
        start, end = first, last + SPAN
        if window is not None:
            start, end = max(start, window.start), min(end, window.end)
        own = [InspectionRow.source_id == source_id, InspectionRow.detector_version_id == version_id, is_counted]
        own += [is_judged] if only_judged else []
        ends = _ends(session, start, end, own)
        if ends is not None:
            known = found.get(version_id, ends)
            found[version_id] = min(known[0], ends[0]), max(known[1], ends[1])
    return found


def _ends(session: Session, start: datetime, end: datetime, own: list[ColumnElement[bool]]) -> Ends | None:
    at = InspectionRow.captured_at
    query = select(at).where(*own, at >= start, at < end).limit(1)
    first, last = session.scalar(query.order_by(at)), session.scalar(query.order_by(at.desc()))
    return None if first is None or last is None else (first, last)
