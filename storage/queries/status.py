"""How each source and its detector are."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import DetectorVersionRow, FrameRow, InspectionRow, SourceRow
from storage.models.open import FRAME_IS_OPEN
from storage.queries.counting import count_inspections
from storage.queries.results import SourceStatus
from storage.queries.selection import Selection, is_counted
from storage.records import DetectorVersion, Source, Window
from storage.repositories.sources import as_source
from storage.repositories.versions import as_version

MOST_WAITING = 10_000


def source_status(
    session: Session,
    *,
    window: Window,
    sources: tuple[str, ...] | None = None,
    limit: int,
) -> list[SourceStatus]:
    """Return the status of sources by name, with their counts in a window."""
    query = select(SourceRow, DetectorVersionRow).outerjoin(
        DetectorVersionRow, DetectorVersionRow.id == SourceRow.active_version_id
    )
    if sources is not None:
        query = query.where(SourceRow.name.in_(sources))
    rows = session.execute(query.order_by(SourceRow.name).limit(limit)).all()
    selection = Selection(window=window)
    return [
        SourceStatus(
            source=as_source(row),
            version=_version(session, row.id, version, window.end),
            last_inspected=_last_inspected(session, row.id, window.end),
            waiting=_waiting(session, row.id),
            counts=count_inspections(session, selection=replace(selection, sources=(row.name,))),
        )
        for row, version in rows
    ]


def _version(
    session: Session,
    source_id: int,
    active: DetectorVersionRow | None,
    before: datetime,
) -> DetectorVersion | None:
    """Return the active version; of an imported history, the one that judged last."""
    if active is None or not active.details.get("imported"):
        return None if active is None else as_version(active)
    judged = select(DetectorVersionRow).join(InspectionRow, InspectionRow.detector_version_id == DetectorVersionRow.id)
    newest = judged.where(is_counted, InspectionRow.source_id == source_id, InspectionRow.captured_at < before)
    last = session.scalar(newest.order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc()).limit(1))
    return as_version(last or active)


def judging_version(
    session: Session, source_id: int, active_version_id: int | None, before: datetime
) -> DetectorVersion | None:
    """Return the version a source is judged by; of an imported history, the one that judged last before a moment."""
    active = None if active_version_id is None else session.get_one(DetectorVersionRow, active_version_id)
    return _version(session, source_id, active, before)


def known_sources(session: Session, *, limit: int = 1000) -> list[Source]:
    """Return sources by name."""
    return [as_source(row) for row in session.scalars(select(SourceRow).order_by(SourceRow.name).limit(limit))]


def _last_inspected(session: Session, source_id: int, before: datetime) -> datetime | None:
    query = select(func.max(InspectionRow.captured_at)).where(is_counted, InspectionRow.source_id == source_id)
    return session.scalar(query.where(InspectionRow.captured_at < before))


def _waiting(session: Session, source_id: int) -> int:
    own = FrameRow.source_id + 0 == source_id  # `+ 0`: or SQLite walks all frames of a source instead of the open ones
    query = select(FrameRow.id).where(FRAME_IS_OPEN, own).order_by(FrameRow.id).limit(MOST_WAITING)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
