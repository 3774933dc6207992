from datetime import UTC, datetime, timedelta
from typing import Any

from agent.alerts.due_reports import add_due_reports
from agent.notifiers.port import NotifyError
from storage.records import LabelKind
from storage.repositories.deliveries import list_unsent
from storage.repositories.labels import add_label
from tests.factories_agent import Clock, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier

MONDAY = datetime(2026, 12, 7, 6, 0, tzinfo=UTC)
LAST_WEEK = MONDAY - timedelta(days=2)


def tell(plant: Plant, rounds: Rounds, clock: Clock, **reports: Any) -> None:
    clock.now = MONDAY
    plant.reconfigure(reports={"daily": False} | reports)
    add_due_reports(plant.database, plant.settings, now=MONDAY)
    rounds.run(20)


def reports_sent(notifier: FakeNotifier) -> list[str]:
    return [versions[0].text for versions in notifier.messages.values() if "frame" in versions[0].text]


def test_puts_a_chart_the_page_and_a_table_into_a_weeks_thread(
    plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier
) -> None:
    plant.anomaly(at=LAST_WEEK, pages=False)
    tell(plant, rounds, clock, weekly=True)

    uploads = [(place, upload.name, upload.path.read_bytes()) for place, upload in notifier.uploads.values()]
    assert [name for _, name, _ in uploads] == [f"oddspot-2026-week-49.{end}" for end in ("png", "html", "csv")]
    assert len({place for place, _, _ in uploads}) == 1
    chart, page, table = (content for _, _, content in uploads)
    assert chart.startswith(b"\x89PNG")
    assert page.startswith(b"<!doctype html>")
    assert b"line-1," in table
    assert reports_sent(notifier) == [
        "Week 49, 30 Nov to 6 Dec 2026: 1 frame, 1 judged, 1 anomaly (1 unlabelled), down 41 h."
    ]


def test_reads_what_people_said_until_the_report_was_sent(
    plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier
) -> None:
    anomaly = plant.anomaly(at=LAST_WEEK, pages=False)
    clock.now = MONDAY
    plant.reconfigure(reports={"daily": False, "weekly": True})
    add_due_reports(plant.database, plant.settings, now=MONDAY)
    with plant.database.transaction() as session:
        add_label(session, anomaly.id, LabelKind.DEFECT, author="slack:U1", now=MONDAY)
    rounds.run(20)

    assert "(1 defect)" in reports_sent(notifier)[0]


def test_hands_over_with_the_worst_as_one_sheet(
    plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier
) -> None:
    for score in (2.0, 5.0, 3.0, 4.0):
        plant.anomaly(at=MONDAY - timedelta(hours=2), score=score, pages=False)
    tell(plant, rounds, clock, handover=True)

    ((_, upload),) = notifier.uploads.values()
    assert (upload.name, upload.title) == ("oddspot-2026-12-06-2200-worst.png", "The worst of the shift: A-2, A-4, A-3")
    assert upload.path.read_bytes().startswith(b"\x89PNG")


def test_hands_over_without_a_sheet_where_no_picture_is_left(
    plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier
) -> None:
    plant.anomaly(at=MONDAY - timedelta(hours=2), has_heatmap=False, pages=False)
    tell(plant, rounds, clock, handover=True)

    assert notifier.uploads == {}
    assert reports_sent(notifier)[0].startswith("Hand-over: shift 22:00 to 06:00")
    with plant.database.reading() as session:
        assert list_unsent(session, limit=5) == []


def test_adds_no_file_to_a_daily_line(plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier) -> None:
    plant.anomaly(at=MONDAY - timedelta(hours=20), pages=False)
    tell(plant, rounds, clock, daily=True)

    assert notifier.uploads == {}
    assert reports_sent(notifier) == [
        "line-1, Sunday, 6 December 2026: 1 frame, 1 judged, 1 anomaly (1 unlabelled), down 12 h 45 min."
    ]


def test_uploads_a_file_once_whose_answer_was_lost(
    plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier
) -> None:
    plant.anomaly(at=MONDAY - timedelta(hours=2), pages=False)
    notifier.lost_uploads.append(NotifyError("#oddspot", "the connection failed", ambiguous=True))
    tell(plant, rounds, clock, handover=True)

    assert len(notifier.uploads) == 1
    with plant.database.reading() as session:
        assert list_unsent(session, limit=5) == []
