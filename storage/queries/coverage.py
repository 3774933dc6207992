"""What there is to ask about: sources with their first and last image, defect classes, attributes with values."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow, SourceRow
from storage.queries.selection import Selection, conditions

RECENT_FRAMES = 500
VALUES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """A source's inspections up to a moment; first and last None where it has none."""

    source: str
    inspections: int = 0
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The words a question may use: attributes with some of their values, newest first."""

    defect_classes: tuple[str, ...] = ()
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def coverage_by_source(session: Session, *, now: datetime, sources: tuple[str, ...]) -> list[SourceCoverage]:
    """Return what each of these sources has, by name."""
    query = (
        select(
            SourceRow.name,
            func.count(InspectionRow.id),
            func.min(InspectionRow.captured_at),
            func.max(InspectionRow.captured_at),
        )
        .join(InspectionRow, InspectionRow.source_id == SourceRow.id)
        .where(*conditions(Selection(sources=sources)), InspectionRow.captured_at <= now)
        .group_by(SourceRow.name)
    )
    found = {name: SourceCoverage(name, int(count), first, last) for name, count, first, last in session.execute(query)}
    return [found.get(name, SourceCoverage(name)) for name in sorted(sources)]


def known_words(session: Session, *, now: datetime, sources: tuple[str, ...]) -> Known:
    """Return the defect classes of these sources' inspections, and the attributes of their newest frames."""
    labelled = (
        select(InspectionRow.defect_class)
        .where(*conditions(Selection(sources=sources)), InspectionRow.label.is_not(None))
        .where(InspectionRow.defect_class.is_not(None), InspectionRow.captured_at <= now)
        .distinct()
        .order_by(InspectionRow.defect_class)
    )
    own = FrameRow.source_id.in_(select(SourceRow.id).where(SourceRow.name.in_(sources)))
    recent = (
        select(FrameRow.attributes)
        .where(own, FrameRow.captured_at <= now)
        .order_by(FrameRow.captured_at.desc(), FrameRow.id.desc())
        .limit(RECENT_FRAMES)
    )
    values: dict[str, dict[str, None]] = {}
    for attributes in session.scalars(recent):
        for key, value in attributes.items():
            values.setdefault(key, {})[value] = None
    shown = {key: tuple(values[key])[:VALUES_SHOWN] for key in sorted(values)}
    return Known(tuple(name for name in session.scalars(labelled) if name), shown)
