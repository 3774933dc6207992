from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from detectors.jobs.proposing import Found, propose
from detectors.sweep_watch import BUDGET, COMMISSIONING, LABELS
from storage.opening import Stores
from storage.records import JobKind, LabelKind
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.jobs import add_job, job_by_id
from storage.repositories.labels import add_label
from storage.repositories.sources import source_by_name
from storage.repositories.versions import active_version, list_versions
from tests.factories_agent import NOON, Plant, make_plant
from tests.factories_learning import add_normals, keep_in, minutes, run_jobs

FALSE, DEFECT = LabelKind.FALSE_ALARM, LabelKind.DEFECT


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = make_plant(tmp_path)
    keep_in(made, tmp_path)
    yield made
    made.database.close()


def alert(plant: Plant, score: float, kind: LabelKind | None = None, *, days_ago: float = 1.0) -> int:
    at = NOON - timedelta(days=days_ago) + timedelta(hours=plant.frames)
    found = plant.anomaly(score=score, at=at, has_heatmap=False)
    with plant.database.transaction() as session:
        join_incident(session, found.id, Joining(timedelta(minutes=30)), now=at)
        if kind is not None:
            add_label(session, found.id, kind, author="ada", now=at)
    return found.id


def search(plant: Plant, why: str = LABELS) -> Found:
    with plant.database.reading() as session:
        source_id = source_by_name(session, "line-1").id
    stores = Stores(plant.database, plant.blobs)
    return propose(source_id, stores, plant.settings, why=why, now=NOON + timedelta(hours=12))


def versions(plant: Plant) -> list[str]:
    with plant.database.reading() as session:
        return [one.name for one in list_versions(session)]


def test_proposes_a_version_that_avoids_false_alarms_and_finds_every_defect(plant: Plant) -> None:
    alert(plant, 9.0, FALSE, days_ago=30)
    for score, kind in ((1.2, FALSE), (1.3, FALSE), (1.8, DEFECT), (2.0, None), (1.25, None)):
        alert(plant, score, kind)

    proposal = search(plant).proposal

    assert proposal is not None
    assert (proposal.version, proposal.was, proposal.threshold) == ("line-1@2", "line-1@1", 1.3)
    assert (proposal.alerts, proposal.alerts_now, proposal.unlabelled_lost) == (2, 5, 1)
    assert (proposal.false_alarms, proposal.false_alarms_avoided, proposal.lost) == (3, 2, ())
    assert proposal.sentence == (
        "line-1@2 would have sent 2 alerts instead of 5 in the last 7 days and missed none of the 1 labelled defect."
    )
    assert proposal.notes[-1] == "Misses unknown: only alerted frames were labelled."


def test_registers_a_threshold_once_and_leaves_the_active_version_alone(plant: Plant) -> None:
    alert(plant, 1.2, FALSE)
    alert(plant, 1.3, FALSE)

    first, second = search(plant).proposal, search(plant).proposal

    assert first == second
    assert versions(plant) == ["line-1@1", "line-1@2"]
    with plant.database.reading() as session:
        assert source_by_name(session, "line-1").active_version_id == 1


def test_proposes_nothing_where_labels_speak_for_the_threshold_in_use(plant: Plant) -> None:
    alert(plant, 1.2, FALSE)
    alert(plant, 1.1, DEFECT)

    found = search(plant)

    assert found.proposal is None
    assert "fewer than 2 labelled false alarms" in found.reason
    assert versions(plant) == ["line-1@1"]


def test_keeps_a_budget_and_says_what_that_costs(plant: Plant) -> None:
    for score in (1.2, 1.3, 1.6, 1.9):
        alert(plant, score, FALSE)
    lost = alert(plant, 1.4, DEFECT)

    proposal = search(plant, BUDGET).proposal

    assert proposal is not None
    assert proposal.threshold == 1.3
    plant.reconfigure(alerts={"budget": 1}, storage=plant.settings.storage.model_dump())
    dearer = search(plant, BUDGET).proposal
    assert dearer is not None
    assert (dearer.threshold, dearer.lost) == (1.6, (lost,))
    assert f"missed 1 of the 1 labelled defect, A-{lost} among them, which line-1@1 finds." in dearer.sentence


def test_proposes_a_lower_threshold_only_within_the_budget(plant: Plant) -> None:
    (missed, *_) = add_normals(plant, "line-1", [NOON - timedelta(days=1)], score=0.9)
    with plant.database.transaction() as session:
        add_label(session, missed, LabelKind.MISSED, author="ada", now=NOON)
    few = search(plant).proposal
    add_normals(plant, "line-1", minutes(NOON - timedelta(days=3), 3, every=60), score=0.95)
    many = search(plant)

    assert few is not None
    assert (few.threshold, few.defects_below, few.alerts) == (0.8999, 0, 1)
    assert (many.proposal, many.reason) == (
        None,
        "a threshold that finds what was missed would add 4 alerts in 7 days",
    )


def test_proposes_the_threshold_that_keeps_the_budget_in_commissioning(plant: Plant) -> None:
    for score, kind in ((1.2, None), (1.9, None), (3.0, DEFECT), (1.4, None)):
        alert(plant, score, kind, days_ago=3.0)

    found = search(plant, COMMISSIONING)

    assert found.proposal is not None
    assert (found.proposal.threshold, found.proposal.lost) == (1.4, ())
    assert found.reason == "4 images of its commissioning"


def test_makes_the_threshold_a_person_asked_for_a_version_that_judges_nothing_yet(plant: Plant) -> None:
    alert(plant, 1.2, FALSE)
    alert(plant, 1.8, DEFECT)
    with plant.database.transaction() as session:
        source = source_by_name(session, "line-1")
        arguments, by, kind = {"threshold": 1.5, "reason": "person"}, "slack:U0ANNA", JobKind.THRESHOLD
        job = add_job(session, kind, source_id=source.id, arguments=arguments, requested_by=by, now=NOON)
    run_jobs(plant, now=NOON + timedelta(hours=12))

    with plant.database.reading() as session:
        done, active = job_by_id(session, job), active_version(session, source_by_name(session, "line-1"))
    assert done.state == "done"
    assert done.result is not None
    assert (done.result["proposal"]["threshold"], done.result["proposal"]["version"]) == (1.5, "line-1@2")
    assert active is not None
    assert active.name == "line-1@1"
