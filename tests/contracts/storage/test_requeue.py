"""Frames that were given up or rejected wait again by a person's act, on both databases."""

from datetime import timedelta

from sqlalchemy import select, update

from storage.database import Database, Session
from storage.models import AuditRow, FrameRow, RollUpRow
from storage.records import FrameState, Lease, RejectReason
from storage.repositories.frames import MAX_ATTEMPTS, claim_frames, finish_frame, receive_frame
from storage.repositories.requeue import ACTION, Ended, ended_frames, frames_to_requeue, requeue_frame
from tests.factories import NOON, lease_one, make_inspection, make_source, make_version, new_frame

LATER = NOON + timedelta(hours=2)


def end(session: Session, lease: Lease, reason: str) -> int:
    assert finish_frame(session, lease, FrameState.REJECTED, reason)
    return lease.frame.id


def give_up(session: Session) -> int:
    """Fail the frame that waits until it goes to dead_letter."""
    lease = lease_one(session)
    session.execute(
        update(FrameRow).where(FrameRow.id == lease.frame.id).values(attempt=MAX_ATTEMPTS, state=FrameState.PENDING)
    )
    assert claim_frames(session, owner="w", limit=1, lease_seconds=60) == []
    return lease.frame.id


def test_lists_what_ended_unscored_by_source_and_reason(database: Database) -> None:
    with database.transaction() as session:
        source, other = make_source(session), make_source(session, "line-2")
        version, _ = make_version(session, source), make_version(session, other)
        for number in range(2):
            receive_frame(session, new_frame(source, number))
            end(session, lease_one(session), "truncated")
        receive_frame(session, new_frame(source, 3), rejected=RejectReason.NOT_A_REGULAR_FILE)
        receive_frame(session, new_frame(other, 4))
        give_up(session)
        make_inspection(session, source, version, 5)

        found = [(one.source, one.state, one.reason, one.frames, one.with_image) for one in ended_frames(session)]

    assert found == [
        ("line-1", "rejected", "truncated", 2, 2),
        ("line-1", "rejected", "not_a_regular_file", 1, 0),
        ("line-2", "dead_letter", f"failed {MAX_ATTEMPTS} times", 1, 1),
    ]


def test_lets_a_frame_wait_again_as_if_never_tried(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        receive_frame(session, new_frame(source))
        frame = give_up(session)

        assert requeue_frame(session, frame, actor="terminal:ann", now=LATER)

    with database.transaction() as session:
        counts = session.scalars(select(RollUpRow)).one()
        act = session.scalars(select(AuditRow).where(AuditRow.action == ACTION)).one()
        lease = lease_one(session)
    assert (counts.received, counts.dead_letter) == (1, 0)
    assert (act.actor, act.action, act.subject) == ("terminal:ann", "frame_requeued", f"frame-{frame}")
    assert act.detail == {"was": "dead_letter", "reason": f"failed {MAX_ATTEMPTS} times"}
    assert (lease.frame.id, lease.attempt, lease.frame.reason) == (frame, 1, None)


def test_leaves_alone_what_is_scored_waits_or_has_no_image(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        make_inspection(session, source, version, 1)
        waiting = receive_frame(session, new_frame(source, 2))
        gone = receive_frame(session, new_frame(source, 3), rejected=RejectReason.TOO_LARGE)
        scored = session.scalars(select(FrameRow.id).where(FrameRow.state == FrameState.SCORED)).one()

        tried = [requeue_frame(session, one or 0, actor="a", now=LATER) for one in (scored, waiting, gone, 999)]
        acts = session.scalars(select(AuditRow).where(AuditRow.action == ACTION)).all()

    assert tried == [False] * 4
    assert list(acts) == []


def test_chooses_by_state_reason_and_source_oldest_first(database: Database) -> None:
    with database.transaction() as session:
        source, other = make_source(session), make_source(session, "line-2")
        make_version(session, source)
        make_version(session, other)
        ended = {}
        for number, (place, reason) in enumerate(
            [(source, "truncated"), (source, "decoder_crash"), (other, "truncated"), (source, "truncated")]
        ):
            receive_frame(session, new_frame(place, number))
            ended[number] = end(session, lease_one(session), reason)
        receive_frame(session, new_frame(source, 9))
        dead = give_up(session)

        def meant(limit: int = 10, **wanted: object) -> list[int]:
            return frames_to_requeue(session, Ended(**wanted), limit=limit)  # type: ignore[arg-type]  # by the caller

        assert meant(state=FrameState.REJECTED, reason="truncated") == [ended[0], ended[2], ended[3]]
        assert meant(state=FrameState.REJECTED, reason="truncated", source="line-1") == [ended[0], ended[3]]
        assert meant(state=FrameState.REJECTED, reason="truncated", limit=1) == [ended[0]]
        assert meant(state=FrameState.DEAD_LETTER) == [dead]
        assert meant(ids=(ended[1], 12_345)) == [ended[1]]
