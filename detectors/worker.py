"""A worker: lease some frames, decode and score each, and record them together, each in whole."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from config.logs import traced
from config.printable import printable
from config.settings import Settings
from detectors.beside import render_beside
from detectors.bundle import BundleError
from detectors.camera.checks import CameraChecks
from detectors.camera_watch import CameraWatch, is_live
from detectors.decode import DecodedImage, DecodeError, Decoder
from detectors.heatmap import render_crop, render_thumbnail
from detectors.looking import Looker
from detectors.models import LoadedDetectors
from detectors.scoring import Detector, ScoredImage
from detectors.weights import WeightsError
from storage.database import Session
from storage.errors import StorageError
from storage.failpoints import reach
from storage.opening import Stores
from storage.records import (
    DetectorVersion,
    Finding,
    FrameState,
    Lease,
    NewInspection,
    RejectReason,
    Source,
    SourceState,
    Verdict,
)
from storage.repositories.frames import claim_frames, finish_frame, finish_frames, give_back_frame
from storage.repositories.inspections import Recording
from storage.repositories.sources import set_source_fault, source_by_id
from storage.repositories.versions import version_by_id
from storage.status.stages import Stages

logger = structlog.get_logger()
LEASE_SECONDS = 120.0
LEASED_AT_ONCE = 16
# After so long, frames leased with slow ones are handed back, for others to take.
HOLD_SECONDS = 5.0
# What was found waits so long at most to be recorded with others; an anomaly does not wait.
GATHER_SECONDS = 0.5
CROPS = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in one frame, by which version of its source's detector; it waits to be recorded."""

    lease: Lease
    source: Source
    version: DetectorVersion
    found: NewInspection
    camera: CameraChecks


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
        is_stopping: Callable[[], bool] = lambda: False,
        stages: Stages | None = None,
    ) -> None:
        self._stages = stages or Stages()
        self._name = name
        self._stores = stores
        self._settings = settings
        self._decoders = decoders
        self._detectors = detectors
        self._clock = clock
        self._is_stopping = is_stopping
        self._judged: list[Judged] = []
        self._judged_since = 0.0
        self._owed: list[Lease] = []  # what is to be handed back once the database is there again
        self._looker = Looker(name, stores, settings, decoders=decoders, detectors=detectors, clock=clock)

    def work(self) -> int:
        """Lease some frames and end each, after each an image asked about; return how many were ended or leased.

        Once it is to stop, the frame at hand is ended and the others are handed back.
        """
        self._hand_back([])
        with self._stores.database.transaction() as session:
            leases = claim_frames(session, owner=self._name, limit=LEASED_AT_ONCE, lease_seconds=LEASE_SECONDS)
        left = list(leases)
        try:
            judges = self._judges_of({lease.frame.source_id for lease in leases})
            until = time.monotonic() + HOLD_SECONDS
            looked = int(not leases and self._looker.look())
            while left and not self._is_stopping() and self._end(left.pop(0), judges) and time.monotonic() < until:
                looked += self._looker.look()
            self._record()
        except BaseException:
            left = leases  # those that were ended are so: their fence is gone
            raise
        finally:
            waiting, self._judged = self._judged, []
            self._hand_back(left + [judged.lease for judged in waiting])
        return len(leases) + looked

    def _judges_of(self, source_ids: set[int]) -> dict[int, tuple[Source, DetectorVersion | None]]:
        """Return each source with the version that judges it."""
        judges: dict[int, tuple[Source, DetectorVersion | None]] = {}
        if not source_ids:
            return judges
        with self._stores.database.reading() as session:
            for source in (source_by_id(session, source_id) for source_id in source_ids):
                active = source.active_version_id
                judges[source.id] = source, version_by_id(session, active) if active else None
        return judges

    def _end(self, lease: Lease, judges: dict[int, tuple[Source, DetectorVersion | None]]) -> bool:
        """End one frame, or leave it to be recorded; return False where its source stopped being judged."""
        source, version = judges[lease.frame.source_id]
        if version is None or version.bundle is None:
            self._hand_back([lease])
            return False
        with traced(lease.frame.id):
            return self._judge_guarded(lease, source, version)

    def _judge_guarded(self, lease: Lease, source: Source, version: DetectorVersion) -> bool:
        try:
            self._judge(lease, source, version)
        except DecodeError as error:
            self._reject(lease, error.reason)
        except (BundleError, WeightsError) as error:
            if self._is_renewed(version):
                self._hand_back([lease])
                return False
            self._stop_judging(lease, source, error)
            return False
        except Exception as error:  # the edge of a worker: one bad frame must not end it; it is logged
            if _is_passing(error):
                self._hand_back([lease])
                raise
            self._count_failure(lease, error)
        else:
            self._record_if_due()
        return True

    def _is_renewed(self, version: DetectorVersion) -> bool:
        """Say whether the version's files were replaced meanwhile, because an image was taken out of them."""
        with self._stores.database.reading() as session:
            return version_by_id(session, version.id).bundle != version.bundle

    def _judge(self, lease: Lease, source: Source, version: DetectorVersion) -> None:
        started = time.perf_counter()
        detector = self._detectors.get(version)
        if detector.bit_depth != self._settings.bit_depth_of(source.name):
            self._reject(lease, RejectReason.SETTINGS_MISMATCH)
            return
        reach("image.leased")
        self._stages.took("wait", (self._clock() - lease.frame.received_at).total_seconds())
        with self._stages.timing("decode"):
            image = self._decoders(source.name).decode(self._stores.blobs.path(lease.frame.sha256))
        reach("image.decoded")
        with self._stages.timing("score"):
            scored = detector.inspect(image.pixels)
        with self._stages.timing("draw"):
            found = self._found(image, scored, detector, started)
        if not self._judged:
            self._judged_since = time.monotonic()
        self._judged.append(Judged(lease, source, version, found, detector.camera.checks))
        reach("image.scored")

    def _record_if_due(self) -> None:
        is_odd = bool(self._judged) and self._judged[-1].found.verdict is Verdict.ANOMALOUS
        if is_odd or (self._judged and time.monotonic() - self._judged_since > GATHER_SECONDS):
            self._record()

    def _record(self) -> None:
        """Record what waits in one transaction; where that fails for good, each by itself, so that one spoils none.

        What could not be recorded for now is left waiting.
        """
        try:
            self._record_all(self._judged)
            self._judged = []
        except Exception as error:  # the edge of a worker: the one that spoils it is found, counted and logged below
            if _is_passing(error):
                raise
            while self._judged:
                self._record_alone(self._judged[0])
                self._judged.pop(0)

    def _record_alone(self, judged: Judged) -> None:
        try:
            self._record_all([judged])
        except Exception as error:  # the same
            if _is_passing(error):
                raise
            self._count_failure(judged.lease, error)

    def _record_all(self, waiting: list[Judged]) -> None:
        if not waiting:
            return
        now = self._clock()
        with self._stages.timing("record"), self._stores.database.transaction() as session:
            ids = self._record_in(session, waiting, now)
        reach("inspection.committed")
        for judged in waiting:
            logger.info(
                "frame_scored",
                source=judged.source.name,
                frame=judged.lease.frame.id,
                inspection=ids.get(judged.lease.frame.id),
                score=round(judged.found.score, 4),
                verdict=judged.found.verdict,
            )

    def _record_in(self, session: Session, waiting: list[Judged], now: datetime) -> dict[int, int]:
        """Record the frames whose leases were not lost; return the inspections' ids by the frames'."""
        with Recording(session, now=now) as recording:
            sources = [judged.source.id for judged in waiting]
            watch = CameraWatch(session, self._settings, sources, recording, now=now)
            ended = finish_frames(session, [judged.lease for judged in waiting], FrameState.SCORED)
            for judged in waiting:
                if judged.lease.frame.id in ended:
                    self._record_one(judged, watch, recording, now)
        return recording.ids

    def _record_one(self, judged: Judged, watch: CameraWatch, recording: Recording, now: datetime) -> None:
        """Record one frame, its fault judged with the frames before it, and what it says of its camera."""
        source, version, frame = judged.source, judged.version, judged.lease.frame
        watched = watch.judge(source, version, frame, judged.found, judged.camera)
        is_told = source.state is SourceState.LIVE and version.may_alert
        pages = is_told and not watched.is_inhibited and self._pages(source, frame.captured_at, now)
        recording.add(Finding(judged.lease, version, watched.found, is_told=is_told, pages=pages))
        watch.follow(watched)
        if watched.found.fault is not None:
            logger.info("frame_faulty", source=source.name, frame=frame.id, fault=watched.found.fault)

    def _found(self, image: DecodedImage, scored: ScoredImage, detector: Detector, started: float) -> NewInspection:
        is_shown = scored.verdict is Verdict.ANOMALOUS
        put = self._stores.blobs.put
        good = detector.good_one(scored) if is_shown else None
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
            heatmap=put(render_beside(image.pixels, scored, good)) if is_shown else None,
            thumbnail=put(render_thumbnail(image.pixels)) if is_shown else None,
            crops=tuple(put(render_crop(image.pixels, region)) for region in scored.regions[:CROPS])
            if is_shown
            else (),
            signs=scored.signs.as_json() if scored.signs else None,
        )

    def _pages(self, source: Source, captured_at: datetime, now: datetime) -> bool:
        own = self._settings.sources.get(source.name)
        return own is None or is_live(own, captured_at, now)

    def _reject(self, lease: Lease, reason: RejectReason) -> None:
        with self._stores.database.transaction() as session:
            finish_frame(session, lease, FrameState.REJECTED, reason)
        logger.info("frame_rejected", frame=lease.frame.id, file=printable(lease.frame.name), reason=reason)

    def _stop_judging(self, lease: Lease, source: Source, error: BundleError | WeightsError) -> None:
        logger.error("source_not_judged", source=source.name, reason=str(error))
        with self._stores.database.transaction() as session:
            give_back_frame(session, lease, counts=False)
            set_source_fault(session, source, str(error), now=self._clock())

    def _count_failure(self, lease: Lease, error: Exception) -> None:
        name = printable(lease.frame.name)
        logger.error("frame_failed", frame=lease.frame.id, file=name, attempt=lease.attempt, exc_info=error)
        with self._stores.database.transaction() as session:
            give_back_frame(session, lease, counts=True)

    def _hand_back(self, leases: list[Lease]) -> None:
        self._owed += leases
        if not self._owed:
            return
        with self._stores.database.transaction() as session:
            for lease in self._owed:
                give_back_frame(session, lease, counts=False)
        self._owed = []


def _is_passing(error: Exception) -> bool:
    """Tell whether the disk or the database is away, and the frame can wait until they are well."""
    return isinstance(error, StorageError) and not error.permanent
