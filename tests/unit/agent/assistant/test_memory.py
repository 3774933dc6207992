import stat
from datetime import timedelta
from pathlib import Path

from agent.assistant.memory import ThreadMemory
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.reading.remembered import Remembered
from storage.records import Window
from tests.histories import NOW

REMEMBERED = Remembered(
    Reading(Intent.LIST, Slots(sources=("line-1",), windows=("a/b",), attributes={"lot": "1"}, limit=3)),
    asked_at=NOW,
    ids=("A-1", "A-2"),
    window=Window(NOW - timedelta(days=1), NOW, "Europe/Berlin"),
    subject=2,
)


def test_remembers_a_thread_for_the_next_process(tmp_path: Path) -> None:
    ThreadMemory(tmp_path).keep("thread", REMEMBERED, now=NOW)

    assert ThreadMemory(tmp_path).last("thread") == REMEMBERED
    assert ThreadMemory(tmp_path).last("another") is None


def test_remembers_whether_a_thread_knows_that_the_model_failed(tmp_path: Path) -> None:
    memory = ThreadMemory(tmp_path)

    assert not memory.is_model_down("thread")
    memory.set_model_down("thread", is_down=True, now=NOW)
    memory.keep("thread", REMEMBERED, now=NOW)

    assert memory.is_model_down("thread")
    assert memory.last("thread") == REMEMBERED


def test_keeps_its_folder_private(tmp_path: Path) -> None:
    ThreadMemory(tmp_path / "data").keep("thread", REMEMBERED, now=NOW)

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
