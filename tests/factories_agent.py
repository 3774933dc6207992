"""What the agent's tests need in the database: anomalies with pictures, made as the detectors make them."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import select

from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.migrate import migrate
from storage.models import AuditRow
from storage.queries.inspections import get_inspection
from storage.records import Inspection, NewFrame, NewInspection, Region, SourceState, Verdict
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.inspections import record_inspection
from storage.repositories.sources import activate_version, ensure_source, set_source_state
from storage.repositories.versions import NewVersion, active_version, register_version

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REGION = Region(x=120, y=40, width=34, height=20, area=512, peak=2.4)


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@dataclass
class Plant:
    """A database with blobs, and sources that find anomalies in it."""

    database: Database
    blobs: BlobStore
    settings: Settings
    frames: int = field(default=0)

    def source(self, name: str = "line-1", *, state: SourceState = SourceState.LIVE, now: datetime = NOON) -> int:
        with self.database.transaction() as session:
            source = ensure_source(session, name, now=now)
            if active_version(session, source) is None:
                version = NewVersion("bundle", "0" * 64, "patchcore", "fast", "space", 1.0, 0.01, 200)
                made = register_version(session, source, 1, version, now=now)
                activate_version(session, source.id, made.id, expected=None)
            if source.state is not state:
                set_source_state(session, name, state, actor="test", now=now)
        return source.id

    def anomaly(
        self,
        source: str = "line-1",
        *,
        score: float = 2.3,
        at: datetime = NOON,
        pages: bool = True,
        has_heatmap: bool = True,
        looks: Sequence[float] | None = None,
        **values: Any,
    ) -> Inspection:
        """Record an anomaly as a worker does: frame, inspection and outbox event; looks: a vector of each region."""
        self.source(source)
        self.frames += 1
        name = values.pop("name", f"part-{self.frames}.png")
        attributes = values.pop("attributes", {"lot": "L7", "part": "42"})
        sha256 = hashlib.sha256(f"{source}-{self.frames}".encode()).hexdigest()
        with self.database.transaction() as session:
            found = ensure_source(session, source, now=at)
            frame = NewFrame(found.id, sha256, at, "mtime", at, name, 100, attributes=attributes)
            receive_frame(session, frame)
            version = active_version(session, found)
            (lease,) = claim_frames(session, owner="test", limit=1, lease_seconds=60)
            assert version is not None
            new = NewInspection(
                score=score,
                threshold=1.0,
                p_value=values.pop("p_value", 1 / 201),
                verdict=values.pop("verdict", Verdict.ANOMALOUS),
                fault=None,
                regions=values.pop("regions", (REGION,)),
                milliseconds=12.0,
                width=640,
                height=480,
                vectors=None if looks is None else unit_bytes(looks),
                embedding_space="space",
                heatmap=self.blobs.put(make_png(self.frames)) if has_heatmap else None,
                thumbnail=values.pop("thumbnail", None),
                crops=values.pop("crops", (self.blobs.put(make_png(self.frames + 1000)),) if has_heatmap else ()),
            )
            inspection_id = record_inspection(session, lease, version, new, is_told=True, pages=pages, now=at)
            assert inspection_id is not None
            inspection = get_inspection(session, inspection_id)
        assert inspection is not None
        return inspection

    def incident_of(self, inspection: Inspection) -> int | None:
        with self.database.reading() as session:
            found = get_inspection(session, inspection.id)
        return found.incident_id if found else None

    def audit(self) -> list[AuditRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(AuditRow).order_by(AuditRow.id)))

    def reconfigure(self, **sections: Any) -> None:
        values = self.settings.model_dump(exclude={"slack"}) | {"slack": self.settings.slack}
        self.settings = Settings.model_validate(values | sections)


def unit_bytes(looks: Sequence[float]) -> bytes:
    """Return one region's vector as detectors store it: float16, of length 1."""
    vector = np.asarray(looks, dtype=np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float16).tobytes()


def make_plant(folder: Path, **settings: Any) -> Plant:
    database = Database(f"sqlite:///{folder / 'oddspot.db'}")
    migrate(database)
    return Plant(database, BlobStore(folder), Settings.model_validate(settings))


def make_png(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), (seed * 37 % 256, seed * 91 % 256, 40)).save(buffer, "PNG")
    return buffer.getvalue()
