import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.servers.manifest import bot_scopes
from tests.servers.slack import ANNA, BOT, BOT_USER, GUEST, STRANGER, TEAM, LocalSlack


def post(slack: LocalSlack, method: str, token: str, **form: str) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body: dict[str, object] = httpx.post(f"{slack.api_url}{method}", data=form, headers=headers).json()
    return body


def test_tells_whose_token_it_is_and_what_it_may_do(client: WebClient) -> None:
    answer = client.auth_test()

    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (BOT_USER, BOT, TEAM)
    assert answer.headers["x-oauth-scopes"] == ",".join(bot_scopes())


@pytest.mark.parametrize(("token", "wanted"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
def test_refuses_a_wrong_token(slack: LocalSlack, token: str, wanted: str) -> None:
    assert post(slack, "auth.test", token) == {"ok": False, "error": wanted}


def test_opens_sockets_for_the_app_token_only(slack: LocalSlack) -> None:
    assert post(slack, "apps.connections.open", slack.bot_token)["error"] == "not_allowed_token_type"
    assert str(post(slack, "apps.connections.open", slack.app_token)["url"]).startswith("ws://127.0.0.1:")


def test_takes_forms_and_json_alike(slack: LocalSlack) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    by_json = httpx.post(f"{slack.api_url}chat.postMessage", json={"channel": "oddspot", "text": "a"}, headers=headers)

    assert by_json.json()["ok"]
    blocks = '[{"type": "divider"}]'
    assert post(slack, "chat.postMessage", slack.bot_token, channel="oddspot", text="b", blocks=blocks)["ok"]
    assert [message.text for message in slack.messages("oddspot")] == ["a", "b"]


def test_refuses_a_method_it_does_not_know(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as error:
        client.api_call("chat.startStream")

    assert error.value.response["error"] == "unknown_method"


def test_refuses_a_method_whose_scope_is_missing() -> None:
    with LocalSlack(scopes=("chat:write",)) as slack:
        answer = post(slack, "users.info", slack.bot_token, user=ANNA)

    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "chat:write")


def test_logs_calls_without_tokens(slack: LocalSlack) -> None:
    httpx.post(f"{slack.api_url}api.test", data={"token": "xoxb-in-the-form", "foo": "bar"})
    post(slack, "chat.postMessage", slack.bot_token, channel="nowhere", text="a")

    first, second = slack.calls
    assert (first.method, first.args, first.error) == ("api.test", {"foo": "bar"}, None)
    assert (second.method, second.error) == ("chat.postMessage", "channel_not_found")


def test_tells_members_from_guests_and_strangers(client: WebClient) -> None:
    people = {user: client.users_info(user=user)["user"] for user in (ANNA, GUEST, STRANGER)}

    assert not people[ANNA]["is_restricted"]
    assert people[GUEST]["is_restricted"]
    assert people[STRANGER]["is_stranger"]


def test_pages_through_history_newest_first_with_metadata_on_request(slack: LocalSlack, client: WebClient) -> None:
    metadata = {"event_type": "oddspot", "event_payload": {"key": "abc"}}
    for index in range(3):
        client.chat_postMessage(channel="#oddspot", text=str(index), metadata=metadata)

    pages = client.conversations_history(channel=slack.channel.id, limit=2, include_all_metadata=True)
    found = [message for page in pages for message in page["messages"]]

    assert [message["text"] for message in found] == ["2", "1", "0"]
    assert found[0]["metadata"] == metadata
    assert "metadata" not in client.conversations_history(channel=slack.channel.id)["messages"][0]


def test_returns_a_thread_and_only_what_is_newer(slack: LocalSlack, client: WebClient) -> None:
    root = slack.say("oddspot", "root")
    first = client.chat_postMessage(channel=root.channel, thread_ts=root.ts, text="first")
    client.chat_postMessage(channel=root.channel, thread_ts=root.ts, text="second")

    thread = client.conversations_replies(channel=root.channel, ts=root.ts)["messages"]
    newer = client.conversations_replies(channel=root.channel, ts=root.ts, oldest=first["ts"])["messages"]

    assert [message["text"] for message in thread] == ["root", "first", "second"]
    assert [message["text"] for message in newer] == ["root", "second"]
    assert client.conversations_history(channel=root.channel)["messages"][0]["reply_count"] == 2


def test_knows_the_state_of_channels(slack: LocalSlack, client: WebClient) -> None:
    slack.add_channel("secret", is_private=True)

    listed = client.conversations_list(types="public_channel,private_channel")["channels"]

    assert {channel["name"]: channel["is_private"] for channel in listed} == {"oddspot": False, "secret": True}
    assert client.conversations_info(channel=slack.channel.id)["channel"]["is_member"]
    assert client.conversations_open(users=ANNA)["channel"]["is_im"]


def test_keeps_reactions(slack: LocalSlack, client: WebClient) -> None:
    message = slack.say("oddspot", "hello")
    client.reactions_add(channel=message.channel, timestamp=message.ts, name="eyes")

    assert slack.messages("oddspot")[0].reactions == {"eyes": [BOT_USER]}
    client.reactions_remove(channel=message.channel, timestamp=message.ts, name="eyes")
    assert slack.messages("oddspot")[0].reactions == {"eyes": []}


def test_keeps_statuses_and_suggested_prompts(slack: LocalSlack, client: WebClient) -> None:
    asked = slack.direct_message("how many?")
    prompts = [{"title": "Today", "message": "What happened today?"}]

    client.assistant_threads_setStatus(channel_id=asked.channel, thread_ts=asked.ts, status="is looking")
    client.assistant_threads_setSuggestedPrompts(channel_id=asked.channel, thread_ts=asked.ts, prompts=prompts)

    assert slack.workspace.statuses[0]["status"] == "is looking"
    assert slack.workspace.prompts[0]["prompts"] == prompts


def test_keeps_a_home_tab(slack: LocalSlack, client: WebClient) -> None:
    client.views_publish(user_id=ANNA, view={"type": "home", "blocks": [{"type": "divider"}]})

    assert slack.workspace.homes[ANNA]["blocks"][0]["type"] == "divider"
