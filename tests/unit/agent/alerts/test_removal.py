from sqlalchemy import select

from agent.notifiers.port import NotifyError
from storage.models import AlarmRow, DeliveryRow
from storage.records import DeliveryKind, DeliveryState
from storage.repositories.forgetting import forget_image, known_image
from tests.factories_agent import NOON, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier


def forget(plant: Plant, shown_id: str) -> None:
    with plant.database.transaction() as session:
        _, blobs = forget_image(session, known_image(session, shown_id), [], actor="ann", now=NOON)
    for sha256 in blobs:
        plant.blobs.remove(sha256)


def test_removes_the_heatmap_and_tells_the_incident_without_it(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    anomaly = plant.anomaly(name="patient-4711.png")
    rounds.run()
    assert len(notifier.uploads) == 1

    forget(plant, anomaly.shown_id)
    rounds.run(20)

    assert notifier.uploads == {}
    (versions,) = notifier.messages.values()
    assert any("patient-4711" in str(block) for block in versions[0].blocks)
    assert not [block for block in versions[-1].blocks if block["type"] == "image" or "patient-4711" in str(block)]


def test_removes_a_contact_sheet_and_makes_another_of_the_others(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    anomalies = [plant.anomaly(score=2.0 + number / 10) for number in range(4)]
    rounds.run(30)
    with plant.database.reading() as session:
        shown = session.scalars(select(DeliveryRow.payload).where(DeliveryRow.kind == DeliveryKind.PICTURE)).all()
    before = {payload["file"] for payload in shown if anomalies[1].id in payload.get("sheet_of", [])}
    assert before

    forget(plant, anomalies[1].shown_id)
    rounds.run(30)

    assert not before & set(notifier.uploads)
    with plant.database.reading() as session:
        payloads = session.scalars(select(DeliveryRow.payload).where(DeliveryRow.kind == DeliveryKind.PICTURE)).all()
    assert not [payload for payload in payloads if anomalies[1].id in payload.get("sheet_of", [])]
    sheets = [payload for payload in payloads if payload.get("file") in notifier.uploads]
    assert sheets[-1]["sheet_of"] == [one.id for one in reversed(anomalies) if one is not anomalies[1]]


def test_tries_again_until_slack_has_removed_it(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    anomaly = plant.anomaly()
    rounds.run()
    forget(plant, anomaly.shown_id)
    notifier.failures = [NotifyError("#oddspot", "HTTP 503"), NotifyError("#oddspot", "HTTP 503")]

    rounds.run(60)

    assert notifier.uploads == {}


def test_raises_an_alarm_where_slack_will_not_remove_it(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    anomaly = plant.anomaly()
    rounds.run()
    forget(plant, anomaly.shown_id)
    edits = [NotifyError("#oddspot", "missing_scope", permanent=True) for _ in range(2)]
    notifier.failures = edits

    rounds.run(20)

    with plant.database.reading() as session:
        row = session.scalars(select(DeliveryRow).where(DeliveryRow.kind == DeliveryKind.REMOVAL)).one()
        alarms = list(session.scalars(select(AlarmRow.reason)))
    assert row.state == DeliveryState.FAILED
    assert "missing_scope" in alarms
