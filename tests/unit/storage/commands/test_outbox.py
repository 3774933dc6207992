import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from storage.cli import app
from storage.database import Database
from storage.errors import StorageError
from storage.migrate import migrate
from storage.models import AuditRow, DeliveryRow
from storage.records import DeliveryKind, EventKind, NewDelivery
from storage.repositories.alarms import FAILED, raise_alarm
from storage.repositories.deliveries import add_delivery, mark_due_again, mark_failed
from storage.repositories.events import add_event
from storage.repositories.sending import claim_for_channels
from tests.factories import make_source

SINCE = datetime.now(UTC) - timedelta(hours=2, minutes=5)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "oddspot.yaml").write_text("storage: {data_dir: data}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def outbox(home: Path) -> Iterator[Database]:
    """Four deliveries: given up, put off, planned, and one not tried yet."""
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    migrate(database)
    with database.transaction() as session:
        for channel in ("#gone", "#busy"):
            add_delivery(session, NewDelivery(DeliveryKind.NOTICE, channel, SINCE, payload={"notice": "x"}), now=SINCE)
        claimed = claim_for_channels(session, busy=(), limit=2, now=SINCE)
        busy, gone = sorted(claimed, key=lambda one: one.channel)
        assert mark_failed(session, gone, error="is_archived")
        later = datetime.now(UTC) + timedelta(minutes=3)
        assert mark_due_again(session, busy, due_at=later, error="HTTP 503")
        raise_alarm(session, FAILED, "#gone", "is_archived", now=SINCE)
        night = datetime.now(UTC) + timedelta(hours=5)
        summary = NewDelivery(DeliveryKind.NOTICE, "#quiet", night, payload={"notice": "quiet"})
        add_delivery(session, summary, now=SINCE)
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#new", SINCE), now=SINCE + timedelta(hours=2))
    yield database
    database.close()


def run(home: Path, *arguments: str) -> str:
    options = ["--config", str(home / "oddspot.yaml")]
    at = 2 if arguments[:1] and arguments[0] in {"retry", "drop"} else 1
    line = ["outbox", *arguments]
    result = CliRunner().invoke(app, [*line[:at], *options, *line[at:]])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def listed(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(home, "--json").splitlines()]


def test_says_of_everything_unsent_why(home: Path, outbox: Database) -> None:
    del outbox
    found = {one["channel"]: one for one in listed(home)}

    assert list(found) == ["#gone", "#busy", "#new", "#quiet"]
    assert [one["why"] for one in found.values()] == [
        "given up: is_archived",
        "HTTP 503",
        "waits its turn",
        "kept back by quiet hours",
    ]
    assert (found["#gone"]["state"], found["#gone"]["next_try_at"]) == ("failed", None)
    assert found["#busy"]["attempts"] == 1
    assert found["#gone"]["age_seconds"] >= 7500
    assert found["#quiet"]["age_seconds"] == 0


def test_shows_people_a_table_and_the_alarms_that_stand(
    home: Path, outbox: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    del outbox
    monkeypatch.setenv("COLUMNS", "160")
    shown = run(home)

    assert re.search(r"2 h \d+ min", shown)
    assert "given up: is_archived" in shown
    assert "Alarm since" in shown


def test_tries_again_and_lets_go_with_an_audit_row_each(home: Path, outbox: Database) -> None:
    assert run(home, "retry", "D-1") == "D-1 will be tried again now.\n"
    assert run(home, "drop", "2", "d-3") == "D-2 is dropped.\nD-3 is dropped.\n"

    left = {one["channel"]: (one["state"], one["age_seconds"] < 60) for one in listed(home)}
    assert left == {"#gone": ("pending", True), "#new": ("pending", False)}
    with outbox.reading() as session:
        audit = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert [(row.action, row.subject, row.detail["was"]) for row in audit] == [
        ("delivery_retry", "D-1", "failed"),
        ("delivery_drop", "D-2", "pending"),
        ("delivery_drop", "D-3", "pending"),
    ]
    assert all(row.actor.startswith("terminal:") for row in audit)


def test_tries_everything_given_up_again_of_one_channel_or_of_all(home: Path, outbox: Database) -> None:
    del outbox
    assert run(home, "retry", "--failed", "--channel", "#busy") == "Nothing of the kind was given up.\n"
    assert run(home, "retry", "--failed") == "D-1 will be tried again now.\n"
    for arguments in (["retry"], ["drop", "--failed", "D-1"], ["drop", "D-1", "--channel", "#a"]):
        with pytest.raises(StorageError, match="Name deliveries"):
            run(home, *arguments)


def test_refuses_what_is_sent_unknown_or_no_id_and_changes_nothing(home: Path, outbox: Database) -> None:
    for arguments, said in (
        (("retry", "D-99"), "no delivery D-99"),
        (("drop", "D-1", "x"), "ids look like D-12"),
        (("drop", "D-1", "D-98"), "no delivery D-98"),
    ):
        with pytest.raises(StorageError, match=said):
            run(home, *arguments)
    with outbox.transaction() as session:
        session.get_one(DeliveryRow, 1).state = "sending"
    with pytest.raises(StorageError, match="D-1 is sending"):
        run(home, "retry", "D-1")

    assert len(listed(home)) == 4


def test_says_what_nobody_has_taken_up(home: Path, outbox: Database) -> None:
    with outbox.transaction() as session:
        for _ in range(2):
            add_event(session, EventKind.JOB_DONE, source_id=make_source(session).id, payload={}, now=SINCE)

    said = r"2 events are not taken up yet, the oldest 2 h \d+ min ago: is `oddspot talk` running\?"
    assert re.match(said, run(home))
    assert [(one["kind"], one.get("count")) for one in listed(home)][:2] == [("event", 2), ("notice", None)]


def test_says_that_everything_is_sent(home: Path) -> None:
    assert run(home) == "Everything is sent.\n"
