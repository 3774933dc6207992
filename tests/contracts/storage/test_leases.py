"""What ends a lease, on both databases: its time, a clock that was set back, its holder's death."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from storage.database import Database, database_now
from storage.models import FrameRow, JobRow
from storage.records import FrameState, JobKind
from storage.repositories.frames import claim_frames, finish_frame, receive_frame
from storage.repositories.jobs import add_job, claim_job
from storage.repositories.leases import LONGEST_LEASE, owners_of_leases
from tests.factories import NOON, make_source, make_version, new_frame


def receive_two_and_a_job(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        for number in range(2):
            receive_frame(session, new_frame(source, number))
        add_job(session, JobKind.AUDIT, source_id=source.id, arguments={}, requested_by="anna", now=NOON)


@pytest.mark.parametrize("hours", [1, -1])
def test_leases_again_what_was_leased_before_the_clock_jumped(database: Database, hours: int) -> None:
    receive_two_and_a_job(database)
    with database.transaction() as session:
        (late, _), job = claim_frames(session, owner="before", limit=2, lease_seconds=120), None
        job = claim_job(session, owner="before", lease_seconds=120)
        jumped = database_now(session) - timedelta(hours=hours)  # what the old clock wrote, seen by the new one
        session.execute(update(FrameRow).values(lease_until=jumped + timedelta(seconds=120)))
        session.execute(update(JobRow).values(lease_until=jumped + timedelta(seconds=120)))
    assert job is not None

    with database.transaction() as session:
        again = claim_frames(session, owner="after", limit=2, lease_seconds=120)
        job_again = claim_job(session, owner="after", lease_seconds=120)
        is_lost = not finish_frame(session, late, FrameState.SCORED)

    assert [lease.owner for lease in again] == ["after"]  # one that was tried before is leased alone
    assert job_again is not None
    assert is_lost


def test_leaves_alone_what_is_leased_for_a_while(database: Database) -> None:
    receive_two_and_a_job(database)
    seconds = LONGEST_LEASE.total_seconds() - 60
    with database.transaction() as session:
        claim_frames(session, owner="one", limit=2, lease_seconds=seconds)
        claim_job(session, owner="one", lease_seconds=seconds)

    with database.transaction() as session:
        assert claim_frames(session, owner="other", limit=2, lease_seconds=60) == []
        assert claim_job(session, owner="other", lease_seconds=60) is None


def test_names_those_who_hold_frames_or_jobs(database: Database) -> None:
    receive_two_and_a_job(database)
    with database.transaction() as session:
        (ended,) = claim_frames(session, owner="ended", limit=1, lease_seconds=60)
        finish_frame(session, ended, FrameState.SCORED)
        claim_frames(session, owner="frames", limit=1, lease_seconds=60)
        claim_job(session, owner="jobs", lease_seconds=60)

    with database.reading() as session:
        everybody = owners_of_leases(session, chosen=lambda _: True)
        gone = owners_of_leases(session, chosen=lambda owner: owner == "jobs")
        states = session.scalars(select(FrameRow.state).order_by(FrameRow.id)).all()

    assert (everybody, gone) == (["frames", "jobs"], ["jobs"])
    assert states == ["scored", "leased"]
