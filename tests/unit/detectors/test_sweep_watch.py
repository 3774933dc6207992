from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from detectors.sweep_watch import start_sweeps
from storage.records import LabelKind, SourceState
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.labels import add_label
from tests.factories_agent import NOON, Plant, make_plant


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = make_plant(tmp_path, alerts={"sweep_labels": 4})
    yield made
    made.database.close()


def label(plant: Plant, count: int, *, kind: LabelKind = LabelKind.FALSE_ALARM, at: datetime = NOON) -> None:
    for _ in range(count):
        found = plant.anomaly(at=at, has_heatmap=False)
        with plant.database.transaction() as session:
            join_incident(session, found.id, Joining(timedelta(0)), now=at)
            add_label(session, found.id, kind, author="ada", now=at)
        at += timedelta(hours=2)


def look(plant: Plant, *, hours: float = 9) -> list[tuple[str, str]]:
    return start_sweeps(plant.database, plant.settings, now=NOON + timedelta(hours=hours))


def test_starts_a_sweep_after_so_many_new_labels_and_again_after_as_many(plant: Plant) -> None:
    label(plant, 3, kind=LabelKind.DEFECT)
    assert look(plant) == []
    label(plant, 1, kind=LabelKind.DEFECT)
    assert look(plant) == [("line-1", "labels")]
    assert look(plant) == []
    label(plant, 4, kind=LabelKind.DEFECT, at=NOON + timedelta(hours=10))
    assert look(plant, hours=20) == [("line-1", "labels")]


def test_starts_none_where_the_setting_says_so_or_people_were_unsure(plant: Plant) -> None:
    label(plant, 6, kind=LabelKind.UNSURE)
    assert look(plant) == []
    label(plant, 6, kind=LabelKind.DEFECT)
    plant.reconfigure(alerts={"sweep_labels": 0})
    assert look(plant) == []


def test_asks_for_a_threshold_where_the_budget_is_broken_once_a_week_at_most(plant: Plant) -> None:
    label(plant, 2)
    assert look(plant) == []
    label(plant, 1, at=NOON + timedelta(hours=5))
    assert look(plant) == [("line-1", "budget")]
    assert look(plant, hours=24) == []
    label(plant, 3, at=NOON + timedelta(days=7))
    assert look(plant, hours=24 * 7 + 20) == [("line-1", "budget")]


def test_knows_no_budget_before_a_source_is_live(plant: Plant) -> None:
    label(plant, 3)
    plant.source("line-1", state=SourceState.COMMISSIONING)

    assert look(plant) == []


def test_asks_for_a_threshold_once_commissioning_can_promise_the_budget(plant: Plant) -> None:
    for number in range(6):
        plant.anomaly(at=NOON + timedelta(hours=number), has_heatmap=False)
    plant.source("line-1", state=SourceState.COMMISSIONING)
    assert look(plant, hours=10) == []  # 100 images a week, and one in seven may be odder than all of six

    plant.reconfigure(alerts={"budget": 20})
    assert look(plant, hours=10) == [("line-1", "commissioning")]
    assert look(plant, hours=11) == []
