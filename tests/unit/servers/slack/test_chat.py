import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.servers.slack import ANNA, LocalSlack


def button(action_id: str = "defect", text: str = "Defect", value: str = "1") -> dict[str, object]:
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": text}}


def chart(title: str = "Anomalies a day", series: int = 1) -> dict[str, object]:
    lines = [{"name": f"line-{index}", "data": [{"label": "Mon", "value": 1}]} for index in range(series)]
    axis = {"categories": ["Mon"]}
    shown = {"type": "line", "series": lines, "axis_config": axis}
    return {"type": "data_visualization", "title": title, "chart": shown}


def error_of(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def test_keeps_a_message_with_its_thread_blocks_and_metadata(slack: LocalSlack, client: WebClient) -> None:
    metadata = {"event_type": "oddspot", "event_payload": {"key": "abc"}}
    parent = client.chat_postMessage(channel="#oddspot", text="A-1 on line-1", metadata=metadata)
    blocks = [{"type": "actions", "elements": [button()]}]
    client.chat_postMessage(channel=slack.channel.id, thread_ts=parent["ts"], text="more", blocks=blocks)

    root, reply = slack.messages("oddspot")

    assert (root.text, root.metadata, root.thread_ts) == ("A-1 on line-1", metadata, None)
    assert reply.thread_ts == root.ts
    assert reply.blocks[0]["block_id"]
    assert slack.thread(root) == [reply]


def test_records_every_version_of_an_edited_message_and_keeps_its_blocks(slack: LocalSlack, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="#oddspot", text="one", blocks=[{"type": "divider"}])

    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="two")

    (message,) = slack.messages("oddspot")
    assert [version.text for version in message.versions] == ["one", "two"]
    assert message.edits[0].at >= message.posted_at
    assert message.blocks[0]["type"] == "divider"


def test_deletes_a_message(slack: LocalSlack, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="#oddspot", text="one")

    client.chat_delete(channel=posted["channel"], ts=posted["ts"])

    assert slack.messages("oddspot") == []
    assert len(slack.messages("oddspot", is_deleted=True)) == 1


def test_refuses_to_edit_a_message_of_somebody_else(slack: LocalSlack, client: WebClient) -> None:
    message = slack.say("oddspot", "hello")

    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=message.channel, ts=message.ts, text="mine")

    assert error_of(error) == "cant_update_message"


def test_shows_an_ephemeral_message_to_one_person(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postEphemeral(channel=slack.channel.id, user=ANNA, text="only you")

    assert slack.messages("oddspot") == []
    assert slack.workspace.ephemerals[0]["user"] == ANNA


def test_opens_the_direct_conversation_of_a_user_id(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel=ANNA, text="hello")

    assert slack.messages(ANNA)[0].channel == slack.workspace.direct(ANNA).id


@pytest.mark.parametrize(
    ("channel", "wanted"),
    [("#nowhere", "channel_not_found"), ("#closed", "is_archived"), ("#others", "not_in_channel")],
)
def test_refuses_a_channel_it_cannot_write_to(slack: LocalSlack, client: WebClient, channel: str, wanted: str) -> None:
    slack.add_channel("closed").is_archived = True
    slack.add_channel("others", is_member=False)

    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=channel, text="hello")

    assert error_of(error) == wanted


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        {"type": "section", "text": {"type": "mrkdwn", "text": ""}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "actions", "elements": [button(f"b{index}") for index in range(26)]},
        {"type": "actions", "elements": [button(), button()]},
        {"type": "actions", "elements": [button(text="x" * 76)]},
        {"type": "actions", "elements": [button(value="x" * 2001)]},
        {"type": "actions", "elements": [button("x" * 256)]},
        {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "x" * 2001},
        {"type": "image", "image_url": "https://example.org/a.png"},
        {"type": "image", "slack_file": {"id": "F0NONE"}, "alt_text": "x"},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101},
        chart(title="x" * 51),
        chart(series=7),
        {"type": "nothing_known"},
    ],
)
def test_refuses_a_block_that_breaks_a_limit(client: WebClient, block: dict[str, object]) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="#oddspot", text="x", blocks=[block])

    assert error_of(error) == "invalid_blocks"


def test_accepts_blocks_at_their_limits(slack: LocalSlack, client: WebClient) -> None:
    blocks: list[dict[str, object]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
        {"type": "actions", "elements": [button(f"b{index}", "x" * 75, "x" * 2000) for index in range(25)]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 10},
        chart(title="x" * 50, series=6),
        *[dict[str, object](type="divider") for _ in range(45)],
    ]

    client.chat_postMessage(channel="#oddspot", text="x", blocks=blocks)

    assert len(slack.messages("oddspot")[0].blocks) == 50
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="#oddspot", text="x", blocks=[*blocks, {"type": "divider"}])
    assert error_of(error) == "invalid_blocks"


def test_refuses_texts_that_are_too_long(client: WebClient) -> None:
    posted = client.chat_postMessage(channel="#oddspot", text="x" * 40_000)

    with pytest.raises(SlackApiError) as in_post:
        client.chat_postMessage(channel="#oddspot", text="x" * 40_001)
    with pytest.raises(SlackApiError) as in_update:
        client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x" * 4_001)

    assert (error_of(in_post), error_of(in_update)) == ("msg_too_long", "msg_too_long")


def test_notes_a_channel_written_to_more_than_once_a_second(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="#oddspot", text="one")
    client.chat_postMessage(channel="#oddspot", text="two")

    assert [channel for channel, _ in slack.workspace.rate_breaches] == [slack.channel.id]


def test_answers_429_to_a_channel_written_to_too_fast_when_told_to() -> None:
    with LocalSlack(enforces_rate=True) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        client.chat_postMessage(channel="#oddspot", text="one")

        with pytest.raises(SlackApiError) as error:
            client.chat_postMessage(channel="#oddspot", text="two")

    assert error.value.response.status_code == 429
    assert error.value.response.headers["Retry-After"] == "1"
