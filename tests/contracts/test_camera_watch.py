"""Several scoring processes judge one camera at once, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from config.settings import Settings
from detectors.camera.knowledge import NOTHING
from detectors.camera_watch import CameraWatch
from storage.database import Database
from storage.models import EventRow, InspectionRow, RollUpRow
from storage.records import DetectorVersion, Fault, Finding, FrameState, Source
from storage.repositories.frames import claim_frames, finish_frames, receive_frame
from storage.repositories.inspections import Recording
from storage.repositories.outages import list_outages
from tests.factories import NOON, found, make_source, make_version, new_frame

FRAMES, AT_ONCE, PROCESSES = 48, 4, 3
SETTINGS = Settings.model_validate({"sources": {"line-1": {"path": "in", "late_after_seconds": 1e9}}})


def work(database: Database, source: Source, version: DetectorVersion, owner: str) -> None:
    """Lease black frames and record them, some at once, until none is left."""
    while True:
        with database.transaction() as session:
            leases = claim_frames(session, owner=owner, limit=AT_ONCE, lease_seconds=60)
        if not leases:
            return
        with database.transaction() as session, Recording(session, now=NOON) as recording:
            watch = CameraWatch(session, SETTINGS, [source.id], recording, now=NOON)
            assert len(finish_frames(session, leases, FrameState.SCORED)) == len(leases)
            for lease in leases:
                watched = watch.judge(source, version, lease.frame, found(fault=Fault.BLACK), NOTHING.checks)
                recording.add(Finding(lease, version, watched.found, is_told=True, pages=True))
                watch.follow(watched)


def test_a_black_camera_is_one_outage_that_counts_every_frame(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        for number in range(FRAMES):
            assert receive_frame(session, new_frame(source, number, captured_at=NOON + timedelta(seconds=number)))

    with ThreadPoolExecutor(PROCESSES) as processes:
        done = [processes.submit(work, database, source, version, f"worker-{number}") for number in range(PROCESSES)]
    assert [one.result() for one in done] == [None] * PROCESSES

    with database.reading() as session:
        [outage] = list_outages(session, limit=9)
        kinds = list(session.scalars(select(EventRow.kind)))
        faults = list(session.scalars(select(InspectionRow.fault)))
        faulted = sum(session.scalars(select(RollUpRow.faulted)))
    assert faults == ["black"] * FRAMES
    assert faulted == FRAMES
    assert kinds == ["outage"]
    assert outage.frames == FRAMES
