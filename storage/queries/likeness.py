"""What anomalies look like, to be compared by those who can."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import InspectionRow, SourceRow
from storage.queries.selection import is_anomaly, is_counted
from storage.records import Likeness
from storage.repositories.incidents import likeness_of


def likeness_by_id(session: Session, inspection_id: int) -> Likeness | None:
    """Return what an inspection looks like; None where there is none."""
    row = session.get(InspectionRow, inspection_id)
    return None if row is None else likeness_of(row)


def newest_likenesses(session: Session, *, source_id: int, limit: int) -> list[Likeness]:
    """Return a source's newest anomalies that have vectors."""
    own = (InspectionRow.source_id == source_id) & InspectionRow.vectors.is_not(None)
    query = select(InspectionRow).where(own, is_counted, is_anomaly).order_by(InspectionRow.id.desc()).limit(limit)
    return [likeness_of(row) for row in session.scalars(query)]


def vectors_of_anomalies(
    session: Session,
    *,
    embedding_space: str,
    before: datetime,
    limit: int,
    sources: tuple[str, ...] | None = None,
) -> list[tuple[int, bytes]]:
    """Return ids and vectors of the newest anomalies of one embedding space captured up to a moment."""
    query = (
        select(InspectionRow.id, InspectionRow.vectors)
        .where(is_counted, is_anomaly, InspectionRow.vectors.is_not(None))
        .where(InspectionRow.embedding_space == embedding_space, InspectionRow.captured_at <= before)
        .order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc())
        .limit(limit)
    )
    if sources is not None:
        query = query.where(InspectionRow.source_id.in_(select(SourceRow.id).where(SourceRow.name.in_(sources))))
    return [(row_id, vectors) for row_id, vectors in session.execute(query) if vectors]
