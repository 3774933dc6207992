import base64
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.notifiers.port import NotifyError
from agent.notifiers.standard_webhooks import signature, signed_headers
from agent.notifiers.webhook import post_webhook
from config.routes import WebhookSettings
from tests.factories_agent import NOON
from tests.servers.collector import Collector

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def make(server: Collector, path: str = "/hidden?key=hidden") -> WebhookSettings:
    return WebhookSettings.model_validate({"url": f"{server.url}{path}", "secret": SECRET, "name": "mes"})


def test_signs_as_the_published_example_says() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))

    assert signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )
    moment = datetime.fromtimestamp(1614265330.9, UTC)
    assert signed_headers(key, "msg_1", BODY, now=moment)["webhook-timestamp"] == "1614265330"


def test_posts_the_body_it_signed() -> None:
    with Collector() as server:
        post_webhook(make(server), "msg_1", BODY, now=NOON)

    (posted,) = server.posts
    stamp = int(posted.headers["webhook-timestamp"])
    assert (posted.body, posted.headers["content-type"], stamp) == (BODY, "application/json", int(NOON.timestamp()))
    assert posted.headers["webhook-signature"] == signature(make(server).key, "msg_1", stamp, posted.body)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (500, {}, ("HTTP 500", False, None)),
        (404, {}, ("HTTP 404", False, None)),
        (429, {"retry-after": "7"}, ("HTTP 429", False, 7.0)),
        (503, {"retry-after": "999999"}, ("HTTP 503", False, 3600.0)),
        (429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, ("HTTP 429", False, None)),
        (302, {"location": "/elsewhere"}, ("HTTP 302: redirects are not followed", False, None)),
        (307, {"location": "http://127.0.0.1:9/"}, ("HTTP 307: redirects are not followed", False, None)),
        (410, {}, ("HTTP 410: it wants no more", True, None)),
    ],
)
def test_says_what_an_answer_means(status: int, headers: dict[str, str], expected: tuple[Any, ...]) -> None:
    with Collector(answers=[(status, headers)]) as server, pytest.raises(NotifyError) as caught:
        post_webhook(make(server), "msg_1", BODY, now=NOON)

    error = caught.value
    assert (error.reason, error.permanent, error.retry_after) == expected
    assert not error.ambiguous  # the id lets the other side see a repeat
    assert len(server.posts) == 1


def test_says_nothing_of_address_and_secret(caplog: pytest.LogCaptureFixture) -> None:
    with Collector() as server:
        server.down()
        with caplog.at_level(logging.INFO), pytest.raises(NotifyError) as caught:
            post_webhook(make(server), "msg_1", BODY, now=NOON)

    assert str(caught.value) == "Could not notify webhook:mes: the connection failed (ConnectError)"
    assert caught.value.__suppress_context__
    assert SECRET not in caplog.text + str(caught.value)
