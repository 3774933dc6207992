"""Removing a source that no image ever came from: a mistyped name, a trial. What has a history stays on record."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import (
    DetectorVersionRow,
    DriftCheckRow,
    EventRow,
    FrameRow,
    IncidentRow,
    OutageRow,
    PinRow,
    SilenceRow,
    SourceRow,
)
from storage.records import Source
from storage.repositories.audit import write_audit
from storage.repositories.sources import source_by_name

SOURCE_REMOVED = "source_removed"
HISTORY = {
    "images": FrameRow.source_id,
    "incidents": IncidentRow.source_id,
    "outages": OutageRow.source_id,
    "messages": EventRow.source_id,
    "silences": SilenceRow.source_id,
}


class HasHistoryError(StorageError):
    """What was seen of a source is on record."""

    def __init__(self, source: Source, what: str) -> None:
        super().__init__(
            f"{source.name} has {what} on record, which are kept; `oddspot source pause {source.name}` stops it."
        )


def remove_source(session: Session, name: str, *, actor: str, now: datetime) -> list[str]:
    """Remove a source and its detectors, with an audit row, and return the folders of their bundles.

    Raise UnknownSourceError, and HasHistoryError where anything was ever received or told of it.
    """
    source = source_by_name(session, name)
    for what, owner in HISTORY.items():
        if session.scalar(select(owner).where(owner == source.id).limit(1)) is not None:
            raise HasHistoryError(source, what)
    versions = select(DetectorVersionRow.id).where(DetectorVersionRow.source_id == source.id)
    bundles = session.scalars(select(DetectorVersionRow.bundle).where(DetectorVersionRow.source_id == source.id)).all()
    session.execute(delete(PinRow).where(PinRow.detector_version_id.in_(versions)))
    session.execute(delete(DriftCheckRow).where(DriftCheckRow.detector_version_id.in_(versions)))
    session.execute(delete(DetectorVersionRow).where(DetectorVersionRow.source_id == source.id))
    session.execute(delete(SourceRow).where(SourceRow.id == source.id))
    write_audit(session, actor=actor, action=SOURCE_REMOVED, subject=name, detail={"versions": len(bundles)}, now=now)
    return [bundle for bundle in bundles if bundle is not None]
