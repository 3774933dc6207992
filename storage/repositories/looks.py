"""Images people ask about: jobs in a lane of their own, which the processes that score take before frames.

No frame and no inspection is written for one, so that no count, report or check can ever hold it.
"""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, Select, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from storage.database import database_now
from storage.models import FrameRow, JobRow, PinRow
from storage.models.open import FRAME_IS_OPEN, JOB_IS_OPEN
from storage.records import EventKind, FrameState, JobKind, JobState, Look, LookLease, LookResult, NewLook
from storage.records.looks import Thread
from storage.repositories.audit import write_audit
from storage.repositories.events import add_event
from storage.repositories.jobs import UnknownJobError, add_job
from storage.repositories.leases import has_run_out
from storage.text import storable

IMAGE_ASKED = "image_asked"
MOST_TRIES = 3
MOST_TOLD = 100
OPEN = (JobState.PENDING, JobState.LEASED)
TOLD_WAITING = "told_waiting"
WITHDRAWN = "whoever asked did not wait for it"


def add_look(session: Session, look: NewLook, *, now: datetime) -> int:
    """Ask for an image to be judged, with an audit row, and return the look's id."""
    name = storable(look.name)
    look_id = add_job(
        session,
        JobKind.LOOK,
        source_id=look.source_id,
        arguments={
            "source": look.source,
            "sha256": look.sha256,
            "name": name,
            "thread": list(look.thread) if look.thread else None,
        },
        requested_by=look.requested_by,
        now=now,
    )
    detail = {"look": look_id, "name": name}
    write_audit(session, actor=look.requested_by, action=IMAGE_ASKED, subject=look.source, detail=detail, now=now)
    return look_id


def has_look(session: Session) -> bool:
    """Say whether a look waits or is leased: cheap, and takes no lock."""
    query = select(JobRow.id).where(JOB_IS_OPEN, JobRow.kind == JobKind.LOOK)
    return session.scalar(query.limit(1)) is not None


def has_untold_look(session: Session) -> bool:
    """Say whether a look has not ended of which nobody was told that it waits: cheap, and takes no lock."""
    is_open = (JOB_IS_OPEN, JobRow.kind == JobKind.LOOK)
    query = select(JobRow.id).where(*is_open, JobRow.arguments[TOLD_WAITING].as_string().is_(None))
    return session.scalar(query.limit(1)) is not None


def claim_look(session: Session, *, owner: str, lease_seconds: float, now: datetime) -> LookLease | None:
    """Lease the oldest look that waits or whose lease ran out; one that failed too often ends, and is told."""
    clock = database_now(session)
    for row in session.scalars(_claimable(clock).limit(MOST_TRIES + 1).with_for_update(skip_locked=True)).all():
        if row.attempt >= MOST_TRIES:
            _end(session, row, LookResult(failure=f"It was tried {row.attempt} times in vain."), now)
            continue
        row.state, row.lease_owner, row.attempt = JobState.LEASED, owner, row.attempt + 1
        row.lease_until = clock + timedelta(seconds=lease_seconds)
        session.flush()
        return LookLease(_as_look(row), owner, row.attempt)
    return None


def finish_look(session: Session, lease: LookLease, result: LookResult, *, now: datetime) -> bool:
    """End a leased look and let it be told, in one transaction; False where the lease was lost."""
    row = session.get(JobRow, lease.look.id, with_for_update=True)
    if row is None or (row.state, row.lease_owner, row.attempt) != (JobState.LEASED, lease.owner, lease.attempt):
        return False
    _end(session, row, result, now)
    return True


def give_back_look(session: Session, lease: LookLease) -> bool:
    """Return a leased look to the queue, the attempt counted as a failure; False where the lease was lost."""
    statement = update(JobRow).where(
        JobRow.id == lease.look.id,
        JobRow.state == JobState.LEASED,
        JobRow.lease_owner == lease.owner,
        JobRow.attempt == lease.attempt,
    )
    values = {"state": JobState.PENDING, "lease_owner": None, "lease_until": None}
    changed = session.execute(statement.values(values).execution_options(synchronize_session=False))
    return isinstance(changed, CursorResult) and changed.rowcount == 1


def withdraw_look(session: Session, look_id: int) -> bool:
    """End a look that nobody has begun, because whoever asked waits no longer; False where it was begun."""
    waits = (JobRow.id == look_id, JobRow.kind == JobKind.LOOK, JobRow.state == JobState.PENDING)
    values = {"state": JobState.FAILED, "result": LookResult(failure=WITHDRAWN).as_json()}
    changed = session.execute(update(JobRow).where(*waits).values(values))
    return isinstance(changed, CursorResult) and changed.rowcount == 1


