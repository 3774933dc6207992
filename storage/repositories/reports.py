"""Which reports were told: each period once a channel, whoever tells it."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import ToldReportRow


def take_report(session: Session, kind: str, *, channel: str, starts_at: datetime, now: datetime) -> bool:
    """Take the telling of a period's report upon oneself; False where it was taken before, by anybody."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"kind": kind, "channel": channel, "starts_at": starts_at, "taken_at": now}
    statement = insert(ToldReportRow).values(values).on_conflict_do_nothing().returning(ToldReportRow.kind)
    return session.scalar(statement) is not None


def is_report_taken(session: Session, kind: str, *, channel: str, starts_at: datetime) -> bool:
    """Say whether somebody took the telling of a period's report: cheap, and takes no lock."""
    return session.get(ToldReportRow, (kind, channel, starts_at)) is not None
