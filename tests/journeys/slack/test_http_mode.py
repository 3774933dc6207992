import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest

from agent.bot.http_mode import PortInUseError
from agent.talk import start_talk
from tests.factories_agent import Plant
from tests.journeys.slack.conftest import FakeAssistant, Start
from tests.journeys.slack.reading import roots, words
from tests.journeys.slack.test_people import told
from tests.servers.slack import ANNA, LocalSlack
from tests.servers.slack.signed_posts import signature_headers


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def url(slack: LocalSlack, start: Start, port: int) -> str:
    start(waits_for_socket=False, mode="http", port=port)
    base = f"http://127.0.0.1:{port}"
    slack.wait_for(lambda: is_healthy(base))
    slack.use_http(f"{base}/slack/events")
    return base


def is_healthy(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def post(url: str, body: str, headers: dict[str, str]) -> int:
    given = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{url}/slack/events", body.encode(), given)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.usefixtures("url")
def test_answers_and_labels_by_signed_posts(slack: LocalSlack, plant: Plant) -> None:
    message = told(slack, plant)
    asked = slack.mention("oddspot", "how many?")
    click = slack.click(message, "defect")

    slack.wait_for(lambda: slack.thread(asked) and f"Defect, says <@{ANNA}>" in words(roots(slack)[0]))
    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes))

    assert click.status == 200
    assert slack.thread(asked)[0].text == "You asked: how many?"


@pytest.mark.usefixtures("url")
def test_answers_a_slash_command_in_the_post_itself(slack: LocalSlack) -> None:
    helped = slack.slash("help")
    slack.wait_for(lambda: helped.is_acked)

    assert "Ask me in plain words" in (helped.response or {})["text"]


def test_refuses_a_bad_signature_an_old_one_and_none(slack: LocalSlack, url: str, assistant: FakeAssistant) -> None:
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention", "text": "x"}})
    now = int(time.time())

    assert post(url, body, signature_headers("another secret", body, now)) == 401
    assert post(url, body, signature_headers(slack.signing_secret, body, now - 301)) == 401
    assert post(url, body, signature_headers(slack.signing_secret, body, now + 330)) == 401
    signed = signature_headers(slack.signing_secret, body, now)
    for name, wrong in (("X-Slack-Signature", "v0="), ("X-Slack-Signature", ""), ("X-Slack-Request-Timestamp", "soon")):
        assert post(url, body, signed | {name: wrong}) == 401
    assert post(url, body, {}) == 401
    assert post(url, body + " ", signature_headers(slack.signing_secret, body, now)) == 401
    assert assistant.asked == []


def test_answers_slacks_verification_of_the_url(slack: LocalSlack, url: str) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"})

    assert post(url, body, signature_headers(slack.signing_secret, body, int(time.time()))) == 200


def test_says_so_where_the_port_is_in_use(plant: Plant, assistant: FakeAssistant) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        changed = {"mode": "http", "port": taken.getsockname()[1]}
        slack_settings = plant.settings.slack.model_copy(update=changed)
        settings = plant.settings.model_copy(update={"slack": slack_settings})
        with pytest.raises(PortInUseError, match=f"Cannot listen on 127.0.0.1:{changed['port']}"):
            start_talk(settings, plant.database, plant.blobs, threading.Event(), assistant=assistant)
