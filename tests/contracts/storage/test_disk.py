"""What is remembered of the disk, and what goes early where it is full, on both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from storage.blobs import BlobStore
from storage.database import Database
from storage.models import DiskUseRow, FrameRow, IncidentRow, InspectionRow, PinRow
from storage.records import DiskUse, FrameState, LabelKind
from storage.repositories.alarms import DISK, call_off, clear_alarms, has_alarm, open_alarms, raise_alarm
from storage.repositories.disk import disk_history, note_disk_use
from storage.repositories.labels import add_label
from storage.retention import prune_early
from tests.contracts.storage.test_plans import plans_of
from tests.factories import NOON, make_inspection, make_source, make_version

HOUR = timedelta(hours=1)


def test_notes_the_disk_once_an_hour_and_forgets_it_after_a_week(database: Database) -> None:
    with database.transaction() as session:
        noted = [note_disk_use(session, DiskUse(number, 100), now=NOON + number * HOUR / 4) for number in range(9)]
        note_disk_use(session, DiskUse(500, 100), now=NOON + 169 * HOUR)
        history = disk_history(session, now=NOON + 169 * HOUR)
        rows = session.scalar(select(func.count()).select_from(DiskUseRow))

    assert noted == [number % 4 == 0 for number in range(9)]
    assert [(at - NOON, use.used_bytes) for at, use in history] == [(HOUR, 4), (2 * HOUR, 8), (169 * HOUR, 500)]
    assert rows == 3


def test_forgets_what_a_clock_that_ran_ahead_has_noted(database: Database) -> None:
    with database.transaction() as session:
        note_disk_use(session, DiskUse(1, 100), now=NOON + 48 * HOUR)
        assert note_disk_use(session, DiskUse(2, 100), now=NOON)

        assert [use.used_bytes for _, use in disk_history(session, now=NOON + 72 * HOUR)] == [2]


def test_an_alarm_of_the_disk_stands_until_it_is_called_off(database: Database) -> None:
    with database.transaction() as session:
        assert raise_alarm(session, "low", DISK, "92 % full", now=NOON)
        assert not raise_alarm(session, "low", DISK, "93 % full", now=NOON)
        assert clear_alarms(session, wanted_before=NOON + 99 * HOUR, now=NOON + 99 * HOUR) == []
        assert has_alarm(session, "low", DISK)
        assert call_off(session, "low", DISK, now=NOON)
        assert not call_off(session, "low", DISK, now=NOON)

        assert open_alarms(session) == []
        assert not has_alarm(session, "low", DISK)


def test_a_full_disk_lets_the_oldest_normals_go_first_and_nothing_that_may_be_needed(
    database: Database, tmp_path: Path
) -> None:
    blobs = BlobStore(tmp_path / "data")
    kept = ("labelled", "anomalous", "open", "pinned", "rejected", "dead", "young")
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        ids = {
            name: make_inspection(session, source, version, number, score=2.0 if name == "anomalous" else 0.5)
            for number, name in enumerate(("oldest", "older", "old", *kept))
        }
        hashes = {}
        for number, (name, inspection_id) in enumerate(ids.items()):
            frame_id = session.scalars(select(InspectionRow.frame_id).where(InspectionRow.id == inspection_id)).one()
            hashes[name] = blobs.put(name.encode())
            received_at = NOON - timedelta(days=20) + number * HOUR
            session.execute(
                update(FrameRow).where(FrameRow.id == frame_id).values(sha256=hashes[name], received_at=received_at)
            )
        of = {hashes[name]: name for name in hashes}
        change: dict[str, dict[str, Any]] = {
            "young": {"received_at": NOON - HOUR},
            "rejected": {"state": FrameState.REJECTED},
            "dead": {"state": FrameState.DEAD_LETTER},
        }
        for name, values in change.items():
            session.execute(update(FrameRow).where(FrameRow.sha256 == hashes[name]).values(**values))
        session.execute(insert(PinRow).values(detector_version_id=version.id, sha256=hashes["pinned"]))
        add_label(session, ids["labelled"], LabelKind.MISSED, author="x", now=NOON)
        incident_id = session.scalars(
            insert(IncidentRow)
            .values(source_id=source.id, state="open", opened_at=NOON, last_at=NOON, anomalies=1)
            .returning(IncidentRow.id)
        ).one()
        session.execute(update(InspectionRow).where(InspectionRow.id == ids["open"]).values(incident_id=incident_id))

    left = []
    for _ in range(4):
        went = prune_early(database, blobs, least_days=1, limit=1, now=NOON)
        left.append((went, sorted({of[name] for name in blobs.names()} - set(kept))))

    assert left == [(1, ["old", "older"]), (1, ["old"]), (1, []), (0, [])]
    assert {of[name] for name in blobs.names()} == set(kept)


def test_looks_for_old_originals_only_among_those_kept(sqlite_database: Database, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "data")
    with sqlite_database.transaction() as session:
        source = make_source(session)
        session.add_all(
            FrameRow(
                source_id=source.id,
                sha256=f"{number:064x}",
                captured_at=NOON,
                captured_by="mtime",
                received_at=NOON,
                sequence=0,
                name="part.png",
                size_bytes=1,
                attributes={},
                state=FrameState.SCORED,
                has_blob=number == 1,
            )
            for number in range(3)
        )

    plans = plans_of(
        sqlite_database,
        lambda _: prune_early(sqlite_database, blobs, least_days=1, limit=5, now=NOON),
    )

    assert "USING INDEX ix_frame_kept (received_at<?)" in plans, plans
    assert "USE TEMP B-TREE" not in plans
