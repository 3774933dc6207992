"""Rules, alarms and webhooks as settings."""

import base64

import pytest
from pydantic import ValidationError

from config.settings import Settings

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"routes": [{"mention": ["<!channel>"]}]}, "neither `here` nor"),
        ({"routes": [{"mention": ["channel"]}]}, "neither `here` nor"),
        ({"routes": [{"mention": ["U0ANNA> <!channel"]}]}, "neither `here` nor"),
        ({"routes": [{"hours": "22"}]}, "span of hours"),
        ({"routes": [{"hours": "22:00-25:00"}]}, "not a time of day"),
        ({"routes": [{"quiet": {"hours": "06:00-06:00"}}]}, "ends when it starts"),
        ({"routes": [{"severity_from": 3, "severity_to": 2}]}, "must be below"),
        ({"routes": [{"escalate": {"after_minutes": 5}}]}, "a channel or somebody"),
        ({"routes": [{"chanel": "#a"}]}, "Extra inputs"),
        ({"routes": [{"days": ["monday"]}]}, "'mon'"),
        ({"webhooks": [{"url": "http://example.com/", "secret": SECRET}]}, "https unless"),
        ({"webhooks": [{"url": "http://127.0.0.1.example.com/", "secret": SECRET}]}, "https unless"),
        ({"webhooks": [{"url": "http://localhost.example.com/", "secret": SECRET}]}, "https unless"),
        ({"webhooks": [{"url": "ftp://localhost/", "secret": SECRET}]}, "https unless"),
        ({"slack": {"api_url": "http://127.0.0.1.example.com/api/"}}, "must use https"),
        ({"webhooks": [{"url": "https://u:p@example.com/", "secret": SECRET}]}, "no user"),
        ({"webhooks": [{"url": "https://example.com/", "secret": "whsec_c2hvcnQ="}]}, "24 to 64"),
        ({"webhooks": [{"url": "https://example.com/", "secret": "secret"}]}, "24 to 64"),
        ({"webhooks": [{"url": "https://example.com/a", "secret": SECRET}] * 2}, "give each a `name`"),
        ({"webhooks": [{"url": "https://example.com/", "secret": SECRET, "events": ["all"]}]}, "incident.opened"),
        ({"slack": {"images": "all"}}, "heatmap"),
    ],
)
def test_refuses_what_cannot_work(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace(".", r"\.")):
        Settings.model_validate(given)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/a", "http://localhost/", "http://[::1]:9/", "https://a.example"]
)
def test_takes_an_address_that_nobody_can_listen_to(url: str) -> None:
    assert Settings.model_validate({"webhooks": [{"url": url, "secret": SECRET}]}).webhooks[0].url == url


def test_takes_one_word_where_several_may_stand() -> None:
    rule = {"source": "line-*", "defect_class": "scratch", "days": "mon", "mention": "here"}
    (read,) = Settings.model_validate({"routes": [rule]}).routes

    assert (read.source, read.defect_class, read.days, read.mention) == (("line-*",), ("scratch",), ("mon",), ("here",))


def test_shows_no_secret_of_alarms_and_webhooks() -> None:
    settings = Settings.model_validate(
        {
            "alarms": {"urls": ["mailtos://user:hidden@example.com"]},
            "webhooks": [{"url": "https://example.com/hook/hidden?key=hidden", "secret": SECRET}],
        }
    )

    shown = settings.model_dump_json() + repr(settings.alarms)
    assert "hidden" not in shown
    assert SECRET not in shown + repr(settings.webhooks)
    assert "https://example.com/***" in shown
    assert settings.webhooks[0].called == "example.com"
    assert settings.webhooks[0].key == b"k" * 32


def test_knows_what_slack_may_see_of_each_source() -> None:
    sources = {"a": {"path": "x", "images": "none"}, "b": {"path": "y"}}
    settings = Settings.model_validate({"slack": {"images": "crop"}, "sources": sources})

    assert [settings.images_of(name) for name in ("a", "b", "elsewhere")] == ["none", "crop", "crop"]
    assert Settings().images_of("a") == "heatmap"
