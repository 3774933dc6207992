"""How much a silence keeps quiet: the anomalies found while it has been in force."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import InspectionRow, SourceRow
from storage.queries.selection import is_anomaly, is_counted
from storage.records import Silence


def silence_hits(session: Session, silence: Silence, *, now: datetime) -> int:
    """Count the anomalies captured since a silence began that it is about."""
    query = select(func.count(InspectionRow.id)).where(
        is_counted,
        is_anomaly,
        InspectionRow.captured_at >= silence.starts_at,
        InspectionRow.captured_at < min(silence.until, now),
    )
    if silence.source is not None:
        named = select(SourceRow.id).where(SourceRow.name == silence.source)
        query = query.where(InspectionRow.source_id.in_(named))
    if silence.defect_class is not None:
        query = query.where(InspectionRow.defect_class == silence.defect_class)
    return session.scalar(query) or 0
