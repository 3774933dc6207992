"""What is done now and then, and may be done twice without harm: digests, drift checks, audits, and retention."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from config.settings import Settings
from detectors.audit_watch import start_audits
from detectors.drift_watch import watch_drift
from detectors.sweep_watch import start_sweeps
from storage.opening import Stores
from storage.repositories.digests import add_due_digests
from storage.repositories.views import start_views
from storage.retention import BATCH_FRAMES, prune_looks, prune_originals

logger = structlog.get_logger()
MOST_BATCHES = 100
HALF_WRITTEN = timedelta(hours=1)


class Sweeps:
    """The idempotent chores of the service."""

    def __init__(
        self,
        stores: Stores,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        swept: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._swept = swept
        self._stores = stores
        self._settings = settings
        self._clock = clock

    def tick(self) -> None:
        """Do each chore; what goes wrong is logged, and the next tick tries again."""
        for chore in (
            self._digests,
            self._drift,
            self._audits,
            self._threshold_sweeps,
            self._views,
            self._retention,
            self._questions,
            self._leftovers,
        ):
            try:
                chore()
            except Exception:  # the edge of a tick
                logger.exception("sweep_failed", chore=chore.__name__)
            else:
                self._swept(chore.__name__.removeprefix("_"))

    def _digests(self) -> None:
        with self._stores.database.transaction() as session:
            told = add_due_digests(session, frames=self._settings.alerts.digest_frames, now=self._clock())
        if told:
            logger.info("digests_written", sources=told)

    def _drift(self) -> None:
        batch = [name for name, source in self._settings.sources.items() if source.mode == "batch"]
        drifted = watch_drift(self._stores.database, batch=batch, now=self._clock())
        if drifted:
            logger.warning("sources_drifted", sources=drifted)

    def _audits(self) -> None:
        started = start_audits(self._stores.database, self._settings, now=self._clock())
        if started:
            logger.info("audits_started", sources=started)

    def _threshold_sweeps(self) -> None:
        started = start_sweeps(self._stores.database, self._settings, now=self._clock())
        if started:
            logger.info("threshold_sweeps_started", sources=started)

    def _views(self) -> None:
        with self._stores.database.transaction() as session:
            started = start_views(session)
        if started:
            logger.info("new_views_started", sources=started)

    def _retention(self) -> None:
        retention = self._settings.retention
        pruned = 0
        for _ in range(MOST_BATCHES):
            batch = prune_originals(
                self._stores.database,
                self._stores.blobs,
                normal_days=retention.normal_days,
                anomaly_days=retention.anomaly_days,
                now=self._clock(),
            )
            pruned += batch
            if batch < BATCH_FRAMES:
                break
        if pruned:
            logger.info("originals_pruned", frames=pruned)

    def _questions(self) -> None:
        days = self._settings.retention.question_days
        pruned = prune_looks(self._stores.database, self._stores.blobs, days=days, now=self._clock())
        if pruned:
            logger.info("questions_pruned", files=pruned)

    def _leftovers(self) -> None:
        removed = self._stores.blobs.remove_leftovers(before=self._clock() - HALF_WRITTEN)
        if removed:
            logger.info("leftovers_removed", files=removed)
