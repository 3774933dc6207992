"""Many workers on one ledger: every frame once, a share for each, and nobody waits for another in a ring."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select

from storage.database import Database
from storage.models import CapturedRollUpRow, FrameRow, InspectionRow, RollUpRow
from storage.records import DetectorVersion, FrameState, Lease
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.inspections import record_inspection
from tests.factories import NOON, found, make_source, make_version, new_frame

WORKERS, SOURCES, FRAMES, AT_ONCE = 6, 3, 240, 8


def plant(database: Database) -> dict[int, DetectorVersion]:
    """Frames of several sources, captured and received in several quarters of an hour."""
    versions = {}
    with database.transaction() as session:
        sources = [make_source(session, f"line-{number}") for number in range(SOURCES)]
        versions = {source.id: make_version(session, source) for source in sources}
        for number in range(FRAMES):
            at = NOON + timedelta(minutes=number % 50)
            receive_frame(session, new_frame(sources[number % SOURCES], number, captured_at=at))
    return versions


def test_ends_every_frame_once_and_counts_it_once(database: Database) -> None:
    versions = plant(database)
    start = threading.Barrier(WORKERS)

    def work(place: int) -> int:
        chance, ended = random.Random(place), 0  # noqa: S311 - another order for each
        start.wait()
        while True:
            with database.transaction() as session:
                leases = claim_frames(session, owner=f"worker-{place}", limit=AT_ONCE, lease_seconds=60)
            if not leases:
                return ended
            chance.shuffle(leases)  # the spans they count are touched in an order of their own
            with database.transaction() as session:
                for lease in leases:
                    version = versions[lease.frame.source_id]
                    result = found(0.5)
                    assert record_inspection(session, lease, version, result, is_told=False, pages=False, now=NOON)
            ended += len(leases)

    with ThreadPoolExecutor(WORKERS) as pool:
        shares = list(pool.map(work, range(WORKERS)))

    with database.reading() as session:
        states = Counter(session.scalars(select(FrameRow.state)))
        inspected = session.scalar(select(func.count(func.distinct(InspectionRow.frame_id))))
        captured = session.scalar(select(func.sum(CapturedRollUpRow.inspections)))
        received, scored = session.execute(select(func.sum(RollUpRow.received), func.sum(RollUpRow.scored))).one()
    assert sum(shares) == FRAMES
    assert states == {FrameState.SCORED: FRAMES}
    assert (inspected, captured, received, scored) == (FRAMES, FRAMES, FRAMES, FRAMES)


def test_leases_the_oldest_first_and_never_one_twice(database: Database) -> None:
    plant(database)
    owners = [f"worker-{place}" for place in range(WORKERS)]
    taken: list[list[int]] = []
    for owner in owners * 2:
        with database.transaction() as session:
            leases = claim_frames(session, owner=owner, limit=AT_ONCE, lease_seconds=60)
        taken.append([lease.frame.id for lease in leases])

    every = [frame_id for batch in taken for frame_id in batch]
    assert every == list(range(1, len(every) + 1))
    assert {len(batch) for batch in taken} == {AT_ONCE}


def test_workers_that_count_the_same_spans_in_another_order_never_wait_in_a_ring(postgres_database: Database) -> None:
    versions = plant(postgres_database)
    source_ids = sorted(versions)
    both_have_counted = threading.Barrier(2)

    def work(order: list[int]) -> None:
        with postgres_database.transaction() as session:
            leases: dict[int, Lease] = {}
            while not leases.keys() >= set(order):
                [lease] = claim_frames(session, owner=str(order), limit=1, lease_seconds=60)
                if lease.frame.source_id not in leases:
                    leases[lease.frame.source_id] = lease
            for place, source_id in enumerate(order):
                version, lease = versions[source_id], leases[source_id]
                result = found(0.5)
                record_inspection(session, lease, version, result, is_told=False, pages=False, now=NOON)
                if place == 0:
                    both_have_counted.wait()  # each has counted one source, and will count the other's

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, source_ids[:2]), pool.submit(work, source_ids[:2][::-1])]:
            done.result(timeout=60)
