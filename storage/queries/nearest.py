"""The image or anomaly of a selection that lies nearest to a window in which there is none."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.queries.selection import Selection, conditions, is_anomaly
from storage.records import Window


def nearest_captured(
    session: Session, *, selection: Selection, window: Window, now: datetime, only_anomalies: bool = False
) -> datetime | None:
    """Return when the selection's inspection nearest to a window was captured, by `now`; None where there is none."""
    wanted = [*conditions(replace(selection, window=None)), *([is_anomaly] if only_anomalies else [])]
    query = select(InspectionRow.captured_at).where(*wanted).limit(1)
    at = InspectionRow.captured_at
    before = session.scalar(query.where(at < window.start, at <= now).order_by(at.desc()))
    after = session.scalar(query.where(at >= window.end, at <= now).order_by(at.asc()))
    if before is None or after is None:
        return before or after
    return before if window.start - before <= after - window.end else after
