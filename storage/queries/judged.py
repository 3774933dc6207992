"""Which sources have a detector that can judge an image."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import DetectorVersionRow, SourceRow
from storage.records import Source
from storage.repositories.sources import as_source


def judged_sources(session: Session) -> list[Source]:
    """Return the sources whose active detector is there to score, by name; an imported one is not."""
    query = select(SourceRow).join(DetectorVersionRow, DetectorVersionRow.id == SourceRow.active_version_id)
    return [
        as_source(row)
        for row in session.scalars(query.where(DetectorVersionRow.bundle.is_not(None)).order_by(SourceRow.name))
    ]
