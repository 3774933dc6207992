"""`oddspot silence add` says what it covers, and refuses to cover what is not there."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.errors import OddspotError
from storage.cli import app
from storage.database import Database
from storage.records import LabelKind
from storage.repositories.labels import add_label
from tests.factories import make_inspection, make_source, make_version
from tests.histories import NOW, change

RUN = CliRunner()
SEEN, UNSEEN, ELSEWHERE = "A-1", "A-2", "A-3"


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODDSPOT__STORAGE__DATA_DIR", str(tmp_path))
    with sqlite_database.transaction() as session:
        for number, name in enumerate(("line-1", "line-1", "line-2")):
            source = make_source(session, name)
            made = make_inspection(session, source, make_version(session, source), number=number)
        add_label(session, made, LabelKind.DEFECT, author="ben", defect_class="crack", now=NOW)
    change(sqlite_database, 1, vectors=bytes(8), embedding_space="x")
    change(sqlite_database, 2, vectors=None)


@pytest.mark.parametrize(
    ("words", "covers"),
    [
        ([], "line-1"),
        (["--like", SEEN], "like A-1 on line-1"),
        (["--class", "crack"], "class crack on line-1"),
        (["--attribute", "lot=L7", "--like", SEEN], "like A-1, lot=L7 on line-1"),
    ],
)
def test_says_what_is_silenced(words: list[str], covers: str) -> None:
    done = RUN.invoke(app, ["silence", "add", "line-1", *words])

    assert done.stdout.startswith(f"S-1: {covers} is silenced until 20"), done.output


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--like", "A-99999"], "There is no inspection A-99999."),
        (["--like", UNSEEN], "What A-2 looks like is not on record, so nothing is like it."),
        (["--like", ELSEWHERE], "A-3 is of another source."),
        (["--class", "nosuch"], "No defect was ever called 'nosuch'; there are crack."),
    ],
)
def test_refuses_to_silence_what_is_not_there(words: list[str], reason: str) -> None:
    done = RUN.invoke(app, ["silence", "add", "line-1", *words])
    listed = RUN.invoke(app, ["silence", "list"])

    assert isinstance(done.exception, OddspotError)
    assert (str(done.exception), listed.stdout) == (reason, "Nothing is silenced.\n")
