"""What people say of inspections: last write wins, history kept."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import InspectionRow, LabelRow
from storage.records import Label, LabelKind
from storage.repositories.audit import write_audit


class UnknownInspectionError(StorageError):
    """No inspection has that id."""

    def __init__(self, inspection_id: int) -> None:
        super().__init__(f"There is no inspection A-{inspection_id}.")


def add_label(
    session: Session,
    inspection_id: int,
    kind: LabelKind,
    *,
    author: str,
    defect_class: str | None = None,
    note: str | None = None,
    now: datetime,
) -> Label:
    """Record a person's word, put it on the inspection, write an audit row; raise UnknownInspectionError.

    The same word by the same person twice in a row (a double click, a retry) is recorded once.
    """
    inspection = session.get(InspectionRow, inspection_id, with_for_update=True)
    if inspection is None:
        raise UnknownInspectionError(inspection_id)
    last = _last_label(session, inspection_id)
    if last and (last.kind, last.author, last.defect_class, last.note) == (kind, author, defect_class, note):
        return _as_label(last)
    row = LabelRow(
        inspection_id=inspection_id,
        kind=kind,
        defect_class=defect_class,
        note=note,
        author=author,
        created_at=now,
    )
    session.add(row)
    write_audit(
        session,
        actor=author,
        action="label",
        subject=f"A-{inspection_id}",
        detail={"was": inspection.label, "now": kind, "defect_class": defect_class},
        now=now,
    )
    inspection.label, inspection.defect_class = kind, defect_class
    session.flush()
    return _as_label(row)


def labels_of(session: Session, inspection_id: int) -> list[Label]:
    """Return the history of an inspection's labels, oldest first."""
    query = select(LabelRow).where(LabelRow.inspection_id == inspection_id).order_by(LabelRow.id)
    return [_as_label(row) for row in session.scalars(query)]


def _last_label(session: Session, inspection_id: int) -> LabelRow | None:
    query = select(LabelRow).where(LabelRow.inspection_id == inspection_id).order_by(LabelRow.id.desc()).limit(1)
    return session.scalar(query)


def _as_label(row: LabelRow) -> Label:
    return Label(
        id=row.id,
        inspection_id=row.inspection_id,
        kind=LabelKind(row.kind),
        defect_class=row.defect_class,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
    )
