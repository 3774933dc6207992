"""The daily audit: which frames called normal a person is asked about, and what they say."""

import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import AuditPickRow, InspectionRow
from storage.records import DEFECTS, AuditPick, LabelKind, Source, Verdict, Window
from storage.repositories.audit import write_audit
from storage.repositories.labels import UnknownInspectionError, add_label


class NotPickedError(StorageError):
    """A frame nobody was asked about."""

    def __init__(self, inspection_id: int) -> None:
        super().__init__(f"A-{inspection_id} was not picked for an audit; label it: oddspot label A-{inspection_id}.")


RANDOM, NEAR = "random", "near"
GOOD, MISSED = "good", "missed"
NEAR_OF = (2, 5)


def pick_for_audit(
    session: Session, source: Source, *, day: str, window: Window, frames: int, now: datetime
) -> list[int]:
    """Pick frames of a day called normal, two in five nearest below the threshold, the others at random.

    A day is picked once; return the inspections' ids, none where it was picked before or had no such frame. The choice
    is that of a keyed hash, so that the same day's frames are always picked alike.
    """
    if _was_picked(session, source, day):
        return []
    near = frames * NEAR_OF[0] // NEAR_OF[1]
    normals = _normals(session, source, window)
    chosen = sorted(normals, key=lambda one: _chance(source, day, one))[: frames - near]
    weight = len(normals) / len(chosen) if chosen else 0.0
    nearest = [one for one in _nearest(session, source, window, near + len(chosen)) if one not in chosen][:near]
    for stratum, ids, stands_for in ((RANDOM, chosen, weight), (NEAR, nearest, 1.0)):
        session.add_all(
            AuditPickRow(
                source_id=source.id,
                day=day,
                inspection_id=inspection_id,
                stratum=stratum,
                weight=stands_for,
                picked_at=now,
            )
            for inspection_id in ids
        )
    session.flush()
    return [*chosen, *nearest]


def answer_pick(session: Session, inspection_id: int, said: str, *, author: str, now: datetime) -> None:
    """Write a person's word on a picked frame, `good` or `missed`; raise UnknownInspectionError, NotPickedError.

    Missed is also a label of the frame; good takes such a label back. The last word counts.
    """
    inspection = session.get(InspectionRow, inspection_id, with_for_update=True)
    own = AuditPickRow.inspection_id == inspection_id
    if inspection is None:
        raise UnknownInspectionError(inspection_id)
    if session.scalar(select(AuditPickRow.id).where(own).limit(1)) is None:
        raise NotPickedError(inspection_id)
    if said == MISSED:
        add_label(session, inspection_id, LabelKind.MISSED, author=author, now=now)
    elif inspection.label in DEFECTS:
        add_label(session, inspection_id, LabelKind.FALSE_ALARM, author=author, note="good after all", now=now)
    changed = session.scalars(
        update(AuditPickRow)
        .where(own, (AuditPickRow.said != said) | AuditPickRow.said.is_(None))
        .values(said=said, said_by=author, said_at=now)
        .returning(AuditPickRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    if changed:
        subject = f"A-{inspection_id}"
        write_audit(session, actor=author, action="audit_answer", subject=subject, detail={"said": said}, now=now)


def picks_of(session: Session, inspection_ids: list[int]) -> list[AuditPick]:
    """Return the picks of inspections, in the order picked."""
    query = select(AuditPickRow).where(AuditPickRow.inspection_id.in_(inspection_ids)).order_by(AuditPickRow.id)
    return [as_pick(row) for row in session.scalars(query)]


def as_pick(row: AuditPickRow) -> AuditPick:
    """Turn a row into the record."""
    return AuditPick(row.inspection_id, row.source_id, row.day, row.stratum, row.weight, row.said, row.said_by)


def _was_picked(session: Session, source: Source, day: str) -> bool:
    query = select(AuditPickRow.id).where(AuditPickRow.source_id == source.id, AuditPickRow.day == day)
    return session.scalar(query.limit(1)) is not None


def _normals(session: Session, source: Source, window: Window) -> list[int]:
    return list(session.scalars(select(InspectionRow.id).where(*_called_normal(source, window))))


def _nearest(session: Session, source: Source, window: Window, limit: int) -> list[int]:
    """Return the frames nearest below the threshold that judged them, the nearest first."""
    gap = InspectionRow.threshold - InspectionRow.score
    query = select(InspectionRow.id).where(*_called_normal(source, window)).order_by(gap, InspectionRow.id)
    return list(session.scalars(query.limit(limit)))


def _called_normal(source: Source, window: Window) -> tuple[ColumnElement[bool], ...]:
    return (
        InspectionRow.is_shadow.is_(False),
        InspectionRow.fault.is_(None),
        InspectionRow.verdict == Verdict.NORMAL,
        InspectionRow.source_id == source.id,
        InspectionRow.captured_at >= window.start,
        InspectionRow.captured_at < window.end,
    )


def _chance(source: Source, day: str, inspection_id: int) -> str:
    return hashlib.sha256(f"{source.name}/{day}/{inspection_id}".encode()).hexdigest()
