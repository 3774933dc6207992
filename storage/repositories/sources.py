"""Sources as observed: made on first sight, moved between states by a person's act."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import SourceRow
from storage.records import Source, SourceState
from storage.repositories.audit import write_audit


class UnknownSourceError(StorageError):
    """No source of that name has been seen."""

    def __init__(self, name: str, known: list[str]) -> None:
        there = ", ".join(known) if known else "none yet"
        super().__init__(f"There is no source {name!r}; known sources: {there}.")


def ensure_source(session: Session, name: str, *, now: datetime) -> Source:
    """Return the source of this name, made in commissioning if it is new."""
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    if row is None:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        values = {"name": name, "state": SourceState.COMMISSIONING, "created_at": now}
        session.execute(insert(SourceRow).values(values).on_conflict_do_nothing())  # another process may be first
        row = session.scalars(select(SourceRow).where(SourceRow.name == name)).one()
    return as_source(row)


def source_by_name(session: Session, name: str) -> Source:
    """Return one source; raise UnknownSourceError, which names those there are."""
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    if row is None:
        raise UnknownSourceError(name, list(session.scalars(select(SourceRow.name).order_by(SourceRow.name).limit(20))))
    return as_source(row)


def source_by_id(session: Session, source_id: int) -> Source:
    """Return one source by its row id."""
    return as_source(session.get_one(SourceRow, source_id))


def list_sources(session: Session) -> list[Source]:
    """Return every source, by name."""
    return [as_source(row) for row in session.scalars(select(SourceRow).order_by(SourceRow.name))]


def set_source_state(session: Session, name: str, state: SourceState, *, actor: str, now: datetime) -> Source:
    """Move a source to a state, with an audit row; raise UnknownSourceError."""
    source = source_by_name(session, name)
    values: dict[str, object] = {"state": state, "fault": None}
    if state is SourceState.LIVE and source.live_since is None:
        values["live_since"] = now
    session.execute(update(SourceRow).where(SourceRow.id == source.id).values(**values))
    write_audit(
        session,
        actor=actor,
        action=f"source_{state}",
        subject=name,
        detail={"was": source.state},
        now=now,
    )
    return source_by_name(session, name)


def activate_version(session: Session, source_id: int, version_id: int, *, expected: int | None) -> bool:
    """Swap the active detector version by compare-and-set; return False where another was quicker."""
    unchanged = SourceRow.active_version_id.is_(None) if expected is None else SourceRow.active_version_id == expected
    changed = session.execute(
        update(SourceRow).where(SourceRow.id == source_id, unchanged).values(active_version_id=version_id),
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult


def set_source_fault(session: Session, source: Source, fault: str, *, now: datetime) -> None:
    """Stop judging a source whose detector cannot be used; its frames wait for a person."""
    session.execute(
        update(SourceRow).where(SourceRow.id == source.id).values(state=SourceState.NOT_JUDGED, fault=fault),
    )
    write_audit(
        session,
        actor="service",
        action="source_not_judged",
        subject=source.name,
        detail={"was": source.state, "fault": fault},
        now=now,
    )


def as_source(row: SourceRow) -> Source:
    """Turn a row into the record."""
    return Source(
        id=row.id,
        name=row.name,
        state=SourceState(row.state),
        active_version_id=row.active_version_id,
        created_at=row.created_at,
        live_since=row.live_since,
        last_frame_at=row.last_frame_at,
        fault=row.fault,
    )
