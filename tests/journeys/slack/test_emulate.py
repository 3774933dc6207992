"""Against an independent Slack that enforces scopes: what the manifest asks for is enough."""

import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.talk import start_talk
from tests.factories_agent import Plant, make_plant
from tests.journeys.slack.conftest import FakeAssistant
from tests.journeys.slack.test_http_mode import is_healthy
from tests.servers.emulate import Emulate, start_emulate
from tests.servers.free_port import free_port
from tests.servers.slack.signed_posts import signature_headers

PATIENCE_SECONDS = 30.0
Json = dict[str, Any]


@pytest.fixture(scope="module")
def emulate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulate]:
    server = start_emulate(tmp_path_factory.mktemp("emulate"))
    yield server
    server.stop()


@pytest.fixture
def plant(emulate: Emulate, tmp_path: Path) -> Iterator[Plant]:
    slack = {
        "api_url": emulate.api_url,
        "bot_token": emulate.bot_token,
        "signing_secret": emulate.signing_secret,
        "channel": emulate.channel,
        "mode": "http",
        "port": free_port(),
    }
    made = make_plant(tmp_path, slack=slack)
    yield made
    made.database.close()


@pytest.fixture
def bot(plant: Plant) -> Iterator[str]:
    """Run the bot in HTTP mode and return its address."""
    stop = threading.Event()
    given = (plant.settings, plant.database, plant.blobs, stop)
    thread = threading.Thread(target=start_talk, args=given, kwargs={"assistant": FakeAssistant()}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{plant.settings.slack.port}"
    wait_for(lambda: is_healthy(base))
    yield base
    stop.set()
    thread.join(PATIENCE_SECONDS)


def wait_for(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, "waited too long"
        threading.Event().wait(0.1)
    return value


def call(emulate: Emulate, method: str, **arguments: Any) -> Json:
    body = urllib.parse.urlencode(arguments).encode()
    headers = {"Authorization": f"Bearer {emulate.bot_token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{emulate.api_url}{method}", body, headers)) as response:
        answer: Json = json.load(response)
    assert answer["ok"], answer
    return answer


def roots(emulate: Emulate) -> list[Json]:
    messages: list[Json] = call(emulate, "conversations.history", channel=emulate.channel, limit=100)["messages"]
    return [message for message in messages if message.get("thread_ts") in (None, message["ts"])]


def alert(emulate: Emulate) -> Json | None:
    return next((message for message in roots(emulate) if "line-1" in message.get("text", "")), None)


def post(base: str, emulate: Emulate, body: str, kind: str) -> int:
    headers = signature_headers(emulate.signing_secret, body, int(time.time())) | {"Content-Type": kind}
    request = urllib.request.Request(f"{base}/slack/events", body.encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as response:
        return int(response.status)


def test_posts_the_alert_and_uploads_its_heatmap_into_its_thread(emulate: Emulate, plant: Plant, bot: str) -> None:
    assert bot
    plant.anomaly()

    message = wait_for(lambda: alert(emulate))

    assert "2.3x" in json.dumps(message)
    assert {"Defect", "False alarm"} <= buttons(message)
    files = wait_for(lambda: thread_files(emulate, message))
    assert files[0]["mimetype"] == "image/png"


def test_answers_a_mention_in_its_thread(emulate: Emulate, bot: str) -> None:
    asked = call(emulate, "chat.postMessage", channel=emulate.channel, text="a question of a person")
    event = {
        "type": "app_mention",
        "user": "U000000001",
        "text": "<@B1> how many anomalies?",
        "ts": asked["ts"],
        "channel": emulate.channel,
        "event_ts": asked["ts"],
    }
    envelope = {"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event": event, "event_id": "Ev1"}

    assert post(bot, emulate, json.dumps(envelope), "application/json") == 200

    def answers() -> list[Json]:
        thread = call(emulate, "conversations.replies", channel=emulate.channel, ts=asked["ts"])["messages"]
        return [reply for reply in thread if "You asked: how many anomalies?" in reply["text"]]

    assert len(wait_for(answers)) == 1


def buttons(message: Json) -> set[str]:
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return {element["text"]["text"] for row in rows for element in row if element["type"] == "button"}


def thread_files(emulate: Emulate, message: Json) -> list[Json]:
    thread = call(emulate, "conversations.replies", channel=emulate.channel, ts=message["ts"])["messages"]
    return [file for reply in thread for file in reply.get("files", [])]
