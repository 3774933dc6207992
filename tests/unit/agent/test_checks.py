from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from agent.checks import _clock, checks, manifest_scopes
from config.settings import Settings
from tests.factories import NOON
from tests.servers.slack import LocalSlack


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as server:
        yield server


def look(**sections: Any) -> dict[str, tuple[bool, str]]:
    return {one.name: (one.is_ok, one.found) for one in checks(Settings.model_validate(sections))}


def tokens(slack: LocalSlack, **changes: Any) -> dict[str, Any]:
    return {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.api_url} | changes


def test_is_content_without_slack_and_without_a_model() -> None:
    assert look() == {
        "slack": (True, "not set up: alerts are printed on this terminal"),
        "language model": (True, "none: the built-in reader answers"),
        "alarms": (True, "no other way than the log: alarms.urls is empty"),
    }


def test_names_an_alarm_address_nobody_understands_by_its_scheme_alone() -> None:
    is_ok, found = look(alarms={"urls": ["nosuch://user:hidden@example.com"]})["alarms"]

    assert not is_ok
    assert "nosuch" in found
    assert "hidden" not in found
    assert look(alarms={"urls": ["json://127.0.0.1/hidden"]})["alarms"] == (True, "1 address; nothing was sent")


def test_finds_a_whole_slack_app_well(slack: LocalSlack) -> None:
    found = look(slack=tokens(slack))

    assert all(is_ok for is_ok, _ in found.values())
    assert found["slack scopes"][1] == f"all {len(manifest_scopes())} of the manifest"


def test_names_every_channel_the_bot_cannot_speak_in(slack: LocalSlack) -> None:
    slack.add_channel("paint")
    slack.add_channel("leads", is_member=False)
    slack.workspace.channels[slack.add_channel("old").id].is_archived = True
    sources = {"line-1": {"path": "x", "channel": "#paint"}, "line-2": {"path": "x", "channel": "#gone"}}
    escalate = {"after_minutes": 5, "channel": "#leads"}
    rules = [{"channel": slack.channel.id, "escalate": escalate}, {"channel": "old"}]
    is_ok, found = look(slack=tokens(slack), sources=sources, routes=rules)["slack channels"]

    assert not is_ok
    assert found.split("; ") == [
        "#gone: there is none, or it is private and the bot is not in it",
        "old: it is archived",
        "#leads: the bot is not in it",
    ]
    assert look(slack=tokens(slack))["slack channels"] == (True, "#oddspot")


def test_names_the_scopes_that_are_missing() -> None:
    with LocalSlack(scopes=tuple(manifest_scopes() - {"files:write", "im:read"})) as slack:
        found = look(slack=tokens(slack))

    assert found["slack scopes"] == (False, "missing: files:write, im:read")


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"bot_token": "xoxb-wrong"}, "slack token", "invalid_auth"),
        ({"app_token": "xapp-wrong"}, "slack events", "invalid_auth"),
        ({"app_token": None}, "slack events", "Socket Mode without slack.app_token"),
        ({"mode": "http"}, "slack events", "http without slack.signing_secret"),
    ],
)
def test_says_what_is_wrong_with_slack(slack: LocalSlack, changes: dict[str, Any], name: str, words: str) -> None:
    found = look(slack=tokens(slack, **changes))

    assert found[name] == (False, words)
    assert "wrong" not in str(found)


def test_says_where_slack_cannot_be_reached(slack: LocalSlack) -> None:
    slack.down()

    assert look(slack=tokens(slack))["slack token"][0] is False


def test_looks_for_a_local_model(slack: LocalSlack) -> None:
    there = look(assistant={"model": "openai:small", "base_url": slack.url})
    slack.down()
    gone = look(assistant={"model": "openai:small", "base_url": slack.url})

    assert there["language model"][0] is True
    assert gone["language model"][0] is False
    assert "it cannot be reached" in gone["language model"][1]


def test_looks_for_the_fallback_too_and_says_whose_key_it_is(slack: LocalSlack) -> None:
    own = {"model": "openai:small", "base_url": slack.url, "fallback_model": "openai:other"}
    there = look(assistant=own)
    gone = look(assistant=own | {"fallback_base_url": "http://bob:hunter2@127.0.0.1:1/v1"})

    assert there["fallback model"] == (True, f"openai:other at {slack.url}")
    assert gone["language model"][0] is True
    assert gone["fallback model"][0] is False
    assert "it cannot be reached" in gone["fallback model"][1]
    assert "hunter2" not in str(gone)


def test_names_a_model_that_cannot_be_made() -> None:
    is_ok, found = look(assistant={"model": "nosuch:thing"})["language model"]

    assert not is_ok
    assert "nosuch" in found


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (30, (True, "within a minute of Slack's")),
        (90, (False, "this machine's: 90 s ahead of Slack's")),
        (-3600, (False, "this machine's: 3600 s behind Slack's")),
    ],
)
def test_holds_the_clock_against_slacks(seconds: int, expected: tuple[bool, str]) -> None:
    [found] = _clock("Fri, 20 Nov 2026 12:00:00 GMT", NOON + timedelta(seconds=seconds))

    assert (found.is_ok, found.found) == expected
    assert list(_clock("", NOON)) == []
