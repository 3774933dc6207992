from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tests.servers.slack import ANNA, LocalSlack, NothingToPressError

BUTTON = {"type": "button", "action_id": "defect", "value": "A-1", "text": {"type": "plain_text", "text": "Defect"}}
MODAL = {
    "type": "modal",
    "callback_id": "describe",
    "title": {"type": "plain_text", "text": "Describe"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "class",
            "label": {"type": "plain_text", "text": "Class"},
            "element": {"type": "plain_text_input", "action_id": "name"},
        }
    ],
}


@pytest.fixture
def app(slack: LocalSlack) -> App:
    return App(client=WebClient(slack.bot_token, base_url=slack.api_url), token=slack.bot_token)


@pytest.fixture
def connect(slack: LocalSlack, app: App) -> Iterator[Callable[[], SocketModeHandler]]:
    handlers: list[SocketModeHandler] = []

    def start() -> SocketModeHandler:
        handler = SocketModeHandler(app, slack.app_token, web_client=app.client, ping_interval=1)
        handlers.append(handler)
        handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        slack.wait_for_socket()
        return handler

    yield start
    for handler in handlers:
        handler.client.auto_reconnect_enabled = False
        slack.cut_sockets()
        handler.close()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped


def test_brings_a_mention_and_the_answer_in_its_thread(
    slack: LocalSlack, app: App, connect: Callable[[], SocketModeHandler]
) -> None:
    @app.event("app_mention")
    def answer(event: dict[str, Any], say: Callable[..., object]) -> None:
        say(f"You said {event['text']}", thread_ts=event["ts"])

    @app.event("message")
    def ignore() -> None:
        pass

    connect()
    asked = slack.mention("oddspot", "how many?")
    reply = slack.wait_for(lambda: slack.thread(asked))[0]
    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes))

    assert reply.text.endswith("how many?")
    assert {envelope.payload["event"]["type"] for envelope in slack.envelopes} == {"app_mention", "message"}


def test_brings_a_pressed_button_with_the_message_it_stands_in(
    slack: LocalSlack, app: App, connect: Callable[[], SocketModeHandler]
) -> None:
    @app.action("defect")
    def press(ack: Callable[[], None], body: dict[str, Any], client: WebClient, respond: Callable[..., object]) -> None:
        ack()
        who, value = body["user"]["id"], body["actions"][0]["value"]
        text = f"{value} is a defect, says {who}"
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=text, blocks=[])
        respond("noted", replace_original=False)

    connect()
    blocks = [{"type": "actions", "elements": [BUTTON]}]
    app.client.chat_postMessage(channel="#oddspot", text="A-1", blocks=blocks)
    envelope = slack.click(slack.messages("oddspot")[0], "defect")
    slack.wait_for(lambda: envelope.is_acked and slack.workspace.ephemerals)

    (message,) = slack.messages("oddspot")
    assert message.text == f"A-1 is a defect, says {ANNA}"
    with pytest.raises(NothingToPressError):
        slack.click(message, "defect")


def test_brings_a_slash_command_a_modal_and_its_submission(
    slack: LocalSlack, app: App, connect: Callable[[], SocketModeHandler]
) -> None:
    @app.command("/oddspot")
    def command(ack: Callable[[], None], body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("describe")
    def save(ack: Callable[..., None], view: dict[str, Any]) -> None:
        name = view["state"]["values"]["class"]["name"]["value"]
        if name == "?":
            ack(response_action="errors", errors={"class": "Name it."})
        else:
            ack()

    connect()
    typed = slack.slash("label A-1")
    view = slack.wait_for(lambda: list(slack.workspace.views.values()))[0]
    wrong = slack.submit_view(view, {"class": {"name": {"type": "plain_text_input", "value": "?"}}})
    slack.wait_for(lambda: typed.is_acked and wrong.is_acked)

    assert wrong.response == {"response_action": "errors", "errors": {"class": "Name it."}}


def test_sends_an_unacknowledged_envelope_again(
    slack: LocalSlack, app: App, connect: Callable[[], SocketModeHandler]
) -> None:
    seen: list[str] = []

    @app.event("message")
    def note(body: dict[str, Any]) -> None:
        seen.append(body["event_id"])

    connect()
    slack.direct_message("hello")
    slack.wait_for(lambda: seen)
    slack.resend(slack.envelopes[0])
    slack.wait_for(lambda: len(seen) == 2)

    assert seen[0] == seen[1]
    assert len(slack.envelopes[0].sent_at) == 2


def test_keeps_events_until_a_socket_is_there(
    slack: LocalSlack, app: App, connect: Callable[[], SocketModeHandler]
) -> None:
    seen: list[str] = []

    @app.event("message")
    def note(event: dict[str, Any]) -> None:
        seen.append(event["text"])

    slack.direct_message("early")
    connect()

    slack.wait_for(lambda: seen == ["early"])


@pytest.mark.parametrize("trouble", ["disconnect", "cut_sockets", "down"])
def test_gets_the_app_back_after_trouble(
    slack: LocalSlack, app: App, connect: Callable[[], SocketModeHandler], trouble: str
) -> None:
    seen: list[str] = []

    @app.event("message")
    def note(event: dict[str, Any]) -> None:
        seen.append(event["text"])

    connect()
    getattr(slack, trouble)()
    slack.up()
    slack.wait_for(lambda: slack.hub.opened >= 2 and len(slack.hub.sockets) == 1)
    slack.direct_message("still there?")

    slack.wait_for(lambda: seen == ["still there?"])


def test_answers_pings(slack: LocalSlack, connect: Callable[[], SocketModeHandler]) -> None:
    connect()

    slack.wait_for(lambda: slack.hub.last_ping_at)


def test_tells_the_app_of_its_own_messages_as_slack_does(
    slack: LocalSlack, app: App, connect: Callable[[], SocketModeHandler]
) -> None:
    connect()
    app.client.chat_postMessage(channel="#oddspot", text="mine")

    event = slack.wait_for(lambda: slack.envelopes)[0].payload["event"]
    assert (event["type"], event["bot_id"]) == ("message", "B0ODDSPOT")
