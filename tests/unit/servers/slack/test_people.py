import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.servers.slack import ANNA, BEN, LocalSlack

MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Label"}, "blocks": [{"type": "divider"}]}
CHOICE = {
    "type": "static_select",
    "action_id": "class",
    "options": [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("scratch", "crack")],
}


def test_tells_of_a_mention_twice_as_slack_does(slack: LocalSlack) -> None:
    message = slack.mention("oddspot", "how many?")

    events = [envelope.payload["event"] for envelope in slack.envelopes]
    assert [event["type"] for event in events] == ["app_mention", "message"]
    assert {event["ts"] for event in events} == {message.ts}
    assert len({envelope.payload["event_id"] for envelope in slack.envelopes}) == 2


def test_tells_nothing_of_a_channel_the_app_is_not_in(slack: LocalSlack) -> None:
    slack.add_channel("others", is_member=False)

    slack.mention("others", "how many?")

    assert slack.envelopes == []


def test_chooses_an_option_of_a_menu(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="#oddspot", text="A-1", blocks=[{"type": "actions", "elements": [CHOICE]}])

    envelope = slack.click(slack.bot_messages()[0], "class", BEN, value="crack")

    assert envelope.payload["actions"][0]["selected_option"]["value"] == "crack"
    assert envelope.payload["user"]["id"] == BEN


def test_reacts_opens_the_home_tab_and_takes_a_shortcut(slack: LocalSlack) -> None:
    message = slack.say("oddspot", "hello")

    slack.people.react(message, "eyes")
    slack.people.open_home(tab="messages")
    slack.people.shortcut("label_anomaly", message=message)
    slack.people.shortcut("ask_about_anomalies")

    _, reaction, home, on_message, anywhere = (envelope.payload for envelope in slack.envelopes)
    assert (reaction["event"]["reaction"], home["event"]["tab"]) == ("eyes", "messages")
    assert (on_message["type"], on_message["message"]["ts"]) == ("message_action", message.ts)
    assert (anywhere["type"], anywhere["callback_id"]) == ("shortcut", "ask_about_anomalies")


def test_knows_only_the_commands_of_the_manifest(slack: LocalSlack) -> None:
    with pytest.raises(ValueError, match="not a valid command"):
        slack.slash("hello", command="/other")


def test_lets_a_trigger_open_one_modal_only(slack: LocalSlack, client: WebClient) -> None:
    trigger = slack.slash("label").payload["trigger_id"]
    client.views_open(trigger_id=trigger, view=MODAL)

    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id=trigger, view=MODAL)

    assert error.value.response["error"] == "exchanged_trigger_id"
    assert [view["user"] for view in slack.workspace.views.values()] == [ANNA]


def test_takes_five_posts_to_a_response_url(slack: LocalSlack) -> None:
    url = slack.slash("hello").payload["response_url"]

    codes = [httpx.post(url, json={"text": str(index)}).status_code for index in range(6)]

    assert codes == [200] * 5 + [404]
    assert [shown["text"] for shown in slack.workspace.ephemerals] == ["0", "1", "2", "3", "4"]


def test_returns_copies_that_do_not_change(slack: LocalSlack, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="#oddspot", text="one")
    before = slack.messages("oddspot")[0]

    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="two")

    assert before.text == "one"
