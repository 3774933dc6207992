from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt import App
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient

from tests.servers.listener import Listener
from tests.servers.slack import ANNA, LocalSlack

BUTTON = {"type": "button", "action_id": "defect", "value": "A-1", "text": {"type": "plain_text", "text": "Defect"}}


@pytest.fixture
def bolt(slack: LocalSlack) -> App:
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    return App(client=client, token=slack.bot_token, signing_secret=slack.signing_secret)


@pytest.fixture
def url(bolt: App) -> Iterator[str]:
    async def events(request: web.Request) -> web.Response:
        headers: dict[str, Any] = dict(request.headers)
        answer = bolt.dispatch(BoltRequest(body=await request.text(), headers=headers))
        return web.Response(status=answer.status, text=answer.body)

    listener = Listener("bolt")
    listener.start([web.post("/slack/events", events)])
    yield f"{listener.url}/slack/events"
    listener.stop()


def test_brings_events_actions_and_commands_signed(slack: LocalSlack, bolt: App, url: str) -> None:
    seen: list[str] = []

    @bolt.event("message")
    def note(event: dict[str, Any]) -> None:
        seen.append(event["text"])

    @bolt.action("defect")
    def press(ack: Callable[[], None], body: dict[str, Any]) -> None:
        ack()
        seen.append(body["user"]["id"])

    @bolt.command("/oddspot")
    def command(ack: Callable[[str], None], body: dict[str, Any]) -> None:
        ack("on it")
        seen.append(body["text"])

    bolt.client.chat_postMessage(channel="#oddspot", text="A-1", blocks=[{"type": "actions", "elements": [BUTTON]}])
    slack.use_http(url)

    slack.direct_message("hello")
    slack.click(slack.messages("oddspot")[0], "defect")
    typed = slack.slash("how many?")

    slack.wait_for(lambda: set(seen) == {"hello", ANNA, "how many?"} and typed.is_acked)
    assert typed.response == {"text": "on it"}


def test_is_turned_away_with_another_secret(slack: LocalSlack, bolt: App, url: str) -> None:
    bolt.event("message")(lambda: None)
    slack.use_http(url, "another-secret")

    slack.direct_message("hello")

    slack.wait_for(lambda: slack.envelopes[0].status)
    assert (slack.envelopes[0].status, slack.envelopes[0].is_acked) == (401, False)
