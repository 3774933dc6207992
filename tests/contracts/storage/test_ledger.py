"""The ledger of frames, on both databases."""

from datetime import timedelta
from threading import Barrier, Thread

from sqlalchemy import func, select, update

from storage.database import Database, database_now
from storage.models import EventRow, FrameRow, InspectionRow, RollUpRow
from storage.records import Finding, FrameState, Lease, RejectReason, SourceState
from storage.repositories.frames import (
    MAX_ATTEMPTS,
    claim_frames,
    finish_frame,
    finish_frames,
    give_back_frame,
    give_back_frames_of,
    has_origin,
    queue_depth,
    receive_frame,
    receive_frames,
)
from storage.repositories.inspections import NotFiniteError, Recording, record_inspection, record_inspections
from storage.repositories.sources import set_source_state, source_by_id
from storage.repositories.versions import version_by_id
from tests.factories import NOON, found, lease_one, make_inspection, make_source, make_version, new_frame


def roll_up(database: Database) -> RollUpRow:
    with database.reading() as session:
        return session.scalars(select(RollUpRow)).one()


def receive(database: Database, count: int) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        for number in range(count):
            receive_frame(session, new_frame(source, number))


def expire_leases(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(FrameRow).values(lease_until=database_now(session) - timedelta(seconds=1)))


