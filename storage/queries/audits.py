"""The frames of audits, with what people said."""

from sqlalchemy.orm import Session

from storage.models import AuditPickRow, InspectionRow
from storage.queries.inspections import as_inspection, joined
from storage.records import AuditPick, Inspection
from storage.repositories.audit_picks import as_pick


def list_picks(session: Session, *, source_id: int | None, limit: int) -> list[tuple[AuditPick, Inspection]]:
    """Return picked frames of one source or of all, newest first."""
    query = joined().join(AuditPickRow, AuditPickRow.inspection_id == InspectionRow.id).add_columns(AuditPickRow)
    if source_id is not None:
        query = query.where(AuditPickRow.source_id == source_id)
    rows = session.execute(query.order_by(AuditPickRow.id.desc()).limit(limit))
    return [(as_pick(pick), as_inspection(*inspection)) for *inspection, pick in rows]
