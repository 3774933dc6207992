"""Rows of when a source was not judged."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AUTOINCREMENT, Base, BigId


class OutageRow(Base):
    """A time in which a source was not judged; of each source one at most goes on."""

    __tablename__ = "outage"
    __table_args__ = (
        Index(
            "uq_outage_open",
            "source_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_outage_source_started", "source_id", "started_at"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    kind: Mapped[str]
    started_at: Mapped[datetime]
    last_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    frames: Mapped[int]
    good: Mapped[int] = mapped_column(default=0)
    is_told: Mapped[bool]
    posts: Mapped[int] = mapped_column(default=0)
    told_frames: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str | None]
    message_ts: Mapped[str | None]
