"""Is this one normal? Asked in Slack with an image attached, judged by a real fitted detector in its own process."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storage.blobs import BlobStore
from storage.database import Database
from storage.models import AuditRow, FrameRow, InspectionRow, JobRow, RollUpRow
from storage.records import JobKind
from storage.repositories.looks import look_by_id
from tests.journeys.commands import Running, json_lines, oddspot
from tests.journeys.conftest import fitted_home, home, write_settings  # noqa: F401 - fixtures
from tests.plates import make_plate
from tests.servers.collector import Collector
from tests.servers.slack import ANNA, GUEST, LocalSlack, Message
from tests.servers.slack.workspace import BOT_USER

WITHIN_SECONDS = 10.0
LOOK_SECONDS = 40.0
QUESTION = "is this one normal for line-1?"


def png(seed: int, *, has_scratch: bool = False) -> bytes:
    buffer = io.BytesIO()
    make_plate(seed, has_scratch=has_scratch).save(buffer, "PNG")
    return buffer.getvalue()


class House:
    """A fitted home whose detector and bot are started and stopped as a test likes."""

    def __init__(self, folder: Path, slack: LocalSlack, stack: ExitStack) -> None:
        self.folder, self._slack, self._stack = folder, slack, stack
        self.database = Database(f"sqlite:///{folder / 'data' / 'oddspot.db'}")
        self.env = {
            "ODDSPOT__SLACK__BOT_TOKEN": slack.bot_token,
            "ODDSPOT__SLACK__APP_TOKEN": slack.app_token,
            "ODDSPOT__SLACK__API_URL": slack.api_url,
        }
        stack.callback(self.database.close)

    def detect(self) -> Running:
        running = self._stack.enter_context(Running("detect", cwd=self.folder, env=self.env))
        running.wait_for("detecting")
        return running

    def talk(self) -> Running:
        before = len(self._slack.hub.sockets)
        running = self._stack.enter_context(Running("talk", cwd=self.folder, env=self.env))
        self._slack.wait_for(lambda: len(self._slack.hub.sockets) > before, LOOK_SECONDS)
        return running

    def rows(self, kind: type[Any]) -> list[Any]:
        with self.database.reading() as session:
            return list(session.query(kind).all())

    def add_source(self, name: str) -> None:
        (self.folder / f"in-{name}").mkdir()
        write_settings(
            self.folder,
            sources={
                "line-1": {"kind": "folder", "path": "incoming"},
                name: {"kind": "folder", "path": f"in-{name}"},
            },
        )
        done = oddspot("fit", name, "--good", "good", "--live", "--json", cwd=self.folder)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def house(home: Path, slack: LocalSlack) -> Iterator[House]:  # noqa: F811 - the fixture
    with ExitStack() as stack:
        yield House(home, slack, stack)


@pytest.fixture
def running(house: House) -> House:
    house.detect()
    house.talk()
    return house


def replies(slack: LocalSlack, asked: Message) -> list[Message]:
    return [one for one in slack.bot_messages() if one.thread_ts == asked.ts]


def texts(slack: LocalSlack, asked: Message) -> list[str]:
    return [one.text for one in replies(slack, asked) if one.text]


def answered(slack: LocalSlack, asked: Message, count: int = 1) -> list[str]:
    """Wait for so many answers in words, and return all there are."""
    slack.wait_for(lambda: len(texts(slack, asked)) >= count, LOOK_SECONDS)
    return texts(slack, asked)


def pictured(slack: LocalSlack, asked: Message, count: int = 1) -> list[str]:
    """Wait for so many pictures in the thread, and return their files' ids."""

    def found() -> list[str]:
        return [file for one in replies(slack, asked) for file in one.files]

    slack.wait_for(lambda: len(found()) >= count, LOOK_SECONDS)
    return found()


def test_answers_with_verdict_and_heatmap_within_ten_seconds_and_counts_nothing(
    slack: LocalSlack, running: House
) -> None:
    before = [len(running.rows(kind)) for kind in (FrameRow, InspectionRow, RollUpRow)]
    good = slack.mention("oddspot", QUESTION, files=[("good.png", png(500))])
    [verdict] = answered(slack, good)
    assert verdict.startswith("Normal for line-1: .")
    assert verdict.endswith(" of the threshold")
    [file] = pictured(slack, good)
    assert time.monotonic() - good.posted_at < WITHIN_SECONDS
    shown = slack.workspace.files[file]
    assert "Heatmap of good.png beside the good image most like it" in shown.alt_text
    with Image.open(io.BytesIO(shown.content or b"")) as picture:
        assert picture.width > picture.height  # the heatmap, and the good one beside it

    odd = slack.direct_message(QUESTION, files=[("odd.png", png(501, has_scratch=True))])
    [verdict] = answered(slack, odd)
    assert verdict.startswith("Anomalous for line-1: ")
    assert "x the threshold, " in verdict
    pictured(slack, odd)
    assert time.monotonic() - odd.posted_at < WITHIN_SECONDS

    assert [len(running.rows(kind)) for kind in (FrameRow, InspectionRow, RollUpRow)] == before
    acts = [(row.action, row.subject, row.actor) for row in running.rows(AuditRow) if row.action == "image_asked"]
    assert acts == [("image_asked", "line-1", f"slack:{ANNA}")] * 2


def test_judges_each_of_several_images_and_takes_the_only_source_where_none_is_named(
    slack: LocalSlack, running: House
) -> None:
    files = [(f"plate-{number}.png", png(600 + number, has_scratch=number == 1)) for number in range(6)]

    asked = slack.mention("oddspot", "are these ok?", files=files)

    said = answered(slack, asked, 6)
    pictured(slack, asked, 5)
    assert sum(text.startswith("Normal for line-1") for text in said) == 4
    assert sum(text.startswith("Anomalous for line-1") for text in said) == 1
    assert [text for text in said if "at most" in text] == [
        "I look at 5 images of a message at most: the others were left out."
    ]
    notes = [block["elements"][0]["text"] for one in replies(slack, asked) for block in one.blocks[1:2]]
    assert sorted(note.partition(";")[0] for note in notes) == [f"plate-{number}.png" for number in range(5)]


def test_asks_back_which_source_it_is_and_judges_for_the_one_that_is_pressed(slack: LocalSlack, house: House) -> None:
    house.add_source("line-2")
    house.detect()
    house.talk()

    asked = slack.mention("oddspot", "is this normal?", files=[("plate.png", png(700))])
    assert answered(slack, asked) == ["Which source is this image of?"]
    [message] = replies(slack, asked)
    assert [element["text"]["text"] for element in message.blocks[1]["elements"]] == ["line-1", "line-2"]
    slack.click(message, "look_at_1", user=GUEST)
    click = slack.click(message, "look_at_1", user=ANNA)
    slack.resend(click)
    slack.wait_for(lambda: len(click.acked_at) == 2)
    _, *said = answered(slack, asked, 3)
    pictured(slack, asked)
    assert sorted(text[:19] for text in said) == ["Guests may not do t", "Normal for line-2: "]
    assert [row.arguments["source"] for row in house.rows(JobRow) if row.kind == JobKind.LOOK] == ["line-2"]

    unknown = slack.mention("oddspot", "is this normal for line-9?", files=[("plate.png", png(701))])
    assert answered(slack, unknown) == ["I know no source 'line-9'. Which source is this image of?"]
