from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select, update

from detectors.errors import DetectorError
from detectors.jobs import runner
from detectors.jobs.runner import JobRunner
from detectors.jobs.workshop import Outcome, Workshop
from storage.models import EventRow, JobRow
from storage.opening import Stores
from storage.records import Job, JobKind, JobState
from storage.repositories.jobs import MAX_ATTEMPTS, add_job, claim_job, job_by_id
from tests.factories_agent import Clock, Plant, make_plant


@dataclass
class Work:
    """A kind of work that does what the test says."""

    errors: list[Exception] = field(default_factory=list)
    outcome: Outcome = field(default_factory=lambda: Outcome({"made": 3}))

    def __call__(self, _: Workshop, __: Job) -> Outcome:
        if self.errors:
            raise self.errors.pop(0)
        return self.outcome


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = make_plant(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    made = Work()
    monkeypatch.setitem(runner.WORK, JobKind.SWEEP, made)
    return made


def ask(plant: Plant) -> int:
    source_id = plant.source("line-1")
    with plant.database.transaction() as session:
        return add_job(session, JobKind.SWEEP, source_id=source_id, arguments={}, requested_by="ada", now=Clock()())


def make_runner(plant: Plant) -> JobRunner:
    def no_decoder(_: str) -> None:
        raise AssertionError

    workshop = Workshop(Stores(plant.database, plant.blobs), plant.settings, no_decoder, Clock())  # type: ignore[arg-type]
    return JobRunner("test", workshop)


def job(plant: Plant, job_id: int) -> Job:
    with plant.database.reading() as session:
        return job_by_id(session, job_id)


def events(plant: Plant) -> list[dict[str, object]]:
    with plant.database.reading() as session:
        return [row.payload for row in session.scalars(select(EventRow)) if row.kind == "job_done"]


def test_ends_a_job_with_its_result_and_tells_it_once(plant: Plant, work: Work) -> None:
    job_id = ask(plant)
    running = make_runner(plant)

    assert (running.run_one(), running.run_one()) == (True, False)

    assert work.errors == []
    done = job(plant, job_id)
    assert (done.state, done.result) == (JobState.DONE, {"made": 3})
    assert events(plant) == [{"job": job_id, "kind": "sweep"}]


def test_tells_nothing_of_a_job_nobody_has_to_hear_of(plant: Plant, work: Work) -> None:
    work.outcome = Outcome({"none": "nothing better"}, is_told=False)
    ask(plant)

    make_runner(plant).run_one()

    assert events(plant) == []


def test_ends_a_job_that_cannot_be_done_and_says_why(plant: Plant, work: Work) -> None:
    work.errors = [DetectorError("the bundle is damaged.")]
    job_id = ask(plant)

    make_runner(plant).run_one()

    assert (job(plant, job_id).state, job(plant, job_id).result) == (
        JobState.FAILED,
        {"reason": "the bundle is damaged."},
    )
    assert events(plant) == [{"job": job_id, "kind": "sweep", "text": "Sweep did not work: the bundle is damaged."}]


def test_tries_again_after_a_fault_and_gives_up_after_five(plant: Plant, work: Work) -> None:
    work.errors = [RuntimeError() for _ in range(MAX_ATTEMPTS)]
    job_id = ask(plant)
    running = make_runner(plant)

    for _ in range(MAX_ATTEMPTS):
        assert running.run_one()
    assert not running.run_one()

    assert job(plant, job_id).state == JobState.FAILED
    assert events(plant) == []


def test_writes_no_result_where_its_lease_was_lost(plant: Plant, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = ask(plant)
    monkeypatch.setattr(runner, "LEASE_SECONDS", -1.0)

    def lost(_: Workshop, __: Job) -> Outcome:
        with plant.database.transaction() as session:
            assert claim_job(session, owner="another", lease_seconds=60) is not None
        return work.outcome

    monkeypatch.setitem(runner.WORK, JobKind.SWEEP, lost)
    make_runner(plant).run_one()

    assert job(plant, job_id).state == JobState.LEASED
    assert events(plant) == []


def test_lengthens_the_lease_of_long_work_until_it_is_lost(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(plant)
    kept = []

    def long(workshop: Workshop, _: Job) -> Outcome:
        kept.append(workshop.keep())
        with plant.database.transaction() as session:
            session.execute(update(JobRow).values(lease_owner="another"))
        kept.append(workshop.keep())
        return Outcome()

    monkeypatch.setitem(runner.WORK, JobKind.SWEEP, long)
    make_runner(plant).run_one()

    assert kept == [True, False]
