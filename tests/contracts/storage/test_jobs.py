"""Jobs are leased and fenced like frames, on both databases."""

from datetime import timedelta

from storage.database import Database, Session
from storage.records import JobKind, JobState
from storage.repositories.jobs import (
    MAX_ATTEMPTS,
    add_job,
    claim_job,
    finish_job,
    give_back_job,
    give_back_jobs_of,
    job_by_id,
    keep_job,
    last_job,
)
from tests.factories import NOON, make_source


def ask(session: Session, *, source_id: int = 1, **arguments: object) -> int:
    return add_job(session, JobKind.SWEEP, source_id=source_id, arguments=arguments, requested_by="test", now=NOON)


def test_gives_the_oldest_job_to_one_runner_alone(database: Database) -> None:
    with database.transaction() as session:
        first, second = ask(session), ask(session)
        leases = [claim_job(session, owner=owner, lease_seconds=60) for owner in ("a", "b", "c")]

    assert [lease.job.id if lease else None for lease in leases] == [first, second, None]


def test_gives_a_job_again_whose_lease_ran_out_and_refuses_the_first_runners_result(database: Database) -> None:
    with database.transaction() as session:
        job_id = ask(session)
        slow = claim_job(session, owner="slow", lease_seconds=-1)
        quick = claim_job(session, owner="quick", lease_seconds=60)
        assert slow is not None
        assert quick is not None

        assert not finish_job(session, slow, {"by": "slow"})
        assert not keep_job(session, slow, lease_seconds=60)
        assert keep_job(session, quick, lease_seconds=60)
        assert finish_job(session, quick, {"by": "quick"})
        assert not finish_job(session, quick, {"by": "quick again"})
    with database.reading() as session:
        job = job_by_id(session, job_id)
    assert (job.state, job.result) == (JobState.DONE, {"by": "quick"})


def test_ends_a_job_that_failed_too_often(database: Database) -> None:
    with database.transaction() as session:
        job_id = ask(session)
        for _ in range(MAX_ATTEMPTS):
            lease = claim_job(session, owner="a", lease_seconds=60)
            assert lease is not None
            assert give_back_job(session, lease, counts=True)

        assert claim_job(session, owner="a", lease_seconds=60) is None
        assert job_by_id(session, job_id).state == JobState.FAILED


def test_counts_no_attempt_that_was_no_failure(database: Database) -> None:
    with database.transaction() as session:
        job_id = ask(session)
        lease = claim_job(session, owner="a", lease_seconds=60)
        assert lease is not None
        give_back_job(session, lease, counts=False)

        assert job_by_id(session, job_id).attempt == 0


def test_a_stopped_owner_hands_back_its_jobs_without_a_failure(database: Database) -> None:
    with database.transaction() as session:
        job_id = ask(session)
        assert claim_job(session, owner="stopped", lease_seconds=60) is not None

        assert give_back_jobs_of(session, "stopped", counts=False) == 1
        session.expire_all()
        assert (job_by_id(session, job_id).state, job_by_id(session, job_id).attempt) == ("pending", 0)


def test_finds_the_last_job_of_a_source_and_a_reason(database: Database) -> None:
    with database.transaction() as session:
        one, other = make_source(session).id, make_source(session, "line-2").id
        ask(session, source_id=one, reason="labels")
        wanted = ask(session, source_id=one, reason="budget")
        ask(session, source_id=other, reason="budget")
        newest = ask(session, source_id=one, reason="labels")

        found = last_job(session, JobKind.SWEEP, one, reason="budget")
        last = last_job(session, JobKind.SWEEP, one)
        none = last_job(session, JobKind.AUDIT, one)

    assert found is not None
    assert last is not None
    assert (found.id, last.id, none) == (wanted, newest, None)
    assert found.created_at == NOON
    assert found.created_at < NOON + timedelta(seconds=1)
