"""Is this one normal? Asked in Slack with an image attached, judged by a real fitted detector in its own process."""

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storage.database import Database
from storage.models import AuditRow, FrameRow, InspectionRow, JobRow, RollUpRow
from storage.records import JobKind
from storage.repositories.looks import look_by_id
from tests.journeys.commands import Running, json_lines, oddspot, wait_until
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


@pytest.mark.alone
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


@pytest.mark.usefixtures("running")
def test_judges_each_of_several_images_and_takes_the_only_source_where_none_is_named(
    slack: LocalSlack,
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


def test_looks_at_the_image_a_thread_began_with_but_not_at_pictures_of_its_own(
    slack: LocalSlack, running: House
) -> None:
    posted = slack.people.say("oddspot", "look at this", ANNA, files=[("part.png", png(750))])
    slack.mention("oddspot", "is it normal?", thread_ts=posted.ts)
    [verdict] = answered(slack, posted)
    assert verdict.startswith("Normal for line-1: .")
    pictured(slack, posted)

    nothing = slack.say("oddspot", "nothing attached")
    slack.mention("oddspot", "is it normal?", thread_ts=nothing.ts)
    assert len(answered(slack, nothing)) == 1
    assert len([row for row in running.rows(JobRow) if row.kind == JobKind.LOOK]) == 1


def tell_of(slack: LocalSlack, text: str, *files: dict[str, Any]) -> Message:
    """Mention the bot with files as only a stranger to this server could have attached them."""
    asked = slack.say("oddspot", text)
    event = {"type": "app_mention", "user": ANNA, "text": f"<@{BOT_USER}> {text}", "ts": asked.ts}
    slack.people.tell(event | {"channel": slack.channel.id, "event_ts": asked.ts, "files": list(files)})
    return asked


def hosted(url: str, **changes: object) -> dict[str, Any]:
    file = {"id": "F0HOSTILE", "name": "part.png", "mimetype": "image/png", "mode": "hosted", "is_external": False}
    return file | {"size": 1000, "url_private": url, "url_private_download": url} | changes


def bomb() -> bytes:
    """Return a small PNG of far too many pixels."""
    buffer = io.BytesIO()
    Image.new("L", (20_000, 20_000)).save(buffer, "PNG")
    return buffer.getvalue()


def test_sends_the_token_to_no_other_host_whatever_a_file_or_a_redirect_says(slack: LocalSlack, running: House) -> None:
    with Collector() as stranger:
        for file in (
            hosted(f"{stranger.url}/part.png"),
            hosted(f"{stranger.url}/part.png", is_external=True, mode="external"),
            hosted(f"http://user@127.0.0.1:{stranger.port}/part.png"),
            hosted("file:///etc/passwd"),
        ):
            asked = tell_of(slack, QUESTION, file)
            [said] = answered(slack, asked)
            assert said.startswith("I cannot look at part.png: its address is not Slack's own") or (
                "it lies outside Slack" in said
            )
        slack.fail_next("download", redirect=f"{stranger.url}/elsewhere.png")
        asked = slack.mention("oddspot", QUESTION, files=[("part.png", png(1))])
        assert answered(slack, asked) == ["I cannot look at part.png: its address is not Slack's own."]
        assert stranger.posts == []
    assert [row for row in running.rows(JobRow) if row.kind == JobKind.LOOK] == []


@pytest.mark.usefixtures("running")
def test_says_kindly_why_a_file_is_not_looked_at(slack: LocalSlack) -> None:
    large = b"\x89PNG\r\n\x1a\n" + bytes(80_000_000)
    cases = [
        ("part.pdf", b"%PDF-1.7 ...", "it is a PDF; I can look at JPEG, PNG, TIFF, BMP and WebP images."),
        ("part.png", b"%PDF-1.7 ...", "it is a PDF; I can look at JPEG, PNG, TIFF, BMP and WebP images."),
        ("huge.png", large, "it is larger than 64 MB, which is the most I look at."),
        ("none.png", b"", "it is empty."),
        ("<!channel>.html", b"<!DOCTYPE html><p>Sign in", "it is a web page, not the file; I can look at JPEG, "),
    ]
    for name, content, reason in cases:
        asked = slack.direct_message(QUESTION, files=[(name, content)])
        [said] = answered(slack, asked)
        shown = name.replace("<", "&lt;").replace(">", "&gt;")
        assert said.startswith(f"I cannot look at {shown}: {reason}"), said

    small = tell_of(slack, QUESTION, hosted(liar(slack, large), size=10))
    assert answered(slack, small) == [
        "I cannot look at part.png: it is larger than 64 MB, which is the most I look at."
    ]

    many = slack.direct_message(QUESTION, files=[("bomb.png", bomb())])
    assert answered(slack, many) == [
        "I could not judge bomb.png for line-1: it has more pixels than the settings allow."
    ]
    broken = slack.direct_message(QUESTION, files=[("half.png", png(2)[:5000])])
    assert answered(slack, broken) == [
        "I could not judge half.png for line-1: the file is damaged or stops before its end."
    ]
    assert not any(file for one in (many, broken) for reply in replies(slack, one) for file in reply.files)


def liar(slack: LocalSlack, content: bytes) -> str:
    """Return the address of a file that is larger than Slack says it is."""
    stored = slack.people._share(ANNA, "part.png", content)
    return slack.workspace.file_url(stored)


def test_refuses_guests_and_answers_a_question_of_the_record_as_ever(slack: LocalSlack, running: House) -> None:
    guest = slack.mention("oddspot", QUESTION, user=GUEST, files=[("part.png", png(3))])
    assert answered(slack, guest) == ["Guests may not do this."]

    record = slack.mention("oddspot", "how many anomalies since yesterday?", files=[("part.png", png(4))])
    [said] = answered(slack, record)
    assert said.startswith("No data: no image was inspected")
    assert [row for row in running.rows(JobRow) if row.kind == JobKind.LOOK] == []


def test_says_that_nobody_scores_and_answers_once_somebody_does(slack: LocalSlack, house: House) -> None:
    house.talk()
    asked = slack.mention("oddspot", QUESTION, files=[("part.png", png(800)), ("other.png", png(801))])
    [said] = answered(slack, asked)
    assert said.startswith("Nobody is scoring just now: is `oddspot detect` running?")

    house.detect()

    verdicts = answered(slack, asked, 3)[1:]
    assert all(text.startswith("Normal for line-1: .") for text in verdicts)
    pictured(slack, asked, 2)


def test_answers_once_with_two_bots_and_after_either_process_was_killed(slack: LocalSlack, house: House) -> None:
    first, second = house.talk(), house.talk()
    asked = slack.mention("oddspot", QUESTION, files=[("part.png", png(810))])
    slack.wait_for(lambda: [row for row in house.rows(JobRow) if row.kind == JobKind.LOOK], LOOK_SECONDS)
    first.process.kill()
    second.process.kill()
    detect = house.detect()
    wait_until_judged(house)
    detect.process.kill()

    house.talk()
    house.talk()

    pictured(slack, asked)
    [verdict] = [text for text in texts(slack, asked) if not text.startswith("Nobody")]
    assert verdict.startswith("Normal for line-1: .")
    later = slack.mention("oddspot", "help")
    answered(slack, later)
    assert len(pictured(slack, asked)) == 1


def wait_until_judged(house: House) -> None:
    def is_judged() -> bool:
        looks = [row for row in house.rows(JobRow) if row.kind == JobKind.LOOK]
        with house.database.reading() as session:
            return all(look_by_id(session, row.id).result is not None for row in looks)

    wait_until(is_judged)


def test_answers_on_the_terminal_through_the_same_detectors(house: House) -> None:
    (house.folder / "odd.png").write_bytes(png(901, has_scratch=True))
    (house.folder / "report.pdf").write_bytes(b"%PDF-1.7")
    nobody = oddspot("ask", "is this normal for line-1?", "--image", "odd.png", cwd=house.folder)
    assert nobody.returncode == 1
    assert "Nobody is scoring just now: is `oddspot detect` running?" in nobody.stderr

    house.detect()
    asked = ("ask", "is this normal for line 1?", "--image", "odd.png")
    [line] = json_lines(oddspot(*asked, "--heatmap", "heat.png", "--json", cwd=house.folder))
    words = oddspot(*asked, cwd=house.folder)
    refused = oddspot("ask", "is this normal?", "--image", "report.pdf", cwd=house.folder)
    unknown = oddspot("ask", "is this normal for line-7?", "--image", "odd.png", cwd=house.folder)

    [scored] = json_lines(oddspot("score", "line-1", "odd.png", "--json", cwd=house.folder))
    assert (line["verdict"], line["source"], line["detector"]) == ("anomalous", "line-1", "line-1@1")
    assert line["score"] == pytest.approx(scored["score"], rel=1e-6)
    assert line["text"].startswith("Anomalous for line-1: ")
    assert (house.folder / "heat.png").read_bytes().startswith(b"\x89PNG")
    assert words.stdout.startswith("Anomalous for line-1: ")
    assert "it is a PDF" in refused.stderr
    assert "There is no source 'line-7'; sources with a detector: line-1." in unknown.stderr
    assert house.rows(FrameRow) == []
