"""Rows of what was found, and what people said of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AUTOINCREMENT, Base, BigId

# Counts are answered from the index alone: rows are wide with regions and vectors.
COUNTED_BY = ("is_shadow", "fault", "verdict", "label", "defect_class", "detector_version_id")
# The few inspections that questions are about have small indexes of their own: by name, their condition.
FEW = {
    "ix_inspection_anomalous": "verdict = 'anomalous'",
    "ix_inspection_said": "label IS NOT NULL",
    "ix_inspection_class": "defect_class IS NOT NULL",
    "ix_inspection_faulted": "fault IS NOT NULL",
    "ix_inspection_over": "score >= threshold OR threshold < 0",
}


class InspectionRow(Base):
    """One frame scored by one detector version (invariant I2 is its unique key)."""

    __tablename__ = "inspection"
    __table_args__ = (
        UniqueConstraint("frame_id", "detector_version_id"),
        Index("ix_inspection_source_captured", "source_id", "captured_at", *COUNTED_BY, "score"),
        Index("ix_inspection_captured", "captured_at", "source_id", *COUNTED_BY),
        *(
            Index(
                name,
                "captured_at",
                "source_id",
                *COUNTED_BY,
                "score",
                "threshold",
                "id",
                sqlite_where=text(condition),
                postgresql_where=text(condition),
            )
            for name, condition in FEW.items()
        ),
        Index(
            "ix_inspection_untimed",
            "captured_at",
            "source_id",
            "is_shadow",
            sqlite_where=text("milliseconds IS NULL"),
            postgresql_where=text("milliseconds IS NULL"),
        ),
        Index("ix_inspection_incident", "incident_id"),
        Index("ix_inspection_version", "detector_version_id", "id"),
        Index(
            "ix_inspection_labelled",
            "source_id",
            "label",
            sqlite_where=text("label IS NOT NULL"),
            postgresql_where=text("label IS NOT NULL"),
        ),
        Index(
            "ix_inspection_held",
            "held_by",
            sqlite_where=text("held_by IS NOT NULL"),
            postgresql_where=text("held_by IS NOT NULL"),
        ),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey("frame.id"))
    detector_version_id: Mapped[int] = mapped_column(ForeignKey("detector_version.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    captured_at: Mapped[datetime]
    inspected_at: Mapped[datetime]
    score: Mapped[float]
    threshold: Mapped[float]
    p_value: Mapped[float | None]
    verdict: Mapped[str]
    fault: Mapped[str | None]
    is_shadow: Mapped[bool] = mapped_column(default=False)
    regions: Mapped[list[Any]]
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    vectors: Mapped[bytes | None] = mapped_column(LargeBinary)
    embedding_space: Mapped[str]
    heatmap: Mapped[str | None]
    thumbnail: Mapped[str | None]
    crops: Mapped[list[Any]]
    milliseconds: Mapped[float | None]
    signs: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    label: Mapped[str | None]
    defect_class: Mapped[str | None]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    held_by: Mapped[int | None] = mapped_column(BigId)


class IncidentRow(Base):
    """Anomalies that are one thing to tell; key is the name an imported incident came with.

    likeness: the sum of its anomalies' unit vectors, float32. seen_before: the inspection of a confirmed defect it is
    like. is_storm: it holds what is not alike, once there was too much to tell one by one.
    """

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        Index("ix_incident_source_last", "source_id", "last_at"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    key: Mapped[str | None]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    anomalies: Mapped[int]
    cover_inspection_id: Mapped[int | None] = mapped_column(BigId)
    channel: Mapped[str | None]
    message_ts: Mapped[str | None]
    likeness: Mapped[bytes | None] = mapped_column(LargeBinary)
    embedding_space: Mapped[str | None]
    seen_before: Mapped[int | None] = mapped_column(BigId)
    reopened: Mapped[int] = mapped_column(default=0)
    is_storm: Mapped[bool] = mapped_column(default=False)


class LabelRow(Base):
    """The history of people's words; the last one not withdrawn also stands on the inspection."""

    __tablename__ = "label"
    __table_args__ = (Index("ix_label_created", "created_at"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), index=True)
    kind: Mapped[str]
    defect_class: Mapped[str | None]
    note: Mapped[str | None]
    author: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    region: Mapped[list[Any] | None]
