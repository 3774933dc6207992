"""What Slack sends again, where an acknowledgement came late: taken up once."""

from datetime import datetime

from storage.database import Database
from storage.repositories.events import is_first_sight


def is_new(database: Database, kind: str, trigger_id: str, *, now: datetime) -> bool:
    """Say whether a press or a command was not taken up before; one without a trigger is always new."""
    if not trigger_id:
        return True
    with database.transaction() as session:
        return is_first_sight(session, f"{kind}:{trigger_id}", now=now)
