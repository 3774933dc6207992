"""The daily digest of a source in commissioning: its oddest frames, for a person to look at."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.models import InspectionRow, SourceRow
from storage.records import EventKind, SourceState
from storage.repositories.events import add_event

EVERY = timedelta(days=1)


def add_due_digests(session: Session, *, frames: int, now: datetime) -> list[str]:
    """Write an event for every commissioning source whose last digest is a day old; return the sources' names."""
    query = select(SourceRow).where(SourceRow.state == SourceState.COMMISSIONING).with_for_update(skip_locked=True)
    told = []
    for source in session.scalars(query).all():
        since = source.last_digest_at or _first_inspection(session, source.id)
        if since is None or now - since < EVERY:
            continue
        own = (InspectionRow.source_id == source.id) & (InspectionRow.inspected_at >= since)
        count = session.scalar(select(func.count()).select_from(InspectionRow).where(own)) or 0
        session.execute(update(SourceRow).where(SourceRow.id == source.id).values(last_digest_at=now))
        if count:
            oddest = select(InspectionRow.id).where(own).order_by(InspectionRow.score.desc()).limit(frames)
            payload = {"inspections": list(session.scalars(oddest)), "frames": count, "since": since.isoformat()}
            add_event(session, EventKind.DIGEST, source_id=source.id, payload=payload, now=now)
            told.append(source.name)
    return told


def _first_inspection(session: Session, source_id: int) -> datetime | None:
    return session.scalar(select(func.min(InspectionRow.inspected_at)).where(InspectionRow.source_id == source_id))
