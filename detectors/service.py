"""The detecting service: APScheduler ticks, folders wake it, processes of their own score."""

import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import structlog
import watchfiles
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from config.settings import Settings
from detectors.clock_watch import ClockWatch
from detectors.decode import Decoder
from detectors.jobs.runner import JobRunner
from detectors.jobs.workshop import Workshop
from detectors.making_room import make_room
from detectors.processes import ScoringProcess
from detectors.room import DiskGate
from detectors.scan import Scanner
from detectors.silence_watch import watch_silence
from detectors.sweeps import Sweeps
from storage.errors import StorageError
from storage.leader import Leadership
from storage.opening import Stores
from storage.owners import is_gone, owner_name
from storage.repositories.frames import give_back_frames_of
from storage.repositories.jobs import give_back_jobs_of
from storage.repositories.leases import owners_of_leases

logger = structlog.get_logger()
FOLDER_SECONDS = 10.0
SNAPSHOT_SECONDS = 60.0
SWEEP_SECONDS = 600.0
SILENCE_SECONDS = 30.0
ROOM_SECONDS = 20.0
LOOK_SECONDS = 0.5
SETTLING_SECONDS = 0.25
JOB_SECONDS = 5.0


def run_service(
    settings: Settings,
    stores: Stores,
    stop: threading.Event,
    *,
    config: Path | None,
    beat: Callable[[], None] = lambda: None,
    swept: Callable[[str], None] = lambda _: None,
    looked: Callable[[str, bool], None] = lambda _name, _is_reached: None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Scan, score and sweep until `stop` is set; what a worker holds is ended first.

    config: the settings file, for the processes that score; environment: what they need beside ours. beat: called at
    every round of looking after them. swept: called with the name of a chore that went well. looked: called at
    every look with its source, and whether that was reached.
    """
    service = _Service(settings, stores, stop, config, beat=beat, swept=swept, looked=looked, environment=environment)
    try:
        service.run()
    finally:
        service.close()


class _Service:
    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        stop: threading.Event,
        config: Path | None,
        *,
        beat: Callable[[], None],
        swept: Callable[[str], None],
        looked: Callable[[str, bool], None],
        environment: Mapping[str, str],
    ) -> None:
        self._settings = settings
        self._swept = swept
        self._looked = looked
        self._stores = stores
        self._stop = stop
        self._beat = beat
        self._started_at = _utc_now()
        self._config = config
        self._wake = threading.Event()
        self._clock = ClockWatch()
        self._has_gone = True  # what processes held that a service before this one had
        self._gate = DiskGate(settings.storage)
        self._decoders: dict[str, Decoder] = {}
        self._scanners = [self._scanner(name) for name in settings.sources]
        self._leadership = Leadership(stores.database, settings.storage.data_dir)
        self._scheduler = self._scheduled()
        own = settings.detector
        self._jobs = threading.Thread(target=self._run_jobs, name="jobs", daemon=True)
        self._scoring = [
            ScoringProcess(config, threads=own.threads_each, environment=environment) for _ in range(own.processes)
        ]

    def run(self) -> None:
        self._scheduler.start()
        for scanner in self._scanners:
            self._watch(scanner)
        self._jobs.start()
        logger.info("detecting", sources=list(self._settings.sources), processes=len(self._scoring))
        while not self._stop.is_set():
            if self._wake.wait(LOOK_SECONDS):
                self._wake.clear()
                for process in self._scoring:
                    process.wake()
            for process in self._scoring:
                self._look_after(process)
            if self._clock.was_set_back(_utc_now()):
                self._tick_now()
            if self._has_gone:
                self._take_from_the_gone()
            self._beat()

    def close(self) -> None:
        for process in self._scoring:  # first of all: they end what they hold while the rest stops
            process.ask_to_stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        if self._jobs.is_alive():
            self._jobs.join(JOB_SECONDS)
        self._leadership.release()
        for owner in [process.wait() for process in self._scoring]:
            if owner is not None:
                self._give_back(owner)
        if self._jobs.is_alive():
            self._give_back(owner_name(os.getpid()), counts=False)
        for decoder in self._decoders.values():
            decoder.close()

    def _look_after(self, process: ScoringProcess) -> None:
        """Replace a process that died, and let others have at once what it held."""
        owner = process.look()
        if owner is not None:
            self._give_back(owner)

    def _give_back(self, owner: str, *, counts: bool = True) -> None:
        try:
            with self._stores.database.transaction() as session:
                give_back_frames_of(session, owner)
                give_back_jobs_of(session, owner, counts=counts)
        except StorageError as error:
            self._has_gone = True
            logger.warning("storage_away", reason=str(error))

    def _tick_now(self) -> None:
        """Let every tick be due now, where the clock was set back: else none would come until it is there again."""
        now = _utc_now()
        logger.warning("clock_set_back", now=now.isoformat())
        self._started_at = min(self._started_at, now)
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=now)

    def _take_from_the_gone(self) -> None:
        """Let others have at once what processes of this machine held that died unseen."""
        try:
            with self._stores.database.transaction() as session:
                for owner in owners_of_leases(session, chosen=is_gone):
                    logger.warning("owner_gone", owner=owner)
                    give_back_frames_of(session, owner)
                    give_back_jobs_of(session, owner)
            self._has_gone = False
        except StorageError as error:
            logger.warning("storage_away", reason=str(error))

    def _run_jobs(self) -> None:
        workshop = Workshop(
            self._stores, self._settings, self._decoder, _utc_now, config=self._config, is_stopping=self._stop.is_set
        )
        runner = JobRunner(owner_name(os.getpid()), workshop)
        while not self._stop.is_set():
            try:
                is_busy = runner.run_one()
            except StorageError as error:
                logger.warning("storage_away", reason=str(error))
                is_busy = False
            if not is_busy:
                self._stop.wait(LOOK_SECONDS)

    def _decoder(self, source: str) -> Decoder:
        if source not in self._decoders:
            limits, bit_depth = self._settings.limits_of(source), self._settings.bit_depth_of(source)
            self._decoders[source] = Decoder(limits, bit_depth=bit_depth)
        return self._decoders[source]

    def _scanner(self, name: str) -> Scanner:
        return Scanner(
            name,
            self._stores,
            self._settings,
            decoder=self._decoder(name),
            gate=self._gate,
            clock=_utc_now,
            on_new=self._wake.set,
            looked=self._looked,
        )

    def _scheduled(self) -> BackgroundScheduler:
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler = BackgroundScheduler(job_defaults=defaults, timezone=UTC)
        for scanner in self._scanners:
            scheduler.add_job(self._if_leader(scanner.tick), self._trigger(scanner.name), next_run_time=_utc_now())
        sweeps = Sweeps(self._stores, self._settings, clock=_utc_now, swept=self._swept)
        scheduler.add_job(self._if_leader(sweeps.tick), IntervalTrigger(seconds=SWEEP_SECONDS))
        scheduler.add_job(self._if_leader(self._watch_silence), IntervalTrigger(seconds=SILENCE_SECONDS))
        scheduler.add_job(self._if_leader(self._make_room), IntervalTrigger(seconds=ROOM_SECONDS))
        return scheduler

    def _make_room(self) -> None:
        try:
            make_room(self._stores, self._settings, now=_utc_now())
        except Exception:  # the edge of a tick: it is logged, and the next one tries again
            logger.exception("no_room_made")

    def _watch_silence(self) -> None:
        try:
            waited = {scanner.name: scanner.waited_at for scanner in self._scanners if scanner.waited_at is not None}
            silent = watch_silence(
                self._stores.database, self._settings, since=self._started_at, waited=waited, now=_utc_now()
            )
        except Exception:  # the edge of a tick: it is logged, and the next one tries again
            logger.exception("silence_not_watched")
        else:
            self._swept("silence")
            if silent:
                logger.warning("sources_silent", sources=silent)

    def _if_leader(self, tick: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            if self._leadership.is_leader():
                tick()

        return guarded

    def _trigger(self, name: str) -> CronTrigger | IntervalTrigger:
        own = self._settings.sources[name]
        if own.schedule.cron:
            return CronTrigger.from_crontab(own.schedule.cron, timezone=self._settings.zone_of(name))
        usual = FOLDER_SECONDS if own.kind == "folder" else SNAPSHOT_SECONDS
        return IntervalTrigger(seconds=own.schedule.every_seconds or usual)

    def _watch(self, scanner: Scanner) -> None:
        """Look at a folder as soon as something in it changes; a schedule of its own turns the watching off."""
        own = self._settings.sources[scanner.name]
        if own.path is None or own.schedule.cron or own.schedule.every_seconds:
            return
        threading.Thread(target=self._watch_folder, args=(scanner, own.path), daemon=True).start()

    def _watch_folder(self, scanner: Scanner, folder: Path) -> None:
        tick = self._if_leader(scanner.tick)
        while not self._stop.is_set():
            try:
                for _ in watchfiles.watch(folder, stop_event=self._stop, debounce=200, step=50, raise_interrupt=False):
                    tick()
                    while scanner.has_unsettled and not self._stop.wait(SETTLING_SECONDS):
                        tick()
            except (OSError, RuntimeError) as error:
                logger.warning("folder_not_watched", source=scanner.name, reason=str(error))
                self._stop.wait(FOLDER_SECONDS)


def _utc_now() -> datetime:
    return datetime.now(UTC)
