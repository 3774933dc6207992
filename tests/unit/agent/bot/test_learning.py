"""What presses under audits and proposals change: once, however many press."""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.bot import learning
from agent.bot.acts import Act, BadValueError
from storage.records import JobKind, LabelKind
from storage.repositories.jobs import UnknownJobError, add_job
from storage.repositories.labels import UnknownInspectionError, add_label, labels_of
from storage.repositories.sources import source_by_name
from tests.factories_agent import NOON, Plant
from tests.factories_learning import add_normals, keep_in, run_jobs


def act(value: object, user: str = "U0ANNA") -> Act:
    return Act(user, str(value), NOON)


def proposed(plant: Plant, folder: Path) -> int:
    """Return the job of a sweep that proposes line-1@2."""
    keep_in(plant, folder)
    for score in (1.2, 1.3):
        found = plant.anomaly(score=score, has_heatmap=False)
        with plant.database.transaction() as session:
            add_label(session, found.id, LabelKind.FALSE_ALARM, author="ada", now=NOON)
    with plant.database.transaction() as session:
        source = source_by_name(session, "line-1").id
        job = add_job(session, JobKind.SWEEP, source_id=source, arguments={}, requested_by="ada", now=NOON)
    assert run_jobs(plant, now=NOON + timedelta(hours=1)) == 1
    return job


def switches(plant: Plant) -> list[str]:
    return [row.action for row in plant.audit() if row.action.startswith("version_")]


def test_applies_and_rolls_back_once_however_many_press(plant: Plant, tmp_path: Path) -> None:
    job = proposed(plant, tmp_path)

    for user in ("U0ANNA", "U0BEN", "U0ANNA"):
        learning.apply_proposal(plant.database, act(job, user))
    for user in ("U0BEN", "U0ANNA"):
        learning.roll_back_proposal(plant.database, act(job, user))

    assert switches(plant) == ["version_applied", "version_rolled_back"]
    with plant.database.reading() as session:
        assert source_by_name(session, "line-1").active_version_id == 1


def test_rolls_back_nothing_that_was_not_applied(plant: Plant, tmp_path: Path) -> None:
    job = proposed(plant, tmp_path)

    learning.roll_back_proposal(plant.database, act(job))

    assert switches(plant) == []


def test_refuses_jobs_that_propose_nothing_and_buttons_of_another_make(plant: Plant) -> None:
    source = plant.source("line-1")
    with plant.database.transaction() as session:
        job = add_job(session, JobKind.SWEEP, source_id=source, arguments={}, requested_by="ada", now=NOON)

    with pytest.raises(BadValueError):
        learning.apply_proposal(plant.database, act(job))
    with pytest.raises(UnknownJobError):
        learning.apply_proposal(plant.database, act(99))
    for value in ("", "1", "1:", ":1", "1:x", "x:1"):
        with pytest.raises(BadValueError):
            learning.say_missed(plant.database, act(value))
    with pytest.raises(UnknownInspectionError):
        learning.say_missed(plant.database, act("1:99"))


def test_labels_a_missed_frame_once(plant: Plant) -> None:
    (frame,) = add_normals(plant, "line-1", [NOON])

    assert [learning.say_missed(plant.database, act(f"7:{frame}")) for _ in range(2)] == [7, 7]

    with plant.database.reading() as session:
        assert [label.kind for label in labels_of(session, frame)] == [LabelKind.MISSED]
