"""A worker: lease a frame, decode, score, draw, and record everything in one transaction."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from config.settings import Settings
from detectors.bundle import BundleError
from detectors.decode import DecodedImage, DecodeError, Decoder
from detectors.heatmap import render_crop, render_heatmap, render_thumbnail
from detectors.models import LoadedDetectors
from detectors.scoring import Detector, ScoredImage
from detectors.weights import WeightsError
from storage.errors import StorageError
from storage.opening import Stores
from storage.records import (
    DetectorVersion,
    FrameState,
    Lease,
    NewInspection,
    RejectReason,
    Source,
    SourceState,
    Verdict,
)
from storage.repositories.frames import claim_frames, finish_frame, give_back_frame
from storage.repositories.inspections import record_inspection
from storage.repositories.sources import set_source_fault, source_by_id
from storage.repositories.versions import version_by_id

logger = structlog.get_logger()
LEASE_SECONDS = 120.0
LEASED_AT_ONCE = 4
CROPS = 3


class Worker:
    """Scores frames until none waits; one worker a thread or process."""

    def __init__(
        self,
        name: str,
        stores: Stores,
        settings: Settings,
        *,
        decoders: Callable[[str], Decoder],
        detectors: LoadedDetectors,
        clock: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._stores = stores
        self._settings = settings
        self._decoders = decoders
        self._detectors = detectors
        self._clock = clock

    def work(self) -> int:
        """Lease some frames, end each, and return how many were leased."""
        with self._stores.database.transaction() as session:
            leases = claim_frames(session, owner=self._name, limit=LEASED_AT_ONCE, lease_seconds=LEASE_SECONDS)
        left = list(leases)
        try:
            while left and self._end(left.pop(0)):
                pass
        finally:
            self._hand_back(left)
        return len(leases)

    def _end(self, lease: Lease) -> bool:
        """End one frame; return False where its source stopped being judged."""
        with self._stores.database.reading() as session:
            source = source_by_id(session, lease.frame.source_id)
            version = version_by_id(session, source.active_version_id) if source.active_version_id else None
        if version is None or version.bundle is None:
            self._hand_back([lease])
            return False
        try:
            self._score(lease, source, version)
        except DecodeError as error:
            self._reject(lease, error.reason)
        except (BundleError, WeightsError) as error:
            self._stop_judging(lease, source, error)
            return False
        except StorageError as error:
            if not error.permanent:  # the disk or the database, not the frame: it waits until they are well
                self._hand_back([lease])
                raise
            self._count_failure(lease, error)
        except Exception as error:  # noqa: BLE001 - the edge of a worker: one bad frame must not end it; it is logged
            self._count_failure(lease, error)
        return True

    def _score(self, lease: Lease, source: Source, version: DetectorVersion) -> None:
        started = time.perf_counter()
        detector = self._detectors.get(version)
        if detector.bit_depth != self._settings.bit_depth_of(source.name):
            self._reject(lease, RejectReason.SETTINGS_MISMATCH)
            return
        image = self._decoders(source.name).decode(self._stores.blobs.path(lease.frame.sha256))
        scored = detector.inspect(image.pixels)
        found = self._found(image, scored, detector, started)
        now = self._clock()
        with self._stores.database.transaction() as session:
            is_live = source.state is SourceState.LIVE and version.may_alert
            inspection_id = record_inspection(
                session,
                lease,
                version,
                found,
                is_told=is_live,
                pages=is_live and self._pages(source, lease.frame.captured_at, now),
                now=now,
            )
        logger.info(
            "frame_scored",
            source=source.name,
            frame=lease.frame.id,
            inspection=inspection_id,
            score=round(found.score, 4),
            verdict=found.verdict,
            fault=found.fault,
        )

    def _found(self, image: DecodedImage, scored: ScoredImage, detector: Detector, started: float) -> NewInspection:
        is_shown = scored.verdict is Verdict.ANOMALOUS
        put = self._stores.blobs.put
        milliseconds = (time.perf_counter() - started) * 1000
        return NewInspection(
            score=scored.score,
            threshold=scored.threshold,
            p_value=scored.p_value,
            verdict=scored.verdict,
            fault=scored.fault,
            regions=scored.regions,
            milliseconds=milliseconds,
            width=image.pixels.shape[1],
            height=image.pixels.shape[0],
            vectors=scored.vectors.tobytes(),
            embedding_space=detector.embedding_space,
            heatmap=put(render_heatmap(image.pixels, scored)) if is_shown else None,
            thumbnail=put(render_thumbnail(image.pixels)) if is_shown else None,
            crops=tuple(put(render_crop(image.pixels, region)) for region in scored.regions[:CROPS])
            if is_shown
            else (),
        )

    def _pages(self, source: Source, captured_at: datetime, now: datetime) -> bool:
        settings = self._settings.sources.get(source.name)
        if settings is None:
            return True
        return settings.mode == "live" and now - captured_at <= timedelta(seconds=settings.late_after_seconds)

    def _reject(self, lease: Lease, reason: RejectReason) -> None:
        with self._stores.database.transaction() as session:
            finish_frame(session, lease, FrameState.REJECTED, reason)
        logger.info("frame_rejected", frame=lease.frame.id, reason=reason)

    def _stop_judging(self, lease: Lease, source: Source, error: BundleError | WeightsError) -> None:
        logger.error("source_not_judged", source=source.name, reason=str(error))
        with self._stores.database.transaction() as session:
            give_back_frame(session, lease, counts=False)
            set_source_fault(session, source, str(error), now=self._clock())

    def _count_failure(self, lease: Lease, error: Exception) -> None:
        logger.error("frame_failed", frame=lease.frame.id, attempt=lease.attempt, exc_info=error)
        with self._stores.database.transaction() as session:
            give_back_frame(session, lease, counts=True)

    def _hand_back(self, leases: list[Lease]) -> None:
        if not leases:
            return
        with self._stores.database.transaction() as session:
            for lease in leases:
                give_back_frame(session, lease, counts=False)
