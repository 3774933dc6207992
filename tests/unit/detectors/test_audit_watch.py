from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from detectors.audit_watch import start_audits
from storage.models import JobRow
from storage.queries.inspections import get_inspection
from storage.records import SourceState
from tests.factories_agent import Plant, make_plant
from tests.factories_learning import add_normals, minutes, run_jobs

MORNING = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # 9:00 in Berlin
YESTERDAY = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # midnight in Berlin


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = make_plant(tmp_path, time_zone="Europe/Berlin")
    yield made
    made.database.close()


def jobs(plant: Plant) -> list[JobRow]:
    with plant.database.reading() as session:
        return list(session.scalars(select(JobRow)))


def test_starts_one_audit_of_the_day_before_at_its_time_in_its_zone(plant: Plant) -> None:
    add_normals(plant, "line-1", [YESTERDAY - timedelta(seconds=1), YESTERDAY + timedelta(days=1)])
    inside = add_normals(plant, "line-1", minutes(YESTERDAY, 4))

    early = start_audits(plant.database, plant.settings, now=MORNING - timedelta(seconds=1))
    started = start_audits(plant.database, plant.settings, now=MORNING)
    again = start_audits(plant.database, plant.settings, now=MORNING + timedelta(minutes=10))

    assert (early, started, again) == ([], ["line-1"], [])
    (job,) = jobs(plant)
    assert (job.arguments["day"], sorted(job.arguments["inspections"])) == ("2026-11-24", inside)
    assert job.requested_by == "setting:alerts.audit_frames"


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({"alerts": {"audit_frames": 0}}, SourceState.LIVE),
        ({"sources": {"line-1": {"path": "in", "mode": "batch"}}}, SourceState.LIVE),
        ({}, SourceState.COMMISSIONING),
        ({}, SourceState.PAUSED),
    ],
)
def test_audits_only_live_sources_and_only_where_it_is_wanted(
    plant: Plant, settings: dict[str, object], state: SourceState
) -> None:
    add_normals(plant, "line-1", minutes(YESTERDAY, 4))
    plant.source("line-1", state=state)
    plant.reconfigure(**settings)

    assert start_audits(plant.database, plant.settings, now=MORNING) == []


def test_gives_picked_frames_the_thumbnails_they_lack_and_others_none(plant: Plant) -> None:
    ids = add_normals(plant, "line-1", minutes(YESTERDAY, 8))
    start_audits(plant.database, plant.settings, now=MORNING)
    picked = set(jobs(plant)[0].arguments["inspections"])

    run_jobs(plant, now=MORNING)

    with plant.database.reading() as session:
        shown = {one for one in ids if (found := get_inspection(session, one)) is not None and found.thumbnail}
    assert shown == picked
    assert len(picked) == 5


def test_asks_about_frames_without_a_picture_where_the_original_is_gone(plant: Plant) -> None:
    (only,) = add_normals(plant, "line-1", [YESTERDAY])
    for name in list(plant.blobs.names()):
        plant.blobs.remove(name)
    start_audits(plant.database, plant.settings, now=MORNING)

    run_jobs(plant, now=MORNING)

    (job,) = jobs(plant)
    assert (job.state, job.result) == ("done", {"inspections": [only], "pictures": 0})
