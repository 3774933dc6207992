from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.assistant.assistant import Assistant
from storage.database import Database
from tests.servers.model import LocalModel
from tests.unit.agent.assistant.conftest import settings_for

AssistantOf = Callable[..., Assistant]


@pytest.fixture
def model() -> Iterator[LocalModel]:
    with LocalModel() as server:
        yield server


@pytest.fixture
def assistant_of(filled: Database, model: LocalModel, tmp_path: Path) -> AssistantOf:
    """Return assistants, ready to answer, that ask the local model; options are settings of the assistant."""

    def make(images: str = "heatmap", **options: object) -> Assistant:
        given: dict[str, object] = {
            "model": "openai:local-model",
            "base_url": model.base_url,
            "time_limit_seconds": 20,
            "retries": 0,
        }
        settings = settings_for(tmp_path, **(given | options))
        seen = settings.slack.model_copy(update={"images": images})
        assistant = Assistant(filled, settings.model_copy(update={"slack": seen}))
        assistant.prepare()
        return assistant

    return make
