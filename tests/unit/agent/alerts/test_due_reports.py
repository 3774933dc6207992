from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.alerts.due_reports import add_due_reports
from storage.records import Delivery
from storage.repositories.deliveries import list_unsent
from tests.factories_agent import Plant

TUESDAY = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)  # 07:00 in Berlin: a day, a month have ended, a shift just now
YESTERDAY = TUESDAY - timedelta(hours=20)


def due(plant: Plant, now: datetime, **reports: Any) -> list[Delivery]:
    """Let what is due be added, and return what is not sent, oldest first."""
    plant.reconfigure(reports={"daily": False} | reports)
    add_due_reports(plant.database, plant.settings, now=now)
    with plant.database.reading() as session:
        return list_unsent(session, limit=50)[::-1]


def told(deliveries: list[Delivery]) -> list[tuple[str, str, list[str]]]:
    return [(one.payload["notice"], one.channel, one.payload["sources"]) for one in deliveries]


def test_tells_the_day_before_once_it_is_seven_in_the_morning(plant: Plant) -> None:
    plant.anomaly("line-1", at=YESTERDAY)

    assert due(plant, TUESDAY - timedelta(seconds=1), daily=True) == []
    found = due(plant, TUESDAY, daily=True)
    assert told(found) == [("daily_report", "#oddspot", ["line-1"])]
    assert found[0].payload["start"] == "2026-11-29T23:00:00+00:00"
    assert due(plant, TUESDAY + timedelta(hours=5), daily=True) == found


def test_tells_only_the_latest_period_after_a_long_silence(plant: Plant) -> None:
    for day in range(5):
        plant.anomaly("line-1", at=YESTERDAY + timedelta(days=day))

    (only,) = due(plant, TUESDAY + timedelta(days=4), daily=True)
    assert only.payload["start"] == "2026-12-03T23:00:00+00:00"


@pytest.mark.parametrize(
    ("asked", "start"),
    [
        ("handover", "2026-11-30T21:00:00+00:00"),
        ("daily", "2026-11-29T23:00:00+00:00"),
        ("weekly", "2026-11-22T23:00:00+00:00"),
        ("monthly", "2026-10-31T23:00:00+00:00"),
    ],
)
def test_tells_what_the_settings_ask_for(plant: Plant, asked: str, start: str) -> None:
    for days in (0, 5, 20):
        plant.anomaly("line-1", at=YESTERDAY - timedelta(days=days))
    plant.anomaly("line-1", at=TUESDAY - timedelta(hours=2))

    (only,) = due(plant, TUESDAY, **{asked: True})
    assert only.payload["start"] == start


def test_hands_over_as_soon_as_a_shift_has_ended(plant: Plant) -> None:
    plant.anomaly("line-1", at=TUESDAY - timedelta(hours=2))
    end = TUESDAY - timedelta(hours=1)

    assert due(plant, end - timedelta(seconds=1), handover=True) == []
    assert told(due(plant, end, handover=True)) == [("handover", "#oddspot", ["line-1"])]


def test_tells_each_channel_of_its_own_sources_in_their_zone(plant: Plant) -> None:
    plant.reconfigure(sources={"far": {"path": "/far", "channel": "#far", "time_zone": "Asia/Tokyo"}})
    for name in ("line-1", "line-2", "far"):
        plant.anomaly(name, at=YESTERDAY)

    assert told(due(plant, TUESDAY, daily=True)) == [
        ("daily_report", "#far", ["far"]),
        ("daily_report", "#oddspot", ["line-1", "line-2"]),
    ]


def test_tells_one_channel_of_everything_where_the_settings_name_it(plant: Plant) -> None:
    plant.reconfigure(sources={"far": {"path": "/far", "channel": "#far"}})
    for name in ("line-1", "far"):
        plant.anomaly(name, at=YESTERDAY)

    assert told(due(plant, TUESDAY, daily=True, channel="#all")) == [("daily_report", "#all", ["far", "line-1"])]


def test_tells_of_a_source_that_fell_silent_only_while_the_settings_name_it(plant: Plant) -> None:
    for name in ("kept", "gone"):
        plant.anomaly(name, at=YESTERDAY - timedelta(days=3))
    plant.reconfigure(sources={"kept": {"path": "/kept"}})

    assert told(due(plant, TUESDAY, daily=True)) == [("daily_report", "#oddspot", ["kept"])]


def test_tells_nothing_where_no_frame_was_ever_received(plant: Plant) -> None:
    plant.source("line-1")
    plant.reconfigure(sources={"line-1": {"path": "/line-1"}})

    assert due(plant, TUESDAY, daily=True) == []
    plant.anomaly("line-1", at=YESTERDAY)
    assert due(plant, TUESDAY + timedelta(hours=1), daily=True) == []


def test_tells_nothing_nobody_asked_for(plant: Plant) -> None:
    plant.anomaly("line-1", at=YESTERDAY)

    assert due(plant, TUESDAY) == []


def test_tells_at_the_next_moment_there_is_where_the_clocks_skip_the_one_asked_for(plant: Plant) -> None:
    skipped = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 in Berlin never was; it is 03:30
    plant.anomaly("line-1", at=skipped - timedelta(hours=20), pages=False)

    assert due(plant, skipped - timedelta(seconds=1), daily=True, at="02:30") == []
    assert len(due(plant, skipped, daily=True, at="02:30")) == 1
