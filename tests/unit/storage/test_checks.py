"""What doctor says of the database, the data folder, and of what runs and waits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Settings
from storage import checks as storage_checks
from storage.blobs import BlobStore
from storage.database import Database
from storage.leader import Leadership, somebody_leads
from storage.records import EventKind
from storage.repositories.alarms import raise_alarm
from storage.repositories.events import add_event
from storage.repositories.frames import receive_frame
from tests.factories import make_source, new_frame
from tests.servers.postgres import PostgresServer

Found = dict[str, tuple[bool, str]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "data"
    BlobStore(folder)
    return Settings.model_validate({"storage": {"data_dir": folder}})


@pytest.fixture
def database(settings: Settings) -> Database:
    assert look(settings)["database"][0]
    return Database(settings.database_url)


def look(settings: Settings) -> Found:
    return {one.name: (one.is_ok, one.found) for one in storage_checks.checks(settings)}


def test_finds_a_fresh_home_well(settings: Settings) -> None:
    found = look(settings)

    assert [name for name, (is_ok, _) in found.items() if not is_ok] == []
    assert found["queue"][1] == "0 frames wait; nothing runs"
    assert found["database clock"][1] == "as this machine's"
    assert found["file modes"][1].endswith("is 0700")


def test_names_a_folder_that_others_may_look_into(settings: Settings) -> None:
    settings.storage.data_dir.chmod(0o755)

    is_ok, found = look(settings)["file modes"]

    assert not is_ok
    assert found.endswith("is 0755: other users of this machine may look into it")


def test_says_that_frames_wait_and_nobody_works(settings: Settings, database: Database) -> None:
    with database.transaction() as session:
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        receive_frame(session, new_frame(make_source(session), captured_at=hour_ago))
    idle = look(settings)["queue"]
    leadership = Leadership(database, settings.storage.data_dir)
    assert leadership.is_leader()
    led = look(settings)["queue"]
    leadership.release()
    database.close()

    assert idle == (False, "1 frames wait, the oldest for 60 min; no `oddspot detect` runs")
    assert led == (True, "1 frames wait, the oldest for 60 min; `oddspot detect` runs")


def test_says_that_nobody_talks_and_what_stands_in_the_way(settings: Settings, database: Database) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with database.transaction() as session:
        add_event(session, EventKind.DRIFT, source_id=make_source(session).id, payload={}, now=hour_ago)
    untaken = look(settings)["outbox"]
    with database.transaction() as session:
        raise_alarm(session, "failed", "#qa", "is_archived", now=hour_ago)
    alarmed = look(settings)["outbox"]
    database.close()

    assert untaken == (False, "0 to be sent, 0 given up; the oldest waits for minutes")
    assert alarmed == (False, "0 to be sent, 0 given up; is_archived")


def test_holds_the_databases_clock_against_this_machines(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime.now(UTC) - timedelta(seconds=90)
    monkeypatch.setattr(storage_checks, "database_now", lambda _: late)

    is_ok, found = look(settings)["database clock"]
    database.close()

    assert not is_ok
    assert found == "this machine's is 90 s ahead of it"


def test_sees_a_leader_on_postgresql_too(postgres: PostgresServer, postgres_database: Database, tmp_path: Path) -> None:
    def is_led() -> bool:
        with postgres_database.reading() as session:
            return somebody_leads(postgres_database, session, tmp_path)

    assert postgres is not None
    before = is_led()
    leadership = Leadership(postgres_database, tmp_path)
    assert leadership.is_leader()
    during = is_led()
    leadership.release()

    assert (before, during) == (False, True)
