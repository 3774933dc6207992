import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.assistant import Assistant
from agent.commands.conversation import Chat
from agent.commands.terminal import Terminal, ask_patiently
from agent.talk import utc_now
from storage.opening import Stores
from storage.queries.inspections import get_inspection
from storage.repositories.feedback import list_feedback
from storage.repositories.silences import active_silences
from tests.factories_agent import Plant, make_plant

HOUR = timedelta(hours=1)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    places = {name: {"path": str(tmp_path)} for name in ("line-1", "line-2")}
    made = make_plant(tmp_path, sources=places, storage={"data_dir": str(tmp_path)}, slack={"images": "none"})
    for hours, source in ((1, "line-1"), (2, "line-1"), (30, "line-2"), (50, "line-1")):
        made.anomaly(source, at=utc_now() - hours * HOUR)
    yield made
    made.database.close()


class Keyboard:
    """Types lines; an exception among them is raised where the line would come."""

    def __init__(self, *lines: str | type[BaseException]) -> None:
        self.lines = list(lines)
        self.prompts: list[str] = []

    def read(self, prompt: str) -> str:
        self.prompts.append(prompt)
        line = self.lines.pop(0) if self.lines else EOFError
        if isinstance(line, str):
            return line
        raise line


Talk = Callable[..., str]


@pytest.fixture
def talk(plant: Plant, tmp_path: Path) -> Talk:
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*lines: str | type[BaseException], is_there: bool = True) -> str:
        out, keyboard = io.StringIO(), Keyboard(*lines)
        stores = Stores(plant.database, plant.blobs)
        console = Console(file=out, width=300)
        terminal = Terminal(stores, plant.settings, console, keyboard.read if is_there else None)
        Chat(Assistant(plant.database, plant.settings), terminal, keyboard.read, "t", folder).run()
        assert keyboard.lines == []
        return out.getvalue()

    return run


def test_goes_on_where_it_left_off_and_ends_with_ctrl_d(talk: Talk) -> None:
    said = talk("how many anomalies in the last 24 hours?", "and on line-2?", EOFError)

    assert "2 anomalies" in said
    assert "line-2" in said.split("2 anomalies", 1)[1]


def test_drops_a_line_at_ctrl_c_and_ends_by_word(talk: Talk) -> None:
    said = talk(KeyboardInterrupt, "", "how many anomalies in the last 24 hours?", "quit")

    assert "2 anomalies" in said


def test_takes_a_reading_by_its_number(talk: Talk) -> None:
    said = talk("acknowledge", "silence for 2 hours", "2", "n")

    assert "1. silence line-1 for 2 hours" in said
    assert "> silence line-2 for 2 hours" in said
    assert "Silence line-2 until" in said


@pytest.mark.parametrize("answer", ["n", "", EOFError, KeyboardInterrupt, "maybe"])
def test_changes_nothing_without_a_yes(talk: Talk, plant: Plant, answer: str | type[BaseException]) -> None:
    said = talk("silence line-1 for 2 hours", answer)

    assert "Nothing was changed." in said
    with plant.database.reading() as session:
        assert active_silences(session, now=utc_now()) == []


def test_makes_a_change_at_a_yes_as_the_person_there_and_takes_it_back(talk: Talk, plant: Plant) -> None:
    said = talk("/undo", "label A-1 as scratch", "y", "/undo", "/undo")

    assert said.count("Nothing that can be taken back") == 2
    assert "That was taken back." in said
    with plant.database.reading() as session:
        found = get_inspection(session, 1)
    assert found is not None
    assert found.label is None
    acts = [(row.action, row.actor.split(":")[0]) for row in plant.audit() if row.actor.startswith("terminal:")]
    assert acts == [("label", "terminal"), ("undo", "terminal")]


def test_says_that_nobody_is_there_to_confirm(talk: Talk, plant: Plant) -> None:
    said = talk("silence line-1 for 2 hours", is_there=False)

    assert "Nothing was changed: a person has to confirm it" in said
    with plant.database.reading() as session:
        assert active_silences(session, now=utc_now()) == []


def test_writes_tables_and_pictures_where_it_was_started(talk: Talk, tmp_path: Path) -> None:
    said = talk(
        "/csv",
        "list the anomalies of the last 7 days as csv",
        "as csv",
        f"/csv {tmp_path / 'mine.csv'}",
        "/chart",
        "anomalies per day over the last 7 days",
        "/chart",
        "is everything ok?",
        "/chart",
    )

    written = sorted(file.name for file in (tmp_path / "here").iterdir())
    assert written == ["oddspot-1.csv", "oddspot-anomalies-along-time.png", "oddspot-anomalies.png", "oddspot.csv"]
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8").startswith("id,source,captured_at")
    assert "There is no answer yet" in said
    assert "The last answer has no chart or picture." in said


def test_keeps_whether_it_helped(talk: Talk, plant: Plant) -> None:
    talk("/good", "how many anomalies in the last 24 hours?", "/bad", "/bad", "/good")

    with plant.database.reading() as session:
        (said,) = list_feedback(session, limit=9)
    assert (said.is_helpful, said.question) == (True, "how many anomalies in the last 24 hours?")
    assert said.tools == ("count_anomalies",)


def test_explains_itself(talk: Talk) -> None:
    said = talk("/help", "/nonsense")

    assert "/csv [FILE]" in said
    assert "There is no /nonsense" in said


def test_spins_only_for_what_takes_long() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80)
    answer = Answer("3", AnswerStatus.ANSWERED)

    assert ask_patiently(lambda: answer, console, slow_seconds=30) is answer
    assert "Reading" not in out.getvalue()
    ready = Later(console, answer)
    assert ask_patiently(ready.ask, console, slow_seconds=0) is answer
    assert "Reading the record" in out.getvalue()


class Later:
    """Answers only once the spinner is shown."""

    def __init__(self, console: Console, answer: Answer) -> None:
        self._console = console
        self._answer = answer

    def ask(self) -> Answer:
        out = self._console.file
        assert isinstance(out, io.StringIO)
        while "Reading" not in out.getvalue():
            pass
        return self._answer


def test_lets_an_error_of_the_question_through() -> None:
    def fail() -> Answer:
        message = "no"
        raise ValueError(message)

    with pytest.raises(ValueError, match="no"):
        ask_patiently(fail, Console(file=io.StringIO()), slow_seconds=30)
