"""Rows of what has to be told, what was told, and who did what."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AUTOINCREMENT, Base, BigId


class EventRow(Base):
    """The outbox: written with what it tells of, claimed by the agent."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_due", "id", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspection.id"))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """One call to a notifier, and how it went."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_open",
            "due_at",
            sqlite_where=text("state IN ('pending', 'sending')"),
            postgresql_where=text("state IN ('pending', 'sending')"),
        ),
        Index("ix_delivery_incident", "incident_id"),
        Index("ix_delivery_outage", "outage_id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspection.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    outage_id: Mapped[int | None] = mapped_column(BigId)
    payload: Mapped[dict[str, Any]]
    message_ts: Mapped[str | None]
    error: Mapped[str | None]
    wanted_at: Mapped[datetime | None]
    folded_into: Mapped[int | None] = mapped_column(BigId, index=True)


class SilenceRow(Base):
    """Until when, and for what, no alert is sent."""

    __tablename__ = "silence"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    defect_class: Mapped[str | None]
    starts_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    author: Mapped[str]
    comment: Mapped[str]
    like_inspection_id: Mapped[int | None] = mapped_column(BigId)
    attribute: Mapped[str | None]
    value: Mapped[str | None]
    hits: Mapped[int] = mapped_column(default=0)
    ended_by: Mapped[str | None]


class AuditRow(Base):
    """Who changed what, and when; never changed itself."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(
            "ix_audit_incident",
            "incident_id",
            sqlite_where=text("incident_id IS NOT NULL"),
            postgresql_where=text("incident_id IS NOT NULL"),
        ),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]]
    incident_id: Mapped[int | None] = mapped_column(BigId)


class ToldReportRow(Base):
    """A period's report whose telling somebody took upon themselves: once a channel."""

    __tablename__ = "told_report"

    kind: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]


class SeenEventRow(Base):
    """Ids of Slack events already taken up: Bolt does not look for repeats."""

    __tablename__ = "seen_event"

    id: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)