def test_takes_the_same_bytes_of_the_same_moment_once_and_counts_the_repeat(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        first = receive_frame(session, new_frame(source))
        second = receive_frame(session, new_frame(source))

    assert first is not None
    assert second is None
    assert (roll_up(database).received, roll_up(database).duplicates) == (1, 1)


def test_takes_many_at_once_and_tells_each_apart(database: Database) -> None:
    with database.transaction() as session:
        source, other = make_source(session), make_source(session, "line-2")
        known = receive_frame(session, new_frame(source, 1))
        ids = receive_frames(
            session,
            [
                (new_frame(source, 2), None),
                (new_frame(source, 1), None),  # known
                (new_frame(other, 2), None),  # the same bytes elsewhere
                (new_frame(source, 2), None),  # again among these
                (new_frame(source, 3), RejectReason.TOO_LARGE),
            ],
        )
        assert receive_frames(session, []) == []

    with database.reading() as session:
        rows = session.execute(select(FrameRow.id, FrameRow.source_id, FrameRow.sha256, FrameRow.reason))
        kept = {frame_id: (source_id, sha256, reason) for frame_id, source_id, sha256, reason in rows}
        counts = session.execute(
            select(RollUpRow.source_id, RollUpRow.received, RollUpRow.duplicates, RollUpRow.rejected)
        )
        newest = source_by_id(session, source.id).last_frame_at
        assert {tuple(row) for row in counts} == {(source.id, 3, 2, 1), (other.id, 1, 0, 0)}
    first, again, elsewhere, repeated, rejected = ids
    assert (again, repeated) == (None, None)
    assert kept == {
        known: (source.id, f"{1:064x}", None),
        first: (source.id, f"{2:064x}", None),
        elsewhere: (other.id, f"{2:064x}", None),
        rejected: (source.id, f"{3:064x}", "too_large"),
    }
    assert newest == NOON + timedelta(seconds=3)


def test_ends_an_unreadable_arrival_at_once(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        receive_frame(session, new_frame(source), rejected=RejectReason.NOT_A_REGULAR_FILE)
        assert claim_frames(session, owner="w", limit=5, lease_seconds=60) == []
        row = session.scalars(select(FrameRow)).one()

    assert (row.state, row.reason) == ("rejected", "not_a_regular_file")
    assert roll_up(database).rejected == 1


def test_knows_an_arrival_again_after_a_restart(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        receive_frame(session, new_frame(source, 3))

    with database.reading() as session:
        assert has_origin(session, source.id, f"origin-{source.id}-3")
        assert not has_origin(session, source.id, f"origin-{source.id}-4")


def test_leases_each_frame_to_one_worker_only(database: Database) -> None:
    frames, workers = 40, 4
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        for number in range(frames):
            receive_frame(session, new_frame(source, number))
    leased: list[int] = []
    barrier = Barrier(workers)

    def work(owner: str) -> None:
        barrier.wait()
        while True:
            with database.transaction() as session:
                leases = claim_frames(session, owner=owner, limit=3, lease_seconds=60)
            if not leases:
                return
            leased.extend(lease.frame.id for lease in leases)

    threads = [Thread(target=work, args=(f"w{number}",)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(leased) == sorted(set(leased))
    assert len(leased) == frames


def test_leaves_frames_of_a_paused_source_alone(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session, state=SourceState.PAUSED)
        make_version(session, source)
        receive_frame(session, new_frame(source))

        assert claim_frames(session, owner="w", limit=5, lease_seconds=60) == []
        assert queue_depth(session) == 1


def test_leaves_frames_of_a_source_without_a_bundle_alone(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source, bundle=None)
        receive_frame(session, new_frame(source))

        assert claim_frames(session, owner="w", limit=5, lease_seconds=60) == []


def test_leases_again_what_a_dead_worker_held_and_refuses_the_late_result(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        receive_frame(session, new_frame(source))
        lost = lease_one(session, "dead")
    expire_leases(database)
    with database.transaction() as session:
        held = lease_one(session, "alive")

    with database.transaction() as session:
        late = record_inspection(session, lost, version, found(), is_told=True, pages=True, now=NOON)
    with database.transaction() as session:
        kept = record_inspection(session, held, version, found(), is_told=True, pages=True, now=NOON)

    assert late is None
    assert kept is not None
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InspectionRow)) == 1
        assert session.scalar(select(func.count()).select_from(EventRow)) == 1


def test_gives_a_frame_up_after_five_failures(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        receive_frame(session, new_frame(source))
    for _ in range(MAX_ATTEMPTS):
        with database.transaction() as session:
            assert give_back_frame(session, lease_one(session), counts=True)

    with database.transaction() as session:
        assert claim_frames(session, owner="w", limit=5, lease_seconds=60) == []
        row = session.scalars(select(FrameRow)).one()

    assert row.state == FrameState.DEAD_LETTER
    assert roll_up(database).dead_letter == 1


def test_counts_no_failure_for_a_frame_handed_back_unharmed(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        receive_frame(session, new_frame(source))
    for _ in range(MAX_ATTEMPTS + 2):
        with database.transaction() as session:
            assert give_back_frame(session, lease_one(session), counts=False)

    with database.transaction() as session:
        assert lease_one(session).attempt == 1


def test_ends_a_frame_only_once(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        receive_frame(session, new_frame(source))
        lease = lease_one(session)

    with database.transaction() as session:
        assert finish_frame(session, lease, FrameState.REJECTED, "truncated")
    with database.transaction() as session:
        assert not finish_frame(session, lease, FrameState.SCORED)

    assert (roll_up(database).rejected, roll_up(database).scored) == (1, 0)


def test_writes_inspection_frame_counts_and_event_together(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        inspection_id = make_inspection(session, source, make_version(session, source))

    with database.reading() as session:
        event = session.scalars(select(EventRow)).one()
        frame = session.scalars(select(FrameRow)).one()
    assert (event.inspection_id, event.payload) == (inspection_id, {"pages": True})
    assert frame.state == FrameState.SCORED
    assert (roll_up(database).scored, roll_up(database).anomalous) == (1, 1)


def test_tells_nothing_of_normal_frames_nor_while_commissioning(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        make_inspection(session, source, version, 1, score=0.5)
        make_inspection(session, source, version, 2, is_told=False)

    with database.reading() as session:
        assert session.scalars(select(EventRow)).all() == []


def test_records_many_at_once_and_of_a_lost_lease_nothing(database: Database) -> None:
    receive(database, 4)
    with database.transaction() as session:
        leases = claim_frames(session, owner="slow", limit=4, lease_seconds=60)
        version = version_by_id(session, 1)
        give_back_frame(session, leases[1], counts=True)
        [again] = claim_frames(session, owner="quick", limit=1, lease_seconds=60)
    scores = (2.0, 2.0, 0.5, 3.0)
    findings = [
        Finding(lease, version, found(score), is_told=True, pages=score > 2.0)
        for lease, score in zip(leases, scores, strict=True)
    ]

    with database.transaction() as session:
        ids = record_inspections(session, findings, now=NOON)
    with database.transaction() as session:
        assert record_inspections(session, findings, now=NOON) == [None] * 4

    assert ids[1] is None
    with database.reading() as session:
        rows = session.scalars(select(InspectionRow).order_by(InspectionRow.frame_id)).all()
        told = session.scalars(select(EventRow).order_by(EventRow.id)).all()
        states = session.scalars(select(FrameRow.state).order_by(FrameRow.id)).all()
    assert [(row.id, row.frame_id, row.score) for row in rows] == [
        (ids[place], leases[place].frame.id, scores[place]) for place in (0, 2, 3)
    ]
    assert [(event.inspection_id, event.payload["pages"]) for event in told] == [(ids[0], False), (ids[3], True)]
    assert states == ["scored", "leased", "scored", "scored"]
    assert again.frame.id == leases[1].frame.id
    assert (roll_up(database).scored, roll_up(database).anomalous) == (3, 2)


def test_writes_what_was_recorded_so_far_where_it_is_asked_for(database: Database) -> None:
    receive(database, 2)
    with database.transaction() as session:
        first, second = claim_frames(session, owner="w", limit=2, lease_seconds=60)
        version = version_by_id(session, 1)
        finish_frames(session, [first, second], FrameState.SCORED)
        with Recording(session, now=NOON) as recording:
            recording.add(Finding(first, version, found(0.5), is_told=True, pages=True))
            recording.write()
            written = session.scalars(select(InspectionRow.frame_id)).all()
            recording.add(Finding(second, version, found(0.5), is_told=True, pages=True))
            recording.write()

    assert written == [first.frame.id]
    assert recording.ids.keys() == {first.frame.id, second.frame.id}
    assert roll_up(database).scored == 2


def test_keeps_nothing_of_a_score_that_is_no_number(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        receive_frame(session, new_frame(source))
        lease = lease_one(session)

    for figures in ({"score": float("nan")}, {"threshold": float("inf")}, {"p_value": float("nan")}):
        try:
            with database.transaction() as session:
                record_inspection(session, lease, version, found(**figures), is_told=True, pages=True, now=NOON)
        except NotFiniteError:
            continue
        raise AssertionError(figures)

    with database.reading() as session:
        assert session.scalars(select(InspectionRow)).all() == []
        assert session.scalars(select(FrameRow.state)).one() == FrameState.LEASED


def test_gives_back_what_a_dead_owner_held_and_nothing_else(database: Database) -> None:
    receive(database, 4)
    with database.transaction() as session:
        claim_frames(session, owner="dead", limit=2, lease_seconds=60)
    with database.transaction() as session:
        claim_frames(session, owner="alive", limit=1, lease_seconds=60)

    with database.transaction() as session:
        given_back = give_back_frames_of(session, "dead")

    assert given_back == 2
    with database.reading() as session:
        rows = session.scalars(select(FrameRow).order_by(FrameRow.id)).all()
    assert [(row.state, row.attempt, row.lease_owner) for row in rows] == [
        ("pending", 1, None),
        ("pending", 1, None),
        ("leased", 1, "alive"),
        ("pending", 0, None),
    ]


def test_a_frame_that_was_tried_before_is_leased_alone(database: Database) -> None:
    receive(database, 3)
    with database.transaction() as session:
        [first] = claim_frames(session, owner="one", limit=1, lease_seconds=60)
        give_back_frame(session, first, counts=True)

    with database.transaction() as session:
        alone = claim_frames(session, owner="two", limit=10, lease_seconds=60)
    with database.transaction() as session:
        others = claim_frames(session, owner="two", limit=10, lease_seconds=60)

    assert [lease.frame.id for lease in alone] == [first.frame.id]
    assert len(others) == 2


def test_a_source_that_floods_the_ledger_delays_no_other(database: Database) -> None:
    with database.transaction() as session:
        flood, small, paused = make_source(session), make_source(session, "line-2"), make_source(session, "line-3")
        for source in (flood, small, paused):
            make_version(session, source)
        set_source_state(session, "line-3", SourceState.PAUSED, actor="x", now=NOON)
        for number in range(40):
            receive_frame(session, new_frame(flood, number))
        for source in (small, paused):
            for number in range(3):
                receive_frame(session, new_frame(source, number))
        first = claim_frames(session, owner="w", limit=9, lease_seconds=60)
        second = claim_frames(session, owner="w", limit=9, lease_seconds=60)

    def names(leases: list[Lease]) -> list[tuple[int, str]]:
        return [(lease.frame.source_id, lease.frame.name) for lease in leases]

    assert names(first) == [
        *((flood.id, f"part-{number}.png") for number in range(6)),
        *((small.id, f"part-{number}.png") for number in range(3)),
    ]
    assert [source_id for source_id, _ in names(second)] == [flood.id] * 9


def test_every_source_is_served_where_there_are_more_than_may_be_leased(database: Database) -> None:
    with database.transaction() as session:
        sources = [make_source(session, f"line-{number}") for number in range(6)]
        for source in sources:
            make_version(session, source)
            for number in range(4):
                receive_frame(session, new_frame(source, number))
        leases = []
        for _ in range(12):
            few = claim_frames(session, owner="w", limit=2, lease_seconds=60)
            for lease in few:
                assert finish_frame(session, lease, FrameState.SCORED)
            leases += few

    assert {lease.frame.source_id for lease in leases} == {source.id for source in sources}
    assert len(leases) == 24
