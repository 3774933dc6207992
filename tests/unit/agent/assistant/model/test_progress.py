from dataclasses import dataclass, field

from agent.assistant.model.statuses import doing
from tests.histories import NOW
from tests.servers.model import LocalModel
from tests.servers.model_minds import corrected, lying
from tests.unit.agent.assistant.model.conftest import AssistantOf

QUESTION = "How many anomalies on line-1 yesterday?"
CALL = ("count_anomalies", {"window": "yesterday", "sources": ["line-1"]})


@dataclass(slots=True)
class Seen:
    """Keeps what is shown."""

    statuses: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def doing(self, status: str) -> None:
        self.statuses.append(status)

    def said(self, text: str) -> None:
        self.texts.append(text)


class Broken:
    """Can show nothing."""

    def doing(self, status: str) -> None:
        raise OSError(status)

    def said(self, text: str) -> None:
        raise OSError(text)


def test_shows_what_is_done_and_then_only_checked_words(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(corrected(CALL, "There were 987654 anomalies."))
    seen = Seen()

    answer = assistant_of().ask(QUESTION, now=NOW, progress=seen)

    assert seen.statuses == [
        "asking the language model ...",
        "counting anomalies on line-1, yesterday ...",
        "checking every figure ...",
        "having it said again ...",
        "checking every figure ...",
    ]
    assert seen.texts == [answer.text]
    assert "987654" not in str(seen)


def test_never_shows_a_lie_that_is_repeated(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(lying(CALL, "There were 987654 anomalies."))
    seen = Seen()

    assistant_of().ask(QUESTION, now=NOW, progress=seen)

    assert seen.texts[0].startswith("2 anomalies on line-1")
    assert "987654" not in str(seen)


def test_shows_the_built_in_readers_answer_too(assistant_of: AssistantOf) -> None:
    seen = Seen()

    answer = assistant_of(model=None).ask(QUESTION, now=NOW, progress=seen)

    assert seen.texts == [answer.text]


def test_answers_where_nothing_can_be_shown(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(corrected(CALL, "There were 987654 anomalies."))

    answer = assistant_of().ask(QUESTION, now=NOW, progress=Broken())

    assert answer.text.startswith("There were 2 anomalies")


def test_says_what_a_tool_does_with_its_arguments_cleaned() -> None:
    assert doing("trend", {}) == "following them along time ..."
    assert doing("count_anomalies", {"sources": ["a", "b", "c", "d"]}) == "counting anomalies on a, b, c and others ..."
    assert "<" not in doing("count_anomalies", {"sources": ["<!channel>"], "window": "<b>" * 100})
    assert len(doing("new_tool", {"window": "x" * 500})) < 80
