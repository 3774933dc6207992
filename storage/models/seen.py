"""Rows of what was received and by what it is judged."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AUTOINCREMENT, Base, BigId


class SourceRow(Base):
    """Where images come from, as observed."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    active_version_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]
    live_since: Mapped[datetime | None]
    last_frame_at: Mapped[datetime | None]
    last_digest_at: Mapped[datetime | None]
    fault: Mapped[str | None]


class DetectorVersionRow(Base):
    """One fitted model of one source."""

    __tablename__ = "detector_version"
    __table_args__ = (UniqueConstraint("source_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    number: Mapped[int]
    name: Mapped[str]
    created_at: Mapped[datetime]
    bundle: Mapped[str | None]
    manifest_sha256: Mapped[str | None]
    method: Mapped[str]
    preset: Mapped[str]
    embedding_space: Mapped[str]
    threshold: Mapped[float]
    promised_rate: Mapped[float]
    training_images: Mapped[int]
    details: Mapped[dict[str, Any]]


class DriftCheckRow(Base):
    """What the drift check of one detector version knows; told: the directions told, with when and in which words."""

    __tablename__ = "drift_check"

    detector_version_id: Mapped[int] = mapped_column(ForeignKey("detector_version.id"), primary_key=True)
    last_inspection_id: Mapped[int] = mapped_column(BigId)
    looked_at: Mapped[datetime]
    state: Mapped[dict[str, Any]]
    told: Mapped[list[Any]]


class FrameRow(Base):
    """One received image: the ledger, which is also the queue."""

    __tablename__ = "frame"
    __table_args__ = (
        UniqueConstraint("source_id", "sha256", "captured_at"),
        Index(
            "ix_frame_open",
            "id",
            sqlite_where=text("state IN ('pending', 'leased')"),
            postgresql_where=text("state IN ('pending', 'leased')"),
        ),
        Index(
            "ix_frame_open_of_source",
            "source_id",
            "id",
            sqlite_where=text("state IN ('pending', 'leased')"),
            postgresql_where=text("state IN ('pending', 'leased')"),
        ),
        Index("ix_frame_kept", "received_at", sqlite_where=text("has_blob = 1"), postgresql_where=text("has_blob")),
        Index("ix_frame_received", "source_id", "received_at"),
        Index("ix_frame_sha256", "sha256"),
        Index("ix_frame_origin", "source_id", "origin"),
        Index("ix_frame_captured", "captured_at", "source_id", "state"),
        Index(
            "ix_frame_not_scored",
            "captured_at",
            "source_id",
            "state",
            "reason",
            sqlite_where=text("state <> 'scored'"),
            postgresql_where=text("state <> 'scored'"),
        ),
        AUTOINCREMENT | {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    sha256: Mapped[str]
    captured_at: Mapped[datetime]
    captured_by: Mapped[str]
    received_at: Mapped[datetime]
    sequence: Mapped[int]
    name: Mapped[str]
    origin: Mapped[str | None]
    size_bytes: Mapped[int] = mapped_column(BigId)
    attributes: Mapped[dict[str, str]]
    state: Mapped[str]
    reason: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    has_blob: Mapped[bool] = mapped_column(default=True)


class PinRow(Base):
    """A blob a fit was made from, which retention never removes."""

    __tablename__ = "pin"

    detector_version_id: Mapped[int] = mapped_column(ForeignKey("detector_version.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True, index=True)


class JobRow(Base):
    """Work that is not a frame, leased and fenced like one."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "ix_job_open",
            "id",
            sqlite_where=text("state IN ('pending', 'leased')"),
            postgresql_where=text("state IN ('pending', 'leased')"),
        ),
        Index("ix_job_kind", "kind", "created_at"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    requested_by: Mapped[str]
    created_at: Mapped[datetime]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]


class RollUpRow(Base):
    """One source's counts in one span of time, by when frames were received; written with what it counts."""

    __tablename__ = "roll_up"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    received: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    scored: Mapped[int] = mapped_column(default=0)
    anomalous: Mapped[int] = mapped_column(default=0)
    faulted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    dropped: Mapped[int] = mapped_column(default=0)
    dead_letter: Mapped[int] = mapped_column(default=0)


class CapturedRollUpRow(Base):
    """One detector version's inspections in one span of time, by when their images were captured; shadows left out.

    frames: how many of them ended a frame as scored. What is odd or labelled has small indexes of its own.
    """

    __tablename__ = "captured_roll_up"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    detector_version_id: Mapped[int] = mapped_column(ForeignKey("detector_version.id"), primary_key=True)
    inspections: Mapped[int] = mapped_column(default=0)
    faulted: Mapped[int] = mapped_column(default=0)
    frames: Mapped[int] = mapped_column(default=0)


class AttributeRollUpRow(Base):
    """The same counts of the images that have one value of an attribute, as lot 42."""

    __tablename__ = "attribute_roll_up"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    detector_version_id: Mapped[int] = mapped_column(ForeignKey("detector_version.id"), primary_key=True)
    inspections: Mapped[int] = mapped_column(default=0)
    faulted: Mapped[int] = mapped_column(default=0)
