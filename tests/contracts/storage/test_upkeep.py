"""Migrations, retention, digests, leadership and the read-only seam, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from storage.blobs import BlobStore
from storage.database import Database, database_now
from storage.leader import Leadership, somebody_leads
from storage.migrate import NewerDatabaseError, current, downgrade, head, migrate
from storage.models import AuditRow, Base, EventRow, FrameRow, PinRow
from storage.records import LabelKind, SourceState
from storage.repositories.digests import add_due_digests
from storage.repositories.labels import add_label
from storage.repositories.roll_ups import frames_a_day
from storage.repositories.sources import set_source_fault, set_source_state, source_by_name
from storage.repositories.tallies import tally
from storage.repositories.versions import NotFitError, override_fitness, require_fitness, version_by_id
from storage.retention import prune_originals
from tests.factories import NOON, make_inspection, make_source, make_version
from tests.servers.postgres import PostgresServer


def test_migrates_to_exactly_what_the_rows_say(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    assert current(database) == head()


def test_migrates_down_and_up_again(database: Database) -> None:
    downgrade(database, "base")
    assert current(database) is None

    migrate(database)
    migrate(database)

    assert current(database) == head()


def test_refuses_a_database_of_a_newer_version_and_leaves_it_alone(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(NewerDatabaseError, match="newer version"):
            migrate(database)
        assert current(database) == "9999"
    finally:
        with database.transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head()})


def test_tells_the_time_in_utc(database: Database) -> None:
    with database.transaction() as session:
        first, second = database_now(session), database_now(session)

    assert first.utcoffset() == timedelta(0)
    assert first <= second


def test_changes_nothing_through_a_reading_session_on_postgresql(postgres_database: Database) -> None:
    with postgres_database.transaction() as session:
        make_source(session)

    with pytest.raises(DBAPIError, match="read-only"), postgres_database.reading() as session:
        session.execute(text("DELETE FROM source"))


def test_prunes_old_originals_but_never_pinned_labelled_or_fresh_ones(database: Database, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "data")
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        ids = [make_inspection(session, source, version, number, score=0.5) for number in range(4)]
        make_inspection(session, source, version, 9, score=0.5, captured_at=NOON + timedelta(days=39))
        names = [blobs.put(f"frame {number}".encode()) for number in range(4)]
        frames = session.scalars(select(FrameRow).order_by(FrameRow.id)).all()
        for frame, name in zip(frames, names, strict=False):
            frame.sha256 = name
        session.execute(insert(PinRow).values(detector_version_id=version.id, sha256=names[1]))
        add_label(session, ids[2], LabelKind.MISSED, author="x", now=NOON)

    pruned = prune_originals(database, blobs, normal_days=30, anomaly_days=365, now=NOON + timedelta(days=40))

    assert pruned == 2
    assert sorted(blobs.names()) == sorted([names[1], names[2]])


def test_writes_one_digest_a_day_for_a_source_in_commissioning(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session, state=SourceState.COMMISSIONING)
        version = make_version(session, source)
        ids = [make_inspection(session, source, version, n, score=float(n), is_told=False) for n in range(1, 5)]

        assert add_due_digests(session, frames=2, now=NOON + timedelta(hours=23)) == []
        assert add_due_digests(session, frames=2, now=NOON + timedelta(hours=25)) == ["line-1"]
        assert add_due_digests(session, frames=2, now=NOON + timedelta(hours=26)) == []
        event = session.scalars(select(EventRow)).one()

    assert event.payload["inspections"] == [ids[3], ids[2]]
    assert event.payload["frames"] == 4


def test_lets_one_process_lead_and_another_after_it(database: Database, tmp_path: Path) -> None:
    first, second = Leadership(database, tmp_path), Leadership(database, tmp_path)

    assert first.is_leader()
    assert first.is_leader()
    assert not second.is_leader()
    first.release()
    assert second.is_leader()
    second.release()


def test_leads_again_once_the_server_has_dropped_its_session(postgres_database: Database, tmp_path: Path) -> None:
    leader = Leadership(postgres_database, tmp_path)
    assert leader.is_leader()

    with postgres_database.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"))

    assert not leader.is_leader()
    assert leader.is_leader()
    leader.release()


def test_sees_no_leader_of_another_database_on_the_same_server(
    postgres: PostgresServer, postgres_database: Database, tmp_path: Path
) -> None:
    other = Database(postgres.create_database("oddspot_elsewhere"))
    leader = Leadership(other, tmp_path)
    assert leader.is_leader()

    with other.reading() as there, postgres_database.reading() as here:
        assert somebody_leads(other, there, tmp_path)
        assert not somebody_leads(postgres_database, here, tmp_path)
    leader.release()
    other.close()
    postgres.drop_database("oddspot_elsewhere")


def test_forgets_a_fault_when_a_person_resumes_the_source(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        set_source_fault(session, source, "the bundle is damaged", now=NOON)
        faulted = source_by_name(session, "line-1")
        resumed = set_source_state(session, "line-1", SourceState.LIVE, actor="x", now=NOON)

    assert (faulted.state, faulted.fault) == (SourceState.NOT_JUDGED, "the bundle is damaged")
    assert (resumed.state, resumed.fault) == (SourceState.LIVE, None)


def test_knows_a_sources_pace(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        assert frames_a_day(session, source.id, now=NOON) is None
        for number in range(12):
            make_inspection(session, source, version, number, captured_at=NOON + timedelta(hours=number), score=0.5)

        pace = frames_a_day(session, source.id, now=NOON + timedelta(hours=12))
        counted = tally(session)

    assert pace == pytest.approx(24)
    assert (counted.frames, counted.anomalies, counted.untold) == (12, 0, 0)


def test_a_detector_that_is_not_fit_alerts_only_once_a_person_said_so(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session, state=SourceState.COMMISSIONING)
        version = make_version(session, source, details={"fitness": {"word": "not fit", "auroc": 0.5}})
    with database.transaction() as session:
        source = source_by_name(session, source.name)
        with pytest.raises(NotFitError, match=r"line-1@1 was judged not fit.*--override"):
            require_fitness(session, source)
        override_fitness(session, version, actor="ada", now=NOON)
    with database.transaction() as session:
        require_fitness(session, source)
        stored = version_by_id(session, version.id)
        actions = list(session.scalars(select(AuditRow.action)))

    assert not version.may_alert
    assert stored.may_alert
    assert stored.details["fitness"]["word"] == "not fit"
    assert "fitness_overridden" in actions


@pytest.mark.parametrize("details", [{}, {"fitness": None}, {"fitness": {"word": "weak"}}])
def test_a_detector_that_is_fit_or_was_never_judged_may_alert(database: Database, details: dict[str, object]) -> None:
    with database.transaction() as session:
        source = make_source(session)
        assert make_version(session, source, details=details).may_alert
        require_fitness(session, source_by_name(session, source.name))
