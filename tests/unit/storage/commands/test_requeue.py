"""`oddspot requeue`, as a person or a script types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from storage.cli import app
from storage.database import Database
from storage.records import FrameState, RejectReason
from storage.repositories.frames import finish_frame, queue_depth, receive_frame
from tests.factories import lease_one, make_source, make_version, new_frame


@pytest.fixture
def config(sqlite_database: Database, tmp_path: Path) -> Path:
    file = tmp_path / "oddspot.yaml"
    file.write_text(f"storage: {{data_dir: {json.dumps(str(tmp_path))}}}\n")
    with sqlite_database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        for number in range(3):
            receive_frame(session, new_frame(source, number))
            finish_frame(session, lease_one(session), FrameState.REJECTED, RejectReason.TRUNCATED)
        receive_frame(session, new_frame(source, 3), rejected=RejectReason.TOO_LARGE)
    return file


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["requeue", *arguments, "--config", str(config)])


def test_lists_what_there_is_and_changes_nothing(config: Path, sqlite_database: Database) -> None:
    table, lines = run(config), run(config, "--json")

    assert "truncated" in table.stdout
    found = [json.loads(line) for line in lines.stdout.splitlines()]
    assert [(one["reason"], one["frames"], one["can_wait_again"]) for one in found] == [
        ("truncated", 3, 3),
        ("too_large", 1, 0),
    ]
    with sqlite_database.reading() as session:
        assert queue_depth(session) == 0


def test_lets_all_rejected_for_a_reason_wait_again(config: Path, sqlite_database: Database) -> None:
    done = run(config, "--rejected", "truncated", "--limit", "2")
    rest = run(config, "--rejected", "truncated", "--source", "line-1", "--json")

    assert done.stdout == "2 frames wait again.\n"
    assert json.loads(rest.stdout) == {"requeued": [3], "not_requeued": []}
    with sqlite_database.reading() as session:
        assert queue_depth(session) == 3
    assert run(config, "--rejected", "truncated").stdout == "No frame of the kind can wait again.\n"


def test_says_which_of_those_named_cannot(config: Path) -> None:
    done = run(config, "1", "frame-4", "77", "--json")

    assert json.loads(done.stdout) == {"requeued": [1], "not_requeued": [4, 77]}
    assert "2 of those named cannot" in run(config, "1", "4").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x-1",), "is not a frame's number"),
        (("1", "--dead-letter"), "one of them"),
        (("--dead-letter", "--rejected", "empty"), "one of them"),
    ],
)
def test_refuses_in_one_sentence(config: Path, arguments: tuple[str, ...], words: str) -> None:
    assert words in str(run(config, *arguments).exception)
