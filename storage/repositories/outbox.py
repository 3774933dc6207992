"""What a person may do about a delivery that is not sent: try it again now, or let it go."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import DeliveryRow
from storage.records import DeliveryState
from storage.repositories.audit import write_audit

UNSENT = (DeliveryState.PENDING, DeliveryState.FAILED)


class UnknownDeliveryError(StorageError):
    """No delivery has that id."""

    def __init__(self, delivery_id: int) -> None:
        super().__init__(f"There is no delivery D-{delivery_id}.")


class DeliveryNotUnsentError(StorageError):
    """A delivery is sent, or is being sent just now."""

    def __init__(self, delivery_id: int, state: str) -> None:
        super().__init__(f"D-{delivery_id} is {state}: only what waits or was given up can be changed.")


def retry_delivery(session: Session, delivery_id: int, *, actor: str, now: datetime) -> None:
    """Make a delivery wanted now, with an audit row; raise UnknownDeliveryError or DeliveryNotUnsentError."""
    row = _unsent(session, delivery_id)
    was = row.state
    row.state, row.due_at, row.wanted_at = DeliveryState.PENDING, now, now
    _audit(session, row, "delivery_retry", was, actor=actor, now=now)


def drop_delivery(session: Session, delivery_id: int, *, actor: str, now: datetime) -> None:
    """Let a delivery go for good, with an audit row; raise UnknownDeliveryError or DeliveryNotUnsentError."""
    row = _unsent(session, delivery_id)
    was = row.state
    row.state = DeliveryState.DROPPED
    _audit(session, row, "delivery_drop", was, actor=actor, now=now)


def _unsent(session: Session, delivery_id: int) -> DeliveryRow:
    row = session.get(DeliveryRow, delivery_id, with_for_update=True)
    if row is None:
        raise UnknownDeliveryError(delivery_id)
    if row.state not in UNSENT:
        raise DeliveryNotUnsentError(delivery_id, row.state)
    return row


def _audit(session: Session, row: DeliveryRow, action: str, was: str, *, actor: str, now: datetime) -> None:
    detail = {"was": was, "kind": row.kind, "channel": row.channel, "incident_id": row.incident_id, "error": row.error}
    write_audit(session, actor=actor, action=action, subject=f"D-{row.id}", detail=detail, now=now)
    session.flush()
