import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.progress import Progress
from agent.bot.asking import Asker
from agent.talk import start_talk
from tests.factories_agent import Plant, make_plant
from tests.servers.slack import LocalSlack


def FakeAnswer(text: str, choices: tuple[str, ...] = (), **values: Any) -> Answer:  # noqa: N802 - reads as a record
    return Answer(text, AnswerStatus.ASKED_BACK if choices else AnswerStatus.ANSWERED, choices, **values)


@dataclass
class FakeAssistant:
    """Answers from a script and remembers what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    limits: list[Sequence[str] | None] = field(default_factory=list)

    def ask(
        self,
        question: str,
        *,
        now: datetime,
        thread: str = "",
        source_limit: Sequence[str] | None = None,
        progress: Progress | None = None,
    ) -> Answer:
        if progress is not None:
            progress.doing("counting anomalies ...")
        assert now.tzinfo is not None
        self.asked.append((question, thread))
        self.limits.append(source_limit)
        if question == "break":
            message = "the secret reason"
            raise RuntimeError(message)
        return self.answers.get(question, FakeAnswer(f"You asked: {question}"))


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as server:
        yield server


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def plant(slack: LocalSlack, tmp_path: Path) -> Iterator[Plant]:
    made = make_plant(tmp_path, slack=tokens(slack), alerts={"edit_every_seconds": 2})
    yield made
    made.database.close()


Start = Callable[..., None]


@pytest.fixture
def start(slack: LocalSlack, plant: Plant, assistant: Asker) -> Iterator[Start]:
    """Run `oddspot talk` in a thread; settings given are put over those of the plant."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def run(*, waits_for_socket: bool = True, **slack_settings: Any) -> None:
        changed = plant.settings.slack.model_copy(update=slack_settings)
        plant.settings = plant.settings.model_copy(update={"slack": changed})
        given = (plant.settings, plant.database, plant.blobs, stop)
        thread = threading.Thread(target=start_talk, args=given, kwargs={"assistant": assistant}, daemon=True)
        threads.append(thread)
        thread.start()
        if waits_for_socket:
            slack.wait_for_socket()

    yield run
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def tokens(slack: LocalSlack) -> dict[str, Any]:
    return {
        "bot_token": slack.bot_token,
        "app_token": slack.app_token,
        "signing_secret": slack.signing_secret,
        "api_url": slack.api_url,
    }
