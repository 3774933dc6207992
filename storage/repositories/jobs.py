"""Jobs: work that is not a frame, leased and fenced like one, and run only by detectors."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from storage.database import database_now
from storage.errors import StorageError
from storage.models import JobRow
from storage.models.open import JOB_IS_OPEN
from storage.records import Job, JobKind, JobLease, JobState
from storage.repositories.leases import has_run_out

MAX_ATTEMPTS = 5


class UnknownJobError(StorageError):
    """No job has that id."""

    def __init__(self, job_id: int) -> None:
        super().__init__(f"There is no job {job_id}.")


def add_job(
    session: Session,
    kind: JobKind,
    *,
    source_id: int,
    arguments: dict[str, Any],
    requested_by: str,
    now: datetime,
) -> int:
    """Ask the detectors for a piece of work about a source, and return its id."""
    row = JobRow(
        kind=kind,
        arguments=arguments | {"source_id": source_id},
        requested_by=requested_by,
        created_at=now,
        state=JobState.PENDING,
        attempt=0,
    )
    session.add(row)
    session.flush()
    return row.id


def has_job(session: Session, *, kinds: Collection[str] | None = None) -> bool:
    """Say whether a job, of these kinds, waits or is leased: cheap, and takes no lock."""
    query = select(JobRow.id).where(JOB_IS_OPEN)
    if kinds is not None:
        query = query.where(JobRow.kind.in_(kinds))
    return session.scalar(query.limit(1)) is not None


def claim_job(
    session: Session, *, owner: str, lease_seconds: float, kinds: Collection[str] | None = None
) -> JobLease | None:
    """Lease the oldest job, of these kinds, that waits or whose lease ran out; one that failed too often has failed."""
    clock = database_now(session)
    ran_out = (JobRow.state == JobState.LEASED) & has_run_out(JobRow.lease_until, clock)
    query = select(JobRow).where(JOB_IS_OPEN, or_(JobRow.state == JobState.PENDING, ran_out)).order_by(JobRow.id)
    if kinds is not None:
        query = query.where(JobRow.kind.in_(kinds))
    for row in session.scalars(query.limit(MAX_ATTEMPTS).with_for_update(skip_locked=True)).all():
        if row.attempt >= MAX_ATTEMPTS:
            row.state, row.lease_owner = JobState.FAILED, None
            row.result = {"reason": f"failed {row.attempt} times"}
            continue
        row.state, row.lease_owner, row.attempt = JobState.LEASED, owner, row.attempt + 1
        row.lease_until = clock + timedelta(seconds=lease_seconds)
        session.flush()
        return JobLease(as_job(row), owner, row.attempt)
    return None


def keep_job(session: Session, lease: JobLease, *, lease_seconds: float) -> bool:
    """Lengthen a lease by its fence; False where it was lost."""
    return _fenced(session, lease, lease_until=database_now(session) + timedelta(seconds=lease_seconds))


def finish_job(session: Session, lease: JobLease, result: dict[str, Any], *, state: JobState = JobState.DONE) -> bool:
    """End a leased job with its result by compare-and-set on its fence; False where the lease was lost."""
    return _fenced(session, lease, state=state, result=result, lease_owner=None, lease_until=None)


def give_back_job(session: Session, lease: JobLease, *, counts: bool) -> bool:
    """Return a leased job to the queue; `counts` says whether the attempt was a failure."""
    attempt = lease.attempt if counts else lease.attempt - 1
    return _fenced(session, lease, state=JobState.PENDING, attempt=attempt, lease_owner=None, lease_until=None)


def give_back_jobs_of(session: Session, owner: str, *, counts: bool = True) -> int:
    """Return to the queue what an owner held that is gone; `counts`: as failures; return how many."""
    statement = update(JobRow).where(JobRow.state == JobState.LEASED, JobRow.lease_owner == owner)
    attempt = JobRow.attempt if counts else JobRow.attempt - 1
    values = {"state": JobState.PENDING, "attempt": attempt, "lease_owner": None, "lease_until": None}
    changed = session.execute(statement.values(values).execution_options(synchronize_session=False))
    return changed.rowcount if isinstance(changed, CursorResult) else 0


def job_by_id(session: Session, job_id: int) -> Job:
    """Return one job; raise UnknownJobError."""
    row = session.get(JobRow, job_id)
    if row is None:
        raise UnknownJobError(job_id)
    return as_job(row)


def last_job(session: Session, kind: JobKind, source_id: int, *, reason: str | None = None) -> Job | None:
    """Return the newest job of a kind about a source, for a reason where one is named; None where there is none."""
    query = select(JobRow).where(JobRow.kind == kind, JobRow.arguments["source_id"].as_integer() == source_id)
    if reason is not None:
        query = query.where(JobRow.arguments["reason"].as_string() == reason)
    row = session.scalar(query.order_by(JobRow.id.desc()).limit(1))
    return None if row is None else as_job(row)


def _fenced(session: Session, lease: JobLease, **values: object) -> bool:
    statement = update(JobRow).where(
        JobRow.id == lease.job.id,
        JobRow.state == JobState.LEASED,
        JobRow.lease_owner == lease.owner,
        JobRow.attempt == lease.attempt,
    )
    changed = session.execute(statement.values(**values).execution_options(synchronize_session=False))
    return isinstance(changed, CursorResult) and changed.rowcount == 1


def as_job(row: JobRow) -> Job:
    """Turn a row into the record."""
    return Job(
        id=row.id,
        kind=row.kind,
        arguments=dict(row.arguments),
        requested_by=row.requested_by,
        state=row.state,
        attempt=row.attempt,
        result=row.result,
        created_at=row.created_at,
    )
