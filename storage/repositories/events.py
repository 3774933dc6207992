"""The outbox of events, and the Slack events already taken up."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.failpoints import reach
from storage.models import EventRow, SeenEventRow
from storage.records import Event, EventKind


def add_event(
    session: Session,
    kind: EventKind,
    *,
    source_id: int,
    payload: dict[str, Any],
    inspection_id: int | None = None,
    now: datetime,
) -> None:
    """Write something the agent has to tell."""
    session.add(
        EventRow(kind=kind, source_id=source_id, inspection_id=inspection_id, payload=payload, created_at=now),
    )


def claim_events(session: Session, *, limit: int, now: datetime) -> list[Event]:
    """Take the oldest events and mark them done; what they lead to is written in the same transaction or not at all."""
    query = select(EventRow).where(EventRow.done_at.is_(None)).order_by(EventRow.id).limit(limit)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.done_at = now
    session.flush()
    if rows:
        reach("event.claimed")
    return [
        Event(
            id=row.id,
            kind=EventKind(row.kind),
            source_id=row.source_id,
            inspection_id=row.inspection_id,
            payload=row.payload,
            created_at=row.created_at,
        )
        for row in rows
    ]


def put_back_event(session: Session, event: Event, *, most_failures: int) -> bool:
    """Let an event that could not be routed be claimed again; False, and it stays done, once it failed too often."""
    row = session.get_one(EventRow, event.id)
    failures = int(row.payload.get("failures", 0)) + 1
    row.payload = row.payload | {"failures": failures}
    if failures < most_failures:
        row.done_at = None
    session.flush()
    return failures < most_failures


def is_first_sight(session: Session, event_id: str, *, now: datetime) -> bool:
    """Remember an outside event's id and say whether it is new."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(SeenEventRow).values(id=event_id, seen_at=now).on_conflict_do_nothing().returning(SeenEventRow.id)
    )
    return session.scalar(statement) is not None


def was_seen(session: Session, event_id: str) -> bool:
    """Say whether an outside event's id is remembered."""
    return session.get(SeenEventRow, event_id) is not None


def forget_seen_events(session: Session, *, before: datetime) -> None:
    """Drop ids too old to be repeated."""
    session.execute(delete(SeenEventRow).where(SeenEventRow.seen_at < before))
