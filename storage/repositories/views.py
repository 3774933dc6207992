"""A person's wish that a moved camera stays where it is: kept as a job that waits until there are frames enough."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import FrameRow, InspectionRow, JobRow
from storage.records import Fault, Job, JobKind, JobState, Outage
from storage.repositories.audit import write_audit
from storage.repositories.jobs import add_job, as_job
from storage.repositories.outages import outage_by_id

FRAMES_WANTED = 50
CALLED_OFF = "the camera is back where it was, or something else is wrong with it by now"


class NotMovedError(StorageError):
    """A new view is only to be learnt while the camera is said to have moved."""

    def __init__(self, outage: Outage) -> None:
        super().__init__(f"{outage.source} is not said to have moved just now, so there is no new view to use.")


def want_view(session: Session, outage_id: int, *, channel: str | None, actor: str, now: datetime) -> Job:
    """Ask for a detector of an outage's view, with an audit row; a second wish is the first. Raise NotMovedError."""
    outage = outage_by_id(session, outage_id)
    known = view_job(session, outage)
    if known is not None:
        return known
    if not is_moved(outage):
        raise NotMovedError(outage)
    arguments = {"outage_id": outage.id} | ({"channel": channel} if channel else {})
    job_id = add_job(
        session, JobKind.VIEW, source_id=outage.source_id, arguments=arguments, requested_by=actor, now=now
    )
    session.get_one(JobRow, job_id).state = JobState.WAITING
    detail = {"job": job_id, "outage": outage.id}
    write_audit(session, actor=actor, action="new_view_wanted", subject=outage.source, detail=detail, now=now)
    session.flush()
    return as_job(session.get_one(JobRow, job_id))


def view_job(session: Session, outage: Outage) -> Job | None:
    """Return the wish for an outage's view, None where nobody had it."""
    query = select(JobRow).where(JobRow.kind == JobKind.VIEW, JobRow.arguments["outage_id"].as_integer() == outage.id)
    row = session.scalar(query.order_by(JobRow.id.desc()).limit(1))
    return None if row is None else as_job(row)


def start_views(session: Session) -> list[str]:
    """Let wishes with frames enough be worked on, drop those whose camera is back, and return the sources started."""
    started = []
    for row in session.scalars(select(JobRow).where(JobRow.kind == JobKind.VIEW, JobRow.state == JobState.WAITING)):
        outage = outage_by_id(session, int(row.arguments["outage_id"]))
        if not is_moved(outage):
            row.state, row.result = JobState.DONE, {"none": CALLED_OFF}
        elif count_view(session, outage) >= FRAMES_WANTED:
            row.state = JobState.PENDING
            started.append(outage.source)
    session.flush()
    return started


def is_moved(outage: Outage) -> bool:
    """Say whether an outage goes on because the camera moved."""
    return outage.is_open and outage.kind == Fault.MOVED


def count_view(session: Session, outage: Outage) -> int:
    """Return how many frames of a moved camera's outage have their originals."""
    return session.scalar(select(func.count()).select_from(_frames(outage).subquery())) or 0


def frames_of_view(session: Session, outage: Outage, *, limit: int) -> list[str]:
    """Return the sha256 of those frames' originals, the newest first: by then the camera stands still."""
    query = _frames(outage).order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc()).limit(limit)
    return list(session.scalars(query))


def _frames(outage: Outage) -> Select[str]:
    return (
        select(FrameRow.sha256)
        .join(InspectionRow, InspectionRow.frame_id == FrameRow.id)
        .where(
            InspectionRow.source_id == outage.source_id,
            InspectionRow.captured_at >= outage.started_at,
            InspectionRow.fault == Fault.MOVED,
            FrameRow.has_blob,
        )
    )
