"""What every way of telling the team does: the console, Slack, and the fake of the unit tests."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from agent.messages.message import Message, actions, button, message, picture, section
from agent.notifiers.console import ConsoleNotifier
from agent.notifiers.port import MessageGoneError, Notifier, Place, Upload
from agent.notifiers.slack import SlackNotifier
from agent.notifiers.slack_client import make_client
from config.team import SlackSettings
from tests.factories_agent import make_png
from tests.servers.slack import LocalSlack
from tests.unit.agent.fakes import FakeNotifier

CHANNEL = "#oddspot"
ALERT = message("line-1: an anomaly", [section("*line-1*"), actions([button("Defect", action_id="d", value="1")])])


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as server:
        yield server


def make_slack(server: LocalSlack) -> SlackNotifier:
    return SlackNotifier(
        make_client(SlackSettings(bot_token=SecretStr(server.bot_token), api_url=server.api_url)),
    )


@pytest.fixture(params=["console", "slack", "fake"])
def notifier(request: pytest.FixtureRequest) -> Notifier:
    if request.param == "console":
        return ConsoleNotifier(Console(file=io.StringIO()))
    if request.param == "slack":
        return make_slack(request.getfixturevalue("slack"))
    return FakeNotifier()


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    file = tmp_path / "heatmap"
    file.write_bytes(make_png())
    return Upload(file, "A-1-key.png", title="A-1", alt_text="Heatmap of A-1")


def just_now() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def wait_until_usable(notifier: Notifier, place: Place, file: str) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while not notifier.is_usable(place, file):
        assert datetime.now(UTC) < deadline


def test_finds_what_it_posted_by_its_key_and_nothing_else(notifier: Notifier) -> None:
    first = notifier.post(CHANNEL, ALERT, key="one")
    second = notifier.post(CHANNEL, ALERT, key="two")

    assert first != second
    found = [notifier.find(CHANNEL, key, since=just_now()) for key in ("one", "two", "three")]
    assert [one.place if one else None for one in found] == [first, second, None]


def test_replies_in_a_thread_and_finds_the_reply_there(notifier: Notifier) -> None:
    place = notifier.post(CHANNEL, ALERT, key="one")
    reply = notifier.post(CHANNEL, Message("a reply"), key="two", under=place)
    found = notifier.find(CHANNEL, "two", since=just_now(), under=place)

    assert reply != place
    assert found is not None
    assert found.place == reply


def test_edits_what_it_posted(notifier: Notifier) -> None:
    place = notifier.post(CHANNEL, ALERT, key="one")
    notifier.edit(place, Message("only words now"))

    assert notifier.find(CHANNEL, "one", since=just_now()) is not None


def test_says_that_a_message_is_gone(notifier: Notifier, upload: Upload) -> None:
    place = notifier.post(CHANNEL, ALERT, key="one")
    never = [] if isinstance(notifier, ConsoleNotifier) else ["never-a-stamp"]  # what is printed stays
    for gone in (Place(place.channel, ts) for ts in ("1.000001", *never)):
        with pytest.raises(MessageGoneError):
            notifier.edit(gone, ALERT)
        with pytest.raises(MessageGoneError):
            notifier.upload(gone, upload)
        with pytest.raises(MessageGoneError):
            notifier.post(CHANNEL, ALERT, key="reply", under=gone)


def test_puts_an_uploaded_picture_into_the_message_once_it_is_usable(notifier: Notifier, upload: Upload) -> None:
    place = notifier.post(CHANNEL, ALERT, key="one")
    file = notifier.upload(place, upload)
    wait_until_usable(notifier, place, file)

    notifier.edit(place, message("with a picture", [picture(file, alt_text="Heatmap", title="A-1")]))


def test_finds_a_picture_by_its_name_and_nothing_else(notifier: Notifier, upload: Upload) -> None:
    place = notifier.post(CHANNEL, ALERT, key="one")
    file = notifier.upload(place, upload)
    wait_until_usable(notifier, place, file)
    found = notifier.find_upload(place, upload.name)

    assert found is not None
    assert found.file == file
    assert notifier.find_upload(place, "another.png") is None


def test_takes_a_file_away_and_finds_nothing_wrong_where_it_is_gone(notifier: Notifier, upload: Upload) -> None:
    place = notifier.post(CHANNEL, ALERT, key="one")
    file = notifier.upload(place, upload)
    wait_until_usable(notifier, place, file)

    notifier.remove(CHANNEL, file)
    notifier.remove(CHANNEL, file)

    assert notifier.find_upload(place, upload.name) is None
