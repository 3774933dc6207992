"""What people say of inspections: last write wins, history kept; a word can be withdrawn."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import InspectionRow, LabelRow
from storage.records import DEFECTS, Label, LabelKind, Verdict
from storage.repositories.audit import write_audit
from storage.repositories.incidents import settle_by_label

# The same word again within it is a double click or a retry; later it renews what was learned from it.
SAME_WORD = timedelta(hours=1)


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
    region: tuple[int, int, int, int] | None = None,
    renews: bool = True,
    now: datetime,
) -> Label:
    """Record a person's word, put it on the inspection, write an audit row; raise UnknownInspectionError.

    A defect in what was called normal is a miss, and none in what was found: the kind is put right by the verdict. The
    same word by the same person twice in a row (a double click, a retry) is recorded once; later, where it renews,
    it is recorded again, and what was learned from it lasts anew.
    """
    inspection = session.get(InspectionRow, inspection_id, with_for_update=True)
    if inspection is None:
        raise UnknownInspectionError(inspection_id)
    kind = kind_of(kind, inspection.verdict)
    last = _last_label(session, inspection_id)
    if last and last.kind == kind:
        defect_class = defect_class or last.defect_class  # said again without its class it is of that class still
    is_same = last and (last.kind, last.author, last.defect_class, last.note) == (kind, author, defect_class, note)
    if last and is_same and not (renews and now - last.created_at >= SAME_WORD):
        return as_label(last)
    row = LabelRow(
        inspection_id=inspection_id,
        kind=kind,
        defect_class=defect_class,
        note=note,
        region=None if region is None else list(region),
        author=author,
        created_at=now,
    )
    session.add(row)
    session.flush()
    write_audit(
        session,
        actor=author,
        action="label",
        subject=f"A-{inspection_id}",
        detail={"was": inspection.label, "now": kind, "defect_class": defect_class, "label_id": row.id},
        incident_id=inspection.incident_id,
        now=now,
    )
    inspection.label, inspection.defect_class = kind, defect_class
    session.flush()
    settle_by_label(session, inspection, now=now)
    return as_label(row)


def kind_of(kind: LabelKind, verdict: str) -> LabelKind:
    """Return what a word says of an inspection: a defect was missed where its image was called normal, else found."""
    if kind not in DEFECTS:
        return kind
    if verdict == Verdict.NORMAL:
        return LabelKind.MISSED
    return LabelKind.DEFECT if verdict == Verdict.ANOMALOUS else kind


def withdraw_label(session: Session, label_id: int, *, author: str, now: datetime) -> bool:
    """Take a word back, so that the one before it counts again; False where that was done already.

    The caller writes the audit.
    """
    row = session.get(LabelRow, label_id)
    inspection = session.get(InspectionRow, row.inspection_id, with_for_update=True) if row else None
    if row is None or inspection is None or row.withdrawn_at is not None:
        return False
    row.withdrawn_at, row.withdrawn_by = now, author
    session.flush()
    last = _last_label(session, inspection.id)
    inspection.label, inspection.defect_class = (last.kind, last.defect_class) if last else (None, None)
    session.flush()
    settle_by_label(session, inspection, now=now)
    return True


def labels_of(session: Session, inspection_id: int) -> list[Label]:
    """Return the history of an inspection's labels, oldest first."""
    query = select(LabelRow).where(LabelRow.inspection_id == inspection_id).order_by(LabelRow.id)
    return [as_label(row) for row in session.scalars(query)]


def last_label(session: Session, inspection_id: int) -> Label | None:
    """Return the word on an inspection that counts, None where there is none."""
    row = _last_label(session, inspection_id)
    return None if row is None else as_label(row)


def _last_label(session: Session, inspection_id: int) -> LabelRow | None:
    own = (LabelRow.inspection_id == inspection_id) & LabelRow.withdrawn_at.is_(None)
    return session.scalar(select(LabelRow).where(own).order_by(LabelRow.id.desc()).limit(1))


def as_label(row: LabelRow) -> Label:
    """Turn a row into the record."""
    return Label(
        id=row.id,
        inspection_id=row.inspection_id,
        kind=LabelKind(row.kind),
        defect_class=row.defect_class,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
        region=None if row.region is None else (row.region[0], row.region[1], row.region[2], row.region[3]),
    )
