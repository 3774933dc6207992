"""Rows of how channels are spoken to, and of the alarms where they cannot be."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AUTOINCREMENT, Base, BigId


class ChannelRow(Base):
    """When a channel may hear from us again, whoever of us speaks; down_since: no try has reached it since."""

    __tablename__ = "channel"

    name: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime]
    held_by: Mapped[int | None] = mapped_column(BigId)
    down_since: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]


class AlarmRow(Base):
    """A trouble of telling; there is one open alarm a key."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index(
            "uq_alarm_open",
            "key",
            unique=True,
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str]
    channel: Mapped[str]
    reason: Mapped[str]
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    clear_told_at: Mapped[datetime | None]
    try_at: Mapped[datetime]
