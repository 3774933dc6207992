"""An image is spoken of by the name of its file as by its id."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.assistant.answer import AnswerStatus
from agent.assistant.built_in import answer_built_in
from agent.assistant.reading.files import with_its_id
from agent.assistant.tools.context import ToolContext
from config.settings import Settings
from storage.database import Database
from storage.records import FrameState
from tests.factories import lose_frame
from tests.histories import NOW, fill, line, normal

Make = Callable[..., ToolContext]


@pytest.fixture
def make(sqlite_database: Database, tmp_path: Path) -> Make:
    fill(
        sqlite_database,
        [line(1, path="in/part-117.png"), normal(2, path="good one.jpg"), line(3, path="x.tif", source="line-2")],
    )
    settings = Settings.model_validate({"storage": {"data_dir": str(tmp_path)}})
    return lambda allowed=None: ToolContext(sqlite_database, settings, NOW, allowed)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("show me file part-117.png", "show me A-1"),
        ("label in/part-117.png as defect", "label A-1 as defect"),
        ("what is the score of 'good one.jpg'?", "what is the score of A-2?"),
        ("how many anomalies last week?", "how many anomalies last week?"),
        ("is part-117.pngx one?", "is part-117.pngx one?"),
    ],
)
def test_puts_the_id_in_the_place_of_the_name(make: Make, asked: str, written: str) -> None:
    assert with_its_id(asked, make())[0] == written


@pytest.mark.parametrize(
    "asked", ["why was in/part-117.png flagged?", "part-117.png", "score of the image part-117.png"]
)
def test_tells_everything_of_it(make: Make, asked: str) -> None:
    read = answer_built_in(asked, make(), None)

    assert read.answer.ids == ("A-1",)
    assert "A-1 on line-1" in read.answer.text


def test_says_why_one_was_not_judged(make: Make, sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        lose_frame(session, "black.png", FrameState.REJECTED, "truncated")

    answer = answer_built_in("why was black.png not judged?", make(), None).answer

    assert answer.text == "black.png on line-1, Wed 25 Mar 2026 10:00: it was rejected (truncated)."


def test_does_not_find_what_is_not_there_or_not_to_be_seen(make: Make) -> None:
    unknown = answer_built_in("show nosuch.png", make(), None).answer
    hidden = answer_built_in("show x.tif", make(("line-1",)), None).answer

    assert (unknown.status, hidden.status) == (AnswerStatus.NO_DATA, AnswerStatus.NO_DATA)
    assert unknown.text == "No data: no image called 'nosuch.png' is among the newest 50,000."
