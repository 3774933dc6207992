"""Messages with images, taken up once, with the files of the local Slack over real HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agent.bot.looks import Looks
from agent.notifiers.slack_client import make_client
from storage.models import JobRow
from storage.repositories.deliveries import list_unsent
from tests.factories_agent import Clock, Plant, make_plant, make_png
from tests.servers.slack import ANNA, BEN, LocalSlack
from tests.unit.agent.fakes import InlineExecutor

IMAGE = ("part.png", make_png(1))
QUESTION = "is this one normal for line-1?"


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as server:
        yield server


@pytest.fixture
def plant(slack: LocalSlack, tmp_path: Path) -> Iterator[Plant]:
    made = make_plant(tmp_path, slack={"bot_token": slack.bot_token, "api_url": slack.api_url})
    yield made
    made.database.close()


Make = Callable[..., Looks]


@pytest.fixture
def make(plant: Plant) -> Make:
    """Return what takes up messages, with some settings of Slack's changed."""

    def made(**slack_settings: Any) -> Looks:
        changed = plant.settings.slack.model_copy(update=slack_settings)
        settings = plant.settings.model_copy(update={"slack": changed})
        client = make_client(changed)
        return Looks(client, plant.database, plant.blobs, settings, InlineExecutor(), Clock())

    return made


def mentioned(slack: LocalSlack, text: str = QUESTION, *, user: str = ANNA, **of: Any) -> dict[str, Any]:
    """Return what Slack sends of a message that names the bot."""
    slack.mention("oddspot", text, user, files=of.pop("files", [IMAGE]), **of)
    return next(one.payload for one in reversed(slack.envelopes) if one.payload["event"]["type"] == "app_mention")


def pressed(value: str, *, user: str = ANNA, channel: str, is_menu: bool = False) -> dict[str, Any]:
    action = {"action_id": "look_at_0"} | ({"selected_option": {"value": value}} if is_menu else {"value": value})
    container = {"message_ts": "2.5", "thread_ts": "1.5"}
    place = {"user": {"id": user}, "team": {"id": "T0ODDSPOT"}, "channel": {"id": channel}}
    return place | {"container": container, "actions": [action]}


def press(looks: Looks, body: dict[str, Any]) -> None:
    looks._on_choice(lambda: None, body)


def said(plant: Plant) -> list[str]:
    with plant.database.reading() as session:
        return [str(one.payload["text"]) for one in reversed(list_unsent(session, limit=50))]


def asked(plant: Plant) -> list[dict[str, Any]]:
    with plant.database.reading() as session:
        return [dict(row.arguments) for row in session.scalars(select(JobRow).order_by(JobRow.id))]


def test_takes_a_message_up_once_however_often_slack_sends_it(slack: LocalSlack, plant: Plant, make: Make) -> None:
    plant.source("line-1")
    looks, body = make(), mentioned(slack)

    assert looks.take(body, body["event"])
    assert make().take(body, body["event"])

    [look] = asked(plant)
    assert (look["source"], look["name"], look["thread"]) == (
        "line-1",
        "part.png",
        [slack.channel.id, body["event"]["ts"]],
    )
    assert plant.blobs.get(look["sha256"]) == IMAGE[1]
    assert said(plant) == []


def test_leaves_every_other_message_to_the_assistant(slack: LocalSlack, plant: Plant, make: Make) -> None:
    plant.source("line-1")
    looks = make()

    for body in (mentioned(slack, files=[]), mentioned(slack, "how many anomalies today?")):
        assert not looks.take(body, body["event"])
    for files in (None, "F1", [None, 3]):
        event = mentioned(slack)["event"] | {"files": files}
        assert not looks.take({"event_id": "x"}, event)
    assert (asked(plant), said(plant)) == ([], [])


def test_says_that_no_source_has_a_detector_yet(slack: LocalSlack, plant: Plant, make: Make) -> None:
    body = mentioned(slack)

    make().take(body, body["event"])

    assert said(plant) == ["No source has a fitted detector yet, so I cannot judge an image. `oddspot fit` makes one."]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"allowed_users": (BEN,)}, "Only people named in Oddspot's settings may do this."),
        ({"allowed_channels": ("C0OTHER",)}, "Oddspot's settings allow this only in other channels."),
    ],
)
def test_refuses_whom_the_settings_do_not_name(
    slack: LocalSlack, plant: Plant, make: Make, settings: dict[str, Any], words: str
) -> None:
    plant.source("line-1")
    body = mentioned(slack)

    assert make(**settings).take(body, body["event"])

    assert (said(plant), asked(plant)) == ([words], [])


def test_minds_no_channels_rule_in_a_direct_message(slack: LocalSlack, plant: Plant, make: Make) -> None:
    plant.source("line-1")
    slack.direct_message(QUESTION, files=[IMAGE])
    body = slack.envelopes[-1].payload

    assert make(allowed_channels=("C0OTHER",)).take(body, body["event"])

    assert (said(plant), len(asked(plant))) == ([], 1)


def test_says_sorry_and_nothing_else_where_something_breaks(slack: LocalSlack, plant: Plant, make: Make) -> None:
    plant.source("line-1")
    body = mentioned(slack)
    for folder in sorted(plant.blobs._root.iterdir()):
        folder.rmdir()
    plant.blobs._root.rmdir()
    plant.blobs._root.write_text("no folder")

    assert make().take(body, body["event"])

    assert asked(plant) == []
    [words] = said(plant)
    assert words.startswith("Sorry, I could not answer that just now.")


@pytest.mark.parametrize("is_menu", [False, True])
def test_judges_for_the_source_that_is_pressed_once_a_person(
    slack: LocalSlack, plant: Plant, make: Make, *, is_menu: bool
) -> None:
    source_id = plant.source("line-1")
    plant.source("line-2")
    file = mentioned(slack)["event"]["files"][0]["id"]
    looks = make()
    body = pressed(f"{source_id}|{file}", channel=slack.channel.id, is_menu=is_menu)

    press(looks, body)
    press(looks, body)

    [look] = asked(plant)
    assert (look["source"], look["name"], look["thread"]) == ("line-1", "part.png", [slack.channel.id, "1.5"])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1|F0NOSUCH", ["I cannot look at the file: it is there no more, or I may not see it."]),
        ("99|{file}", ["No source has a fitted detector yet, so I cannot judge an image. `oddspot fit` makes one."]),
        ("1|", []),
        ("1|../../etc", []),
        ("one|{file}", []),
        ("", []),
    ],
)
def test_a_button_carries_ids_and_nothing_else(
    slack: LocalSlack, plant: Plant, make: Make, value: str, words: list[str]
) -> None:
    plant.source("line-1")
    file = mentioned(slack)["event"]["files"][0]["id"]

    press(make(), pressed(value.format(file=file), channel=slack.channel.id))

    assert (said(plant), asked(plant)) == (words, [])


def test_looks_up_a_file_of_which_the_event_says_too_little(slack: LocalSlack, plant: Plant, make: Make) -> None:
    plant.source("line-1")
    body = mentioned(slack)
    short = body["event"] | {"files": [{"id": body["event"]["files"][0]["id"], "file_access": "check_file_info"}]}

    make().take(body, short)

    assert [look["name"] for look in asked(plant)] == ["part.png"]
