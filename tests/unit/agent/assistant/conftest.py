from collections.abc import Callable
from pathlib import Path

import pytest

from agent.assistant.answer import Answer
from agent.assistant.assistant import Assistant
from config.settings import Settings
from storage.database import Database
from tests.histories import NOW, fill, line, normal

Ask = Callable[..., Answer]


def settings_for(folder: Path, **assistant: object) -> Settings:
    return Settings.model_validate(
        {
            "storage": {"data_dir": str(folder)},
            "sources": {"line-1": {"path": str(folder), "time_zone": "Europe/Berlin"}},
            "assistant": assistant,
        }
    )


@pytest.fixture
def filled(sqlite_database: Database) -> Database:
    """Two lines over two weeks: 24 March 2026 is yesterday, 16 to 22 March last week."""
    fill(
        sqlite_database,
        [
            line(300, label="defect", defect_class="scratch", incident="old"),
            line(150, label="false_alarm", score=4.0),
            line(140, source="line-2", label="defect", defect_class="crack", attributes={"lot": "L7"}),
            normal(130, label="missed"),
            line(30, label="unsure"),
            line(20, source="line-2", incident="new"),
            line(18, score=3.0, incident="new1"),
            normal(17),
            normal(2),
            line(1, source="line-2", score=1.5),
        ],
    )
    return sqlite_database


@pytest.fixture
def ask(filled: Database, tmp_path: Path) -> Ask:
    assistant = Assistant(filled, settings_for(tmp_path))

    def ask_now(question: str, thread: str = "", **options: object) -> Answer:
        return assistant.ask(question, now=NOW, thread=thread, **options)  # type: ignore[arg-type]  # as the test says

    return ask_now
