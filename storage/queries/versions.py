"""Detector versions: what there is, and what each judged."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import DetectorVersionRow, InspectionRow, SourceRow
from storage.queries.ends import ends_by_version
from storage.queries.selection import is_counted
from storage.records import DetectorVersion, Window
from storage.repositories.versions import as_version

EVER = datetime(1, 1, 2, tzinfo=UTC)
SHORTEST = timedelta(microseconds=1)


def versions_before(
    session: Session, *, now: datetime, sources: tuple[str, ...] | None = None
) -> list[tuple[DetectorVersion, str, int | None]]:
    """Return the versions made by `now`, with their source and the id of that source's active one; newest first."""
    query = (
        select(DetectorVersionRow, SourceRow.name, SourceRow.active_version_id)
        .join(SourceRow, SourceRow.id == DetectorVersionRow.source_id)
        .where(DetectorVersionRow.created_at <= now)
        .order_by(SourceRow.name, DetectorVersionRow.number.desc())
    )
    if sources is not None:
        query = query.where(SourceRow.name.in_(sources))
    return [(as_version(row), name, active) for row, name, active in session.execute(query)]


def first_judged(session: Session, version_id: int, *, now: datetime) -> datetime | None:
    """Return when the first frame a version judged was captured; None where it judged none by `now`."""
    ends = ends_by_version(session, window=Window(EVER, now + SHORTEST), version_ids=[version_id])
    return ends[version_id][0] if version_id in ends else None


def last_judging(session: Session, source: str, *, now: datetime) -> int | None:
    """Return the id of the version that judged a source's newest frame by `now`."""
    own = select(SourceRow.id).where(SourceRow.name == source).scalar_subquery()
    query = (
        select(InspectionRow.detector_version_id)
        .where(is_counted, InspectionRow.source_id == own, InspectionRow.captured_at <= now)
        .order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc())
        .limit(1)
    )
    return session.scalar(query)
