"""The frames of a source round a moment, for a person who saw something there."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.queries.inspections import as_inspection, joined
from storage.queries.selection import is_counted
from storage.records import Inspection

WITHIN = timedelta(minutes=30)


def frames_round(
    session: Session, *, source_id: int, at: datetime, limit: int, within: timedelta = WITHIN
) -> list[Inspection]:
    """Return the inspections nearest to a moment, at most so far from it, in order of time."""
    own = joined().where(is_counted, InspectionRow.source_id == source_id)
    before = own.where(InspectionRow.captured_at < at, InspectionRow.captured_at >= at - within)
    after = own.where(InspectionRow.captured_at >= at, InspectionRow.captured_at <= at + within)
    earlier = before.order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc()).limit(limit)
    later = after.order_by(InspectionRow.captured_at, InspectionRow.id).limit(limit)
    found = [as_inspection(*row) for query in (earlier, later) for row in session.execute(query)]
    nearest = sorted(found, key=lambda one: (abs(one.captured_at - at), one.id))[:limit]
    return sorted(nearest, key=lambda one: (one.captured_at, one.id))
