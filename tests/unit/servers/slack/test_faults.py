import time
from urllib.error import HTTPError

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.servers.slack import LocalSlack

BROKEN = (OSError, httpx.HTTPError, SlackApiError)


def bare(slack: LocalSlack) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5)


def test_answers_with_an_error_as_often_as_told(slack: LocalSlack) -> None:
    slack.fail_next("chat.postMessage", error="channel_is_limited_access", count=2)

    for _ in range(2):
        with pytest.raises(SlackApiError, match="channel_is_limited_access"):
            bare(slack).chat_postMessage(channel="#oddspot", text="hello")
    bare(slack).chat_postMessage(channel="#oddspot", text="hello")

    assert len(slack.messages("oddspot")) == 1
    assert [call.error for call in slack.calls] == ["channel_is_limited_access"] * 2 + [None]


def test_answers_with_an_http_status(slack: LocalSlack) -> None:
    slack.fail_next("*", status=503)

    response = httpx.post(f"{slack.api_url}api.test")

    assert response.status_code == 503


def test_limits_the_rate_until_the_client_has_waited(slack: LocalSlack, client: WebClient) -> None:
    slack.fail_next("chat.postMessage", rate_limited=1)

    client.chat_postMessage(channel="#oddspot", text="hello")

    refused, accepted = slack.calls_of("chat.postMessage")
    assert (refused.error, accepted.error) == ("ratelimited", None)
    assert accepted.at - refused.at >= 1.0


def test_stores_a_message_whose_answer_is_lost(slack: LocalSlack) -> None:
    slack.fail_next("chat.postMessage", drop_after_accept=True)

    with pytest.raises(BROKEN):
        bare(slack).chat_postMessage(channel="#oddspot", text="hello")

    assert [message.text for message in slack.messages("oddspot")] == ["hello"]


def test_makes_the_default_client_post_twice(slack: LocalSlack) -> None:
    slack.fail_next("chat.postMessage", drop_after_accept=True)

    WebClient(slack.bot_token, base_url=slack.api_url).chat_postMessage(channel="#oddspot", text="hello")

    assert len(slack.messages("oddspot")) == 2


def test_stores_nothing_when_the_connection_ends_first(slack: LocalSlack) -> None:
    slack.fail_next("chat.postMessage", drop_before=True)

    with pytest.raises(BROKEN):
        bare(slack).chat_postMessage(channel="#oddspot", text="hello")

    assert slack.messages("oddspot") == []


def test_refuses_everything_while_down_and_comes_back_on_its_port(slack: LocalSlack) -> None:
    with httpx.Client() as kept:
        assert kept.post(f"{slack.api_url}api.test").json()["ok"]
        slack.down()
        with pytest.raises(BROKEN):
            kept.post(f"{slack.api_url}api.test")
        with pytest.raises(BROKEN):
            httpx.post(f"{slack.api_url}api.test")
        slack.up()

        assert kept.post(f"{slack.api_url}api.test").json()["ok"]


def test_takes_its_time_when_slow(slack: LocalSlack) -> None:
    slack.slow(0.3)
    started = time.monotonic()

    httpx.post(f"{slack.api_url}api.test")

    assert time.monotonic() - started >= 0.3


def test_loses_an_upload(slack: LocalSlack) -> None:
    slack.fail_next("upload", status=500)

    with pytest.raises(HTTPError, match="500"):
        bare(slack).files_upload_v2(file=b"abc", filename="a.txt", channel=slack.channel.id)

    assert not slack.files[0].is_completed


def test_gives_up_waiting_with_what_it_last_saw(slack: LocalSlack) -> None:
    httpx.post(f"{slack.api_url}api.test")

    with pytest.raises(TimeoutError, match=r"api.test: ok"):
        slack.wait_for(lambda: slack.messages("oddspot"), timeout=0.1)
