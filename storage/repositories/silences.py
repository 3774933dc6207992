"""Silences: until when, and for what, no alert is sent."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage.models import SilenceRow, SourceRow
from storage.records import Silence
from storage.repositories.audit import write_audit


def add_silence(
    session: Session,
    *,
    source_id: int | None,
    until: datetime,
    author: str,
    comment: str,
    now: datetime,
    defect_class: str | None = None,
) -> int:
    """Silence a source (None: all), with an audit row; one already as long by the same person is kept."""
    same = SilenceRow.source_id == source_id if source_id is not None else SilenceRow.source_id.is_(None)
    standing = session.scalar(
        select(SilenceRow.id)
        .where(same, SilenceRow.author == author, SilenceRow.until >= until, SilenceRow.starts_at <= now)
        .where(SilenceRow.defect_class == defect_class if defect_class else SilenceRow.defect_class.is_(None))
        .limit(1),
    )
    if standing is not None:
        return standing
    row = SilenceRow(
        source_id=source_id,
        defect_class=defect_class,
        starts_at=now,
        until=until,
        author=author,
        comment=comment,
    )
    session.add(row)
    session.flush()
    detail = {"source_id": source_id, "until": until.isoformat(), "defect_class": defect_class}
    write_audit(session, actor=author, action="silence", subject=f"silence-{row.id}", detail=detail, now=now)
    return row.id


def is_silenced(session: Session, *, source_id: int, now: datetime) -> bool:
    """Say whether a whole source is silenced now."""
    query = select(SilenceRow.id).where(
        or_(SilenceRow.source_id == source_id, SilenceRow.source_id.is_(None)),
        SilenceRow.defect_class.is_(None),
        SilenceRow.starts_at <= now,
        SilenceRow.until > now,
    )
    return session.scalar(query.limit(1)) is not None


def active_silences(session: Session, *, now: datetime) -> list[Silence]:
    """Return the silences in force, soonest to end first."""
    query = (
        select(SilenceRow, SourceRow.name)
        .outerjoin(SourceRow, SourceRow.id == SilenceRow.source_id)
        .where(SilenceRow.starts_at <= now, SilenceRow.until > now)
        .order_by(SilenceRow.until)
    )
    return [
        Silence(
            id=row.id,
            source=name,
            defect_class=row.defect_class,
            starts_at=row.starts_at,
            until=row.until,
            author=row.author,
            comment=row.comment,
        )
        for row, name in session.execute(query)
    ]
