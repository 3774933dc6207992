from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.servers.emulate import Emulate, start_emulate
from tests.servers.manifest import bot_scopes

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture(scope="module")
def emulate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulate]:
    running = start_emulate(tmp_path_factory.mktemp("emulate"))
    yield running
    running.stop()


def client_of(emulate: Emulate) -> WebClient:
    return WebClient(emulate.bot_token, base_url=emulate.api_url, retry_handlers=[])


def test_takes_messages_threads_edits_and_pictures_with_the_scopes_of_the_manifest(emulate: Emulate) -> None:
    client = client_of(emulate)
    metadata = {"event_type": "oddspot", "event_payload": {"key": "abc"}}
    root = client.chat_postMessage(channel=emulate.channel, text="A-1 on line-1", metadata=metadata)
    uploaded = client.files_upload_v2(
        file=PNG, filename="a.png", channel=emulate.channel, thread_ts=root["ts"], alt_txt="heatmap of A-1"
    )
    client.chat_update(channel=emulate.channel, ts=root["ts"], text="A-1 on line-1: 2 anomalies")

    found = client.conversations_history(channel=emulate.channel, include_all_metadata=True)["messages"]
    shown = client.files_info(file=uploaded["file"]["id"])["file"]

    assert next(m["text"] for m in found if m["ts"] == root["ts"]) == "A-1 on line-1: 2 anomalies"
    headers = {"Authorization": f"Bearer {emulate.bot_token}"}
    assert httpx.get(shown["url_private_download"], headers=headers).content == PNG


def test_answers_every_other_call_the_bot_makes_with_the_scopes_of_the_manifest(emulate: Emulate) -> None:
    client = client_of(emulate)
    me = client.auth_test()
    posted = client.chat_postMessage(channel=emulate.channel, text="hello")

    client.conversations_info(channel=emulate.channel)
    client.conversations_replies(channel=emulate.channel, ts=posted["ts"])
    client.reactions_add(channel=emulate.channel, timestamp=posted["ts"], name="eyes")
    client.users_info(user=me["user_id"])
    client.views_publish(user_id=me["user_id"], view={"type": "home", "blocks": [{"type": "divider"}]})
    client.chat_delete(channel=emulate.channel, ts=posted["ts"])

    assert me["bot_id"] == "B0ODDSPOT"


def test_misses_a_scope_that_was_taken_away(tmp_path: Path) -> None:
    emulate = start_emulate(tmp_path, scopes=tuple(scope for scope in bot_scopes() if scope != "files:write"))
    try:
        with pytest.raises(SlackApiError) as error:
            client_of(emulate).files_upload_v2(file=PNG, filename="a.png", channel=emulate.channel)
    finally:
        emulate.stop()

    assert error.value.response["error"] == "missing_scope"
    assert error.value.response["needed"] == "files:write"
