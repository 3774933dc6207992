import json
import logging

import pytest
from pydantic import SecretStr

from agent.notifiers.other_way import AlarmUrlError, other_way
from config.routes import AlarmSettings
from tests.servers.collector import Collector


def settings(*urls: str) -> AlarmSettings:
    return AlarmSettings(urls=tuple(SecretStr(url) for url in urls))


def test_posts_an_alarm_and_says_whether_it_was_taken(caplog: pytest.LogCaptureFixture) -> None:
    with Collector(answers=[(200, {}), (500, {})]) as server:
        way = other_way(settings(f"json://user:hidden@127.0.0.1:{server.port}/alarm"))
        with caplog.at_level(logging.DEBUG):
            assert way.tell("Oddspot: #a cannot be told", "is_archived")
            assert not way.tell("again", "is_archived")

    (first, _) = server.posts
    said = json.loads(first.body)
    assert (first.path, said["title"], said["message"]) == ("/alarm", "Oddspot: #a cannot be told", "is_archived")
    assert "hidden" not in caplog.text


def test_refuses_an_address_nobody_understands_and_shows_none_of_it() -> None:
    with pytest.raises(AlarmUrlError, match=r"address 2 \(nosuch:") as caught:
        other_way(settings("json://127.0.0.1", "nosuch://user:hidden@example.com"))

    assert "hidden" not in str(caught.value)


def test_is_content_without_an_address() -> None:
    assert other_way(settings()).tell("title", "body")
