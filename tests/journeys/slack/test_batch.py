"""A batch source with thousands of old files: recorded and counted, and nobody is paged."""

from datetime import timedelta

from agent.talk import utc_now
from detectors.drift_watch import watch_drift
from storage.database import Session
from storage.records import DetectorVersion, NewInspection, Source
from storage.repositories.digests import add_due_digests
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.inspections import record_inspection
from storage.repositories.sources import source_by_name
from storage.repositories.versions import active_version
from tests.factories import found, new_frame
from tests.factories_agent import Plant
from tests.journeys.slack.conftest import Start
from tests.journeys.slack.reading import settled
from tests.servers.slack import LocalSlack

FILES, ODD_ONE_IN, OLD = 5000, 25, timedelta(days=90)


def test_pages_nobody_with_five_thousand_old_files(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.reconfigure(sources={"line-1": {"path": "/photos", "mode": "batch"}})
    plant.source("line-1")
    start()
    for first in range(0, FILES, 500):
        with plant.database.transaction() as session:
            source = source_by_name(session, "line-1")
            version = active_version(session, source)
            assert version is not None
            record(session, source, version, range(first, first + 500))
    with plant.database.transaction() as session:
        add_due_digests(session, frames=5, now=utc_now() + timedelta(days=1))
    watch_drift(plant.database, batch=["line-1"], now=utc_now())
    slack.wait_for(lambda: settled(plant), timeout=60)

    assert len(slack.bot_messages()) <= 2
    with plant.database.reading() as session:
        assert source_by_name(session, "line-1").last_frame_at is not None


def record(session: Session, source: Source, version: DetectorVersion, numbers: range) -> None:
    for number in numbers:
        receive_frame(session, new_frame(source, number, captured_at=utc_now() - OLD + timedelta(seconds=number)))
    for number, lease in enumerate(claim_frames(session, owner="test", limit=len(numbers), lease_seconds=60)):
        record_inspection(session, lease, version, inspection(number), is_told=True, pages=False, now=utc_now())


def inspection(number: int) -> NewInspection:
    is_odd = number % ODD_ONE_IN == 0
    return found(2.0, p_value=0.001) if is_odd else found(0.5, p_value=0.1, regions=())
