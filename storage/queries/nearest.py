"""The image or anomaly of a selection that lies nearest to a window in which there is none."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.models import AttributeRollUpRow, InspectionRow, SourceRow
from storage.queries.selection import Selection, conditions, is_anomaly, of_sources
from storage.records import Window
from storage.repositories.roll_ups import LONGEST_VALUE, SPAN_MINUTES, write_counts


def nearest_captured(
    session: Session, *, selection: Selection, window: Window, now: datetime, only_anomalies: bool = False
) -> datetime | None:
    """Return when the selection's inspection nearest to a window was captured, by `now`; None where there is none."""
    wanted = [*conditions(replace(selection, window=None)), *([is_anomaly] if only_anomalies else [])]
    within = _with_attributes(session, selection)
    if within is None:
        return None
    query = select(InspectionRow.captured_at).where(*wanted, *within).limit(1)
    at = InspectionRow.captured_at
    before = session.scalar(query.where(at < window.start, at <= now).order_by(at.desc()))
    after = session.scalar(query.where(at >= window.end, at <= now).order_by(at.asc()))
    if before is None or after is None:
        return before or after
    return before if window.start - before <= after - window.end else after


def _with_attributes(session: Session, selection: Selection) -> list[ColumnElement[bool]] | None:
    """Return within which times images with a selection's attributes were captured, as roll-ups know; None for never.

    Without it a lot of one afternoon would be looked for in every image of years.
    """
    write_counts(session)
    found: list[ColumnElement[bool]] = []
    for name, value in selection.attributes.items():
        spans = AttributeRollUpRow
        of_value = (spans.key == name[:LONGEST_VALUE], spans.value == value[:LONGEST_VALUE])
        ends = (  # by source, so that each end is one step into the primary key
            select(func.min(spans.starts_at)).where(*of_value, spans.source_id == SourceRow.id).scalar_subquery(),
            select(func.max(spans.starts_at)).where(*of_value, spans.source_id == SourceRow.id).scalar_subquery(),
        )
        rows = session.execute(select(*ends).where(*of_sources(selection, SourceRow.id.expression))).all()
        firsts, lasts = ([row[at] for row in rows if row[at] is not None] for at in (0, 1))
        if not firsts:
            return None
        at = InspectionRow.captured_at
        found += [at >= min(firsts), at < max(lasts) + timedelta(minutes=SPAN_MINUTES)]
    return found
