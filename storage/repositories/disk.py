"""How full the disk was lately, so that its days left can be told."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import DiskUseRow
from storage.records import DiskUse

NOTED_EVERY = timedelta(hours=1)
KEPT_FOR = timedelta(days=7)


def note_disk_use(session: Session, use: DiskUse, *, now: datetime) -> bool:
    """Remember how full the disk is, once an hour, and forget what is over a week old; return whether it was time."""
    newest = session.scalar(select(func.max(DiskUseRow.at)))
    if newest is not None and now - NOTED_EVERY < newest <= now:
        return False
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"at": now, "used_bytes": use.used_bytes, "free_bytes": use.free_bytes}
    session.execute(insert(DiskUseRow).values(values).on_conflict_do_nothing())
    session.execute(delete(DiskUseRow).where((DiskUseRow.at < now - KEPT_FOR) | (DiskUseRow.at > now)))
    return True


def disk_history(session: Session, *, now: datetime) -> list[tuple[datetime, DiskUse]]:
    """Return how full the disk was in the last week, oldest first."""
    query = select(DiskUseRow).where(DiskUseRow.at >= now - KEPT_FOR, DiskUseRow.at <= now).order_by(DiskUseRow.at)
    return [(row.at, DiskUse(row.used_bytes, row.free_bytes)) for row in session.scalars(query)]
