"""What has to be told, what was told, and until when nothing is."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What the detectors have to tell the agent through the outbox."""

    ANOMALY = "anomaly"
    CHANGED = "changed"
    DIGEST = "digest"
    DRIFT = "drift"
    FORGOTTEN = "forgotten"
    JOB_DONE = "job_done"
    OUTAGE = "outage"


class DeliveryKind(StrEnum):
    """What one call to a notifier does."""

    POST = "post"
    PICTURE = "picture"
    EDIT = "edit"
    NOTICE = "notice"
    FAREWELL = "farewell"
    OUTAGE = "outage"
    ESCALATION = "escalation"
    WEBHOOK = "webhook"
    REMOVAL = "removal"


class DeliveryState(StrEnum):
    """How far a delivery has come; a crash leaves SENDING, which is looked for before resending.

    FOLDED: another message tells it (a summary, a catch-up). DROPPED: an act of a person made it needless.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    FOLDED = "folded"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Event:
    """Something the agent has to tell, written in the transaction that made it true (invariant I3)."""

    id: int
    kind: EventKind
    source_id: int
    inspection_id: int | None
    payload: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A call to a notifier that is still to be made; key is our random mark in the message's metadata."""

    kind: DeliveryKind
    channel: str
    due_at: datetime
    incident_id: int | None = None
    inspection_id: int | None = None
    event_id: int | None = None
    outage_id: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the notification log."""

    id: int
    key: str
    kind: DeliveryKind
    channel: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    started_at: datetime | None
    incident_id: int | None
    inspection_id: int | None
    payload: dict[str, Any]
    message_ts: str | None = None
    error: str | None = None
    outage_id: int | None = None
    wanted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Until when, and for what, no alert is sent; source None means every source.

    like_inspection_id: only for anomalies like that one. attribute, value: only where a frame's attribute has this
    value. hits: alerts it has kept back.
    """

    id: int
    source: str | None
    defect_class: str | None
    starts_at: datetime
    until: datetime
    author: str
    comment: str
    like_inspection_id: int | None = None
    attribute: str | None = None
    value: str | None = None
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the audit: who changed what, and when."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    incident_id: int | None = None
