"""Rows of the daily audit of frames called normal."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AUTOINCREMENT, Base, BigId


class AuditPickRow(Base):
    """One frame called normal that a person is asked about; weight: how many frames a random pick stands for."""

    __tablename__ = "audit_pick"
    __table_args__ = (UniqueConstraint("source_id", "day", "inspection_id"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    day: Mapped[str]
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), index=True)
    stratum: Mapped[str]
    weight: Mapped[float]
    picked_at: Mapped[datetime]
    said: Mapped[str | None]
    said_by: Mapped[str | None]
    said_at: Mapped[datetime | None]
