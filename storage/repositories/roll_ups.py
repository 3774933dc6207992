"""Counts a source and quarter of an hour (some zones need it), written in the transaction of what they count."""

from datetime import datetime, timedelta

from sqlalchemy import Dialect, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import RollUpRow

SPAN_MINUTES = 15
PACE_SPAN = timedelta(days=7)


def count(session: Session, source_id: int, received_at: datetime, **added: int) -> None:
    """Add to the counts of the quarter of an hour in which frames were received; columns of RollUpRow by name."""
    starts_at = span_start(received_at)
    dialect: Dialect = session.get_bind().dialect
    insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    columns = {name: RollUpRow.__table__.c[name] for name in added}
    statement = insert(RollUpRow).values(_zeros() | {"source_id": source_id, "starts_at": starts_at} | added)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source_id", "starts_at"],
            set_={name: column + added[name] for name, column in columns.items()},
        ),
    )


def span_start(moment: datetime) -> datetime:
    """Return the start of the span a moment falls in."""
    return moment.replace(minute=moment.minute - moment.minute % SPAN_MINUTES, second=0, microsecond=0)


def _zeros() -> dict[str, int]:
    keys = ("source_id", "starts_at")
    return {column.name: 0 for column in RollUpRow.__table__.columns if column.name not in keys}


def frames_a_day(session: Session, source_id: int, *, now: datetime) -> float | None:
    """Return a source's pace over the last seven days in frames a day; None where it has none."""
    since = now - PACE_SPAN
    own = (RollUpRow.source_id == source_id) & (RollUpRow.starts_at >= since) & (RollUpRow.starts_at < now)
    received, first = session.execute(
        select(func.sum(RollUpRow.received), func.min(RollUpRow.starts_at)).where(own)
    ).one()
    if not received:
        return None
    days = max((now - first) / timedelta(days=1), 1 / 24)
    return float(received) / days


def sources_with_frames(session: Session, *, start: datetime, end: datetime) -> set[int]:
    """Return the ids of the sources that received a frame in the spans that start in [start, end)."""
    within = (RollUpRow.starts_at >= start) & (RollUpRow.starts_at < end) & (RollUpRow.received > 0)
    return set(session.scalars(select(RollUpRow.source_id).where(within).distinct()))
