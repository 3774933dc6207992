"""Rows of how full the disk was."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId


class DiskUseRow(Base):
    """How full the disk was at one moment: about one row an hour, for some weeks."""

    __tablename__ = "disk_use"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    used_bytes: Mapped[int] = mapped_column(BigId)
    free_bytes: Mapped[int] = mapped_column(BigId)
