"""The names a database holds, by which a question can be understood."""

import json

from sqlalchemy import Text, cast, func, select, union
from sqlalchemy.orm import Session

from storage.models import AuditRow, DetectorVersionRow, FrameRow, InspectionRow, LabelRow, SourceRow
from storage.models.open import IS_ANOMALOUS

RECENT_FRAMES = 500
MOST_VALUES = 200
RECENT_ACTS = 2000


def source_names(session: Session, *, limit: int = 1000) -> list[str]:
    """Return the names of sources, in order."""
    return list(session.scalars(select(SourceRow.name).order_by(SourceRow.name).limit(limit)))


def detector_names(session: Session, *, limit: int = 1000) -> list[str]:
    """Return the names of detector versions, newest first."""
    return list(session.scalars(select(DetectorVersionRow.name).order_by(DetectorVersionRow.id.desc()).limit(limit)))


def defect_classes(session: Session, *, limit: int = 500) -> list[str]:
    """Return the defect classes people gave, in order."""
    flagged = select(InspectionRow.defect_class).where(IS_ANOMALOUS)
    named = union(flagged, select(LabelRow.defect_class)).subquery()
    names = select(named.c.defect_class).where(named.c.defect_class.is_not(None)).order_by(named.c.defect_class)
    return list(session.scalars(names.limit(limit)))


def attributes(session: Session) -> dict[str, list[str]]:
    """Return the attribute keys of the newest frames, in order, with values they have, the newest first."""
    written = cast(FrameRow.attributes, Text).label("written")
    recent = select(FrameRow.id, written).order_by(FrameRow.id.desc()).limit(RECENT_FRAMES).subquery()
    different = select(recent.c.written).group_by(recent.c.written).order_by(func.max(recent.c.id).desc())
    found: dict[str, dict[str, None]] = {}
    for values in map(json.loads, session.scalars(different)):  # frames of one lot say the same
        for key, value in values.items():
            found.setdefault(key, {})[value] = None
    return {key: list(found[key])[:MOST_VALUES] for key in sorted(found)}


def attribute_keys(session: Session) -> list[str]:
    """Return the attribute keys of the newest frames, in order."""
    return list(attributes(session))


def people(session: Session) -> list[str]:
    """Return who labelled or acted of late, as the audit names them (`slack:U1`, `anna`), in order."""
    labels = select(LabelRow.author.label("name")).order_by(LabelRow.id.desc()).limit(RECENT_ACTS).subquery()
    acts = select(AuditRow.actor.label("name")).order_by(AuditRow.id.desc()).limit(RECENT_ACTS).subquery()
    return sorted(session.scalars(union(select(labels.c.name), select(acts.c.name))))
