"""Lease a job, run it, end it under its fence, and let people hear of it: result and event in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog

from config.errors import OddspotError
from detectors.jobs.pictures import make_pictures
from detectors.jobs.refit_process import run_refit, run_view
from detectors.jobs.workshop import Outcome, Workshop
from storage.records import EventKind, Job, JobKind, JobLease, JobState
from storage.repositories.events import add_event
from storage.repositories.jobs import claim_job, finish_job, give_back_job, has_job, keep_job

logger = structlog.get_logger()
LEASE_SECONDS = 120.0


def _sweep(workshop: Workshop, job: Job) -> Outcome:
    from detectors.jobs.proposing import run_sweep  # noqa: PLC0415 - it loads scipy, which other jobs do without

    return run_sweep(workshop, job)


def _threshold(workshop: Workshop, job: Job) -> Outcome:
    from detectors.jobs.proposing import run_threshold  # noqa: PLC0415 - the same

    return run_threshold(workshop, job)


WORK: dict[str, Callable[[Workshop, Job], Outcome]] = {
    JobKind.MISSED: make_pictures,
    JobKind.AUDIT: make_pictures,
    JobKind.SWEEP: _sweep,
    JobKind.REFIT: run_refit,
    JobKind.THRESHOLD: _threshold,
    JobKind.VIEW: run_view,
}


class JobRunner:
    """Runs jobs until none waits; several runners share the work by their leases."""

    def __init__(self, owner: str, workshop: Workshop) -> None:
        self._owner = owner
        self._workshop = workshop

    def run_one(self) -> bool:
        """Run the job that waits longest; False where none does."""
        database = self._workshop.stores.database
        with database.reading() as session:
            if not has_job(session, kinds=WORK):
                return False
        with database.transaction() as session:
            lease = claim_job(session, owner=self._owner, lease_seconds=LEASE_SECONDS, kinds=WORK)
        if lease is None:
            return False
        self._run(lease)
        return True

    def _run(self, lease: JobLease) -> None:
        job = lease.job
        try:
            outcome = WORK[job.kind](replace(self._workshop, keep=lambda: self._keep(lease)), job)
        except OddspotError as error:
            if error.permanent:
                self._end(lease, Outcome({"reason": str(error)}), JobState.FAILED)
            else:
                logger.warning("job_put_off", job=job.id, kind=job.kind, reason=str(error))
                self._give_back(lease, counts=not self._workshop.is_stopping())
        except Exception:  # the edge of a worker: one bad job must not end it
            logger.exception("job_failed", job=job.id, kind=job.kind, attempt=lease.attempt)
            self._give_back(lease)
        else:
            self._end(lease, outcome, JobState.DONE)

    def _keep(self, lease: JobLease) -> bool:
        with self._workshop.stores.database.transaction() as session:
            return keep_job(session, lease, lease_seconds=LEASE_SECONDS)

    def _end(self, lease: JobLease, outcome: Outcome, state: JobState) -> None:
        job, now = lease.job, self._workshop.clock()
        with self._workshop.stores.database.transaction() as session:
            is_ended = finish_job(session, lease, outcome.result, state=state)
            if is_ended and outcome.is_told:
                source_id = int(job.arguments["source_id"])
                payload = _payload(job, outcome, state)
                add_event(session, EventKind.JOB_DONE, source_id=source_id, payload=payload, now=now)
        logger.info("job_done", job=job.id, kind=job.kind, state=state, is_told=outcome.is_told, is_ended=is_ended)

    def _give_back(self, lease: JobLease, *, counts: bool = True) -> None:
        with self._workshop.stores.database.transaction() as session:
            give_back_job(session, lease, counts=counts)


def _payload(job: Job, outcome: Outcome, state: JobState) -> dict[str, Any]:
    """Return what the agent is told: which job, and what a reader of the outbox should see."""
    told: dict[str, Any] = {"job": job.id, "kind": job.kind}
    if state is JobState.FAILED:
        told["text"] = f"{job.kind.capitalize()} did not work: {outcome.result['reason']}"
    if "channel" in job.arguments:
        told["channel"] = job.arguments["channel"]
    if "inspections" in outcome.result:
        told["inspections"] = outcome.result["inspections"]
    return told
