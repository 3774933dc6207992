from storage.records import DeliveryState, EventKind, Inspection
from storage.repositories.deliveries import list_unsent
from storage.repositories.events import add_event
from tests.factories_agent import NOON, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier


def tell_digest(plant: Plant, *frames: Inspection) -> None:
    payload = {"inspections": [frame.id for frame in frames], "frames": 40, "since": NOON.isoformat()}
    with plant.database.transaction() as session:
        add_event(session, EventKind.DIGEST, source_id=plant.source(), payload=payload, now=NOON)


def test_puts_the_oddest_frames_into_the_digests_thread(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    frames = [plant.anomaly(pages=False, has_heatmap=has_heatmap) for has_heatmap in (True, False, True)]
    tell_digest(plant, *frames)
    rounds.run()

    ((place, upload),) = notifier.uploads.values()
    assert upload.alt_text == "Heatmaps of A-1, A-3 from line-1"
    assert upload.path.read_bytes().startswith(b"\x89PNG")
    assert place in notifier.messages


def test_tells_a_digest_without_pictures_where_there_are_none(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    tell_digest(plant, plant.anomaly(pages=False, has_heatmap=False))
    rounds.run()

    assert len(notifier.messages) == 1
    assert notifier.uploads == {}


def test_gives_up_a_sheet_whose_heatmaps_are_gone(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    frame = plant.anomaly(pages=False)
    tell_digest(plant, frame)
    plant.blobs.remove(frame.heatmap or "")
    rounds.run()

    assert len(notifier.messages) == 1
    with plant.database.reading() as session:
        assert [one.state for one in list_unsent(session, limit=5)] == [DeliveryState.FAILED]
