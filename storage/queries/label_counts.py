"""How much people have said of a source since a moment."""

from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from storage.models import InspectionRow, LabelRow
from storage.records import DEFECTS, LabelKind


def count_labelled_since(session: Session, *, source_id: int, since: datetime | None) -> int:
    """Count a source's inspections that were called a defect, missed or a false alarm since a moment; None: ever."""
    query = (
        select(func.count(distinct(LabelRow.inspection_id)))
        .join(InspectionRow, InspectionRow.id == LabelRow.inspection_id)
        .where(InspectionRow.source_id == source_id, LabelRow.withdrawn_at.is_(None))
        .where(LabelRow.kind.in_([*DEFECTS, LabelKind.FALSE_ALARM]))
    )
    if since is not None:
        query = query.where(LabelRow.created_at > since)
    return session.scalar(query) or 0
