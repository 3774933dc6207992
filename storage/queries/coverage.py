"""What there is to ask about: sources with their first and last image, defect classes, attributes with values."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow, SourceRow
from storage.queries.seen import BY_SOURCE, seen_by
from storage.queries.selection import Selection, conditions, is_counted
from storage.queries.versions import EVER, SHORTEST
from storage.records import Window

RECENT_FRAMES = 100
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
    until = Window(EVER, now + SHORTEST)
    counts = seen_by(session, selection=Selection(window=until), key=BY_SOURCE)
    return [
        _coverage(session, name, source_id, counts.get(source_id, (0, 0))[0], until)
        for name, source_id in sorted(_ids(session, sources).items())
    ]


def _coverage(session: Session, name: str, source_id: int, inspections: int, until: Window) -> SourceCoverage:
    at = InspectionRow.captured_at
    moments = select(at).where(is_counted, InspectionRow.source_id == source_id, at < until.end).limit(1)
    first, last = session.scalar(moments.order_by(at)), session.scalar(moments.order_by(at.desc()))
    return SourceCoverage(name, inspections, first, last)


def known_words(session: Session, *, now: datetime, sources: tuple[str, ...]) -> Known:
    """Return the defect classes of these sources' inspections, and the attributes of their newest frames."""
    values: dict[str, dict[str, None]] = {}
    for source_id in _ids(session, sources).values():
        for attributes in _newest_attributes(session, source_id, now):
            for key, value in attributes.items():
                values.setdefault(key, {})[value] = None
    shown = {key: tuple(values[key])[:VALUES_SHOWN] for key in sorted(values)}
    return Known(known_classes(session, now=now, sources=sources), shown)


def known_classes(session: Session, *, now: datetime, sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return the defect classes people gave to these sources' inspections, in order."""
    labelled = (
        select(InspectionRow.defect_class)
        .where(*conditions(Selection(sources=sources), of_few=True), InspectionRow.label.is_not(None))
        .where(InspectionRow.defect_class.is_not(None), InspectionRow.captured_at <= now)
        .distinct()
        .order_by(InspectionRow.defect_class)
    )
    return tuple(name for name in session.scalars(labelled) if name)


def _ids(session: Session, sources: tuple[str, ...]) -> dict[str, int]:
    rows = session.execute(select(SourceRow.name, SourceRow.id).where(SourceRow.name.in_(sources)))
    return {name: source_id for name, source_id in rows}  # noqa: C416 - rows are no tuples to mypy


def _newest_attributes(session: Session, source_id: int, now: datetime) -> list[dict[str, str]]:
    own = (FrameRow.source_id == source_id) & (FrameRow.received_at <= now) & (FrameRow.captured_at <= now)
    query = select(FrameRow.attributes).where(own).order_by(FrameRow.received_at.desc()).limit(RECENT_FRAMES)
    return list(session.scalars(query))
