"""What waits before the newest pictures of a source is dropped, once and counted, on both databases."""

import threading

from sqlalchemy import select, update

from storage.database import Database
from storage.models import FrameRow, RollUpRow
from storage.queries.operations import operations
from storage.records import FrameState
from storage.repositories.frames import claim_frames, finish_frame, receive_frame
from storage.repositories.overtaken import count_waiting, drop_overtaken
from tests.contracts.storage.test_plans import plans_of
from tests.factories import NOON, make_source, make_version, new_frame


def receive(database: Database, count: int, name: str = "line-1") -> int:
    with database.transaction() as session:
        source = make_source(session, name)
        if source.active_version_id is None:
            make_version(session, source)
        for number in range(count):
            receive_frame(session, new_frame(source, number))
    return source.id


def states(database: Database, source_id: int) -> list[tuple[str, str | None, bool]]:
    with database.reading() as session:
        rows = session.scalars(select(FrameRow).where(FrameRow.source_id == source_id).order_by(FrameRow.id))
        return [(row.state, row.reason, row.has_blob) for row in rows]


WAITS, HELD, GONE = ("pending", None, True), ("leased", None, True), ("dropped", "overtaken", False)


def test_drops_what_waits_before_the_newest_of_one_source_and_counts_it(database: Database) -> None:
    camera, other = receive(database, 6), receive(database, 6, "line-2")
    with database.transaction() as session:
        session.execute(update(FrameRow).where(FrameRow.source_id == other).values(sha256="f" * 64))
        [lease] = claim_frames(session, owner="w", limit=1, lease_seconds=60)
        dropped, unneeded = drop_overtaken(session, camera, keep=2)
        again, _ = drop_overtaken(session, camera, keep=2)

    assert lease.frame.source_id == camera
    assert states(database, camera) == [HELD, GONE, GONE, GONE, WAITS, WAITS]
    assert states(database, other) == [WAITS] * 6
    assert (dropped, again) == (3, 0)
    assert unneeded == {f"{number:064x}" for number in (1, 2, 3)}
    with database.transaction() as session:
        counted = session.scalars(select(RollUpRow).where(RollUpRow.source_id == camera)).one()
        assert (counted.received, counted.dropped) == (6, 3)
        assert operations(session, now=NOON).lost == {("dropped", "overtaken"): 3}
        assert count_waiting(session, camera, most=100) == 3
        assert count_waiting(session, camera, most=2) == 2
        assert finish_frame(session, lease, FrameState.SCORED)


def test_keeps_the_bytes_that_another_frame_still_needs(database: Database) -> None:
    camera = receive(database, 3)
    with database.transaction() as session:
        session.execute(update(FrameRow).where(FrameRow.source_id == camera).values(sha256="a" * 64))
        dropped, unneeded = drop_overtaken(session, camera, keep=1)

    assert (dropped, unneeded) == (2, set())


def test_never_drops_what_a_worker_takes_at_the_same_moment(database: Database) -> None:
    camera = receive(database, 400)
    leased: list[int] = []

    def claim() -> None:
        for _ in range(20):
            with database.transaction() as session:
                leases = claim_frames(session, owner="w", limit=5, lease_seconds=60)
            leased.extend(lease.frame.id for lease in leases)

    worker = threading.Thread(target=claim)
    worker.start()
    dropped = 0
    while worker.is_alive():
        with database.transaction() as session:
            dropped += drop_overtaken(session, camera, keep=40)[0]
    worker.join()

    found = states(database, camera)
    assert found.count(HELD) == len(leased) == len(set(leased))
    assert found.count(GONE) == dropped
    assert found.count(HELD) + found.count(GONE) + found.count(WAITS) == 400


def test_looks_at_open_frames_of_its_source_only(sqlite_database: Database) -> None:
    receive(sqlite_database, 1)

    plans = plans_of(sqlite_database, lambda session: drop_overtaken(session, 1, keep=1))
    plans += "\n" + plans_of(sqlite_database, lambda session: count_waiting(session, 1, most=9))

    assert "SCAN frame" not in plans
    assert plans.count("ix_frame_open_of_source (source_id=?)") == 2, plans