def look_by_id(session: Session, look_id: int) -> Look:
    """Return one look; raise UnknownJobError."""
    row = session.get(JobRow, look_id)
    if row is None or row.kind != JobKind.LOOK:
        raise UnknownJobError(look_id)
    return _as_look(row)


def take_untaken_threads(session: Session, *, asked_before: datetime, long_before: datetime) -> list[Thread]:
    """Return threads with looks that nobody took up, each once, so that whoever asked can be told.

    Asked before `asked_before`, and nobody scores; or asked before `long_before`, whatever is scored.
    """
    clock = database_now(session)
    before = long_before if _is_scoring(session, clock) else asked_before
    untold = _claimable(clock).where(JobRow.arguments[TOLD_WAITING].as_string().is_(None)).limit(MOST_TOLD)
    rows = [(row, _as_look(row)) for row in session.scalars(untold.with_for_update(skip_locked=True)).all()]
    threads = {look.thread for _, look in rows if look.created_at < before}
    for row, _ in [one for one in rows if one[1].thread in threads]:
        row.arguments = row.arguments | {TOLD_WAITING: "yes"}
    session.flush()
    return sorted(thread for thread in threads if thread is not None)


def forget_looks(session: Session, *, before: datetime, limit: int) -> set[str]:
    """Drop looks that ended and were asked before then; return blobs that nothing needs any more."""
    query = select(JobRow).where(JobRow.kind == JobKind.LOOK, JobRow.created_at < before, JobRow.state.not_in(OPEN))
    looks = [_as_look(row) for row in session.scalars(query.order_by(JobRow.id).limit(limit))]
    session.execute(delete(JobRow).where(JobRow.id.in_([look.id for look in looks])))
    images = {look.sha256 for look in looks}
    pictures = {one for look in looks if look.result for one in look.result.pictures}
    frames = select(FrameRow.sha256).where(FrameRow.sha256.in_(images), FrameRow.has_blob)
    pins = select(PinRow.sha256).where(PinRow.sha256.in_(images))
    still_wanted = {*session.scalars(frames), *session.scalars(pins), *images_asked_about(session, images)}
    return pictures | images - still_wanted


def images_asked_about(session: Session, hashes: set[str]) -> set[str]:
    """Return those of the blobs that are images people asked about."""
    sha256 = JobRow.arguments["sha256"].as_string()
    return set(session.scalars(select(sha256).where(JobRow.kind == JobKind.LOOK, sha256.in_(hashes))))


def _claimable(clock: datetime) -> Select[JobRow]:
    ran_out = and_(JobRow.state == JobState.LEASED, has_run_out(JobRow.lease_until, clock))
    waits = or_(JobRow.state == JobState.PENDING, ran_out)
    return select(JobRow).where(JOB_IS_OPEN, JobRow.kind == JobKind.LOOK, waits).order_by(JobRow.id)


def _is_scoring(session: Session, clock: datetime) -> bool:
    """Say whether anybody holds a frame or a look."""
    frame = select(FrameRow.id).where(FRAME_IS_OPEN, FrameRow.state == FrameState.LEASED, FrameRow.lease_until >= clock)
    look = select(JobRow.id).where(
        JOB_IS_OPEN, JobRow.kind == JobKind.LOOK, JobRow.state == JobState.LEASED, JobRow.lease_until >= clock
    )
    return any(session.scalar(query.limit(1)) is not None for query in (frame, look))


def _end(session: Session, row: JobRow, result: LookResult, now: datetime) -> None:
    row.state = JobState.FAILED if result.failure else JobState.DONE
    row.result, row.lease_owner, row.lease_until = result.as_json(), None, None
    thread = row.arguments.get("thread")
    if thread:
        payload = {"job": row.id, "kind": row.kind, "channel": thread[0], "thread": thread}
        source_id = int(row.arguments["source_id"])
        add_event(session, EventKind.JOB_DONE, source_id=source_id, payload=payload, now=now)
    session.flush()


def _as_look(row: JobRow) -> Look:
    arguments, thread = row.arguments, row.arguments.get("thread")
    return Look(
        id=row.id,
        source_id=int(arguments["source_id"]),
        source=str(arguments["source"]),
        sha256=str(arguments["sha256"]),
        name=str(arguments["name"]),
        requested_by=row.requested_by,
        thread=(str(thread[0]), str(thread[1])) if thread else None,
        state=JobState(row.state),
        attempt=row.attempt,
        created_at=row.created_at,
        result=LookResult.from_json(row.result) if row.result else None,
    )
