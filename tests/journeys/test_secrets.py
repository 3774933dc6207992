"""Secrets planted in every setting that may hold one: none is ever printed, logged, stored or sent elsewhere."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from config.errors import OddspotError
from config.load import load_settings
from config.settings import Settings
from storage.database import Database
from tests.journeys.commands import Running, oddspot, wait_until
from tests.plates import write_plates
from tests.servers.collector import Collector
from tests.servers.free_port import free_port
from tests.servers.model import LocalModel, ModelFault
from tests.servers.slack import LocalSlack

KEY = base64.b64encode(b"canary-webhook-key-0123456789").decode()
CANARIES = {
    "sources.*.password": "canary-camera-password",
    "slack.bot_token": LocalSlack.bot_token,
    "slack.app_token": LocalSlack.app_token,
    "slack.signing_secret": "canary-signing-secret",
    "assistant.api_key": "canary-model-key",
    "assistant.fallback_api_key": "canary-fallback-key",
    "storage.database_url": "canary-database-password",
    "storage.reader_url": "canary-reader-password",
    "status.token": "canary-status-token",
    "alarms.urls": "canary-alarm-password",
    "webhooks.*.secret": f"whsec_{KEY}",
}
IN_ADDRESSES = ("canary-camera-address", "canary-camera-query", "canary-model-address", "canary-webhook-query")
EVERY = (*CANARIES.values(), KEY, *IN_ADDRESSES)


def secret_settings(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yield the path of every setting that holds a secret, `*` for a name or a place."""
    for name, field in model.model_fields.items():
        here, parts = f"{path}{name}", _types(field.annotation)
        if SecretStr in parts:
            yield here
        several = "" if field.annotation in parts[:1] or not {dict, tuple} & _origins(field.annotation) else ".*"
        for part in parts:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from secret_settings(part, f"{here}{several}.")


def _types(annotation: Any) -> list[Any]:
    parts = get_args(annotation)
    return [inner for part in parts for inner in _types(part)] if parts else [annotation]


def _origins(annotation: Any) -> set[Any]:
    origin = getattr(annotation, "__origin__", None)
    return {origin} | {one for part in get_args(annotation) for one in _origins(part)}


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as server:
        yield server


@pytest.fixture
def model() -> Iterator[LocalModel]:
    with LocalModel(api_key="another key") as server:
        yield server


@pytest.fixture
def hooks() -> Iterator[Collector]:
    with Collector() as server:
        yield server


def settings_of(home: Path, slack: LocalSlack, model: LocalModel, hooks: Collector) -> dict[str, Any]:
    """Return settings with a canary in every secret, and in every address."""
    gone = f"127.0.0.1:{free_port()}"
    camera = f"http://canary-camera-address:x@{gone}/snapshot?key=canary-camera-query"
    return {
        "sources": {
            "line-1": {"path": str(home / "incoming")},
            "camera": {"kind": "snapshot", "url": camera, "username": "me", "password": "canary-camera-password"},
        },
        "storage": {"data_dir": str(home / "data")},
        "detector": {"preset": "fast"},
        "slack": {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.api_url}
        | {"signing_secret": "canary-signing-secret"},
        "assistant": {
            "model": "openai:local-model",
            "base_url": model.base_url.replace("http://", "http://canary-model-address:x@"),
            "api_key": "canary-model-key",
            "fallback_model": "openai:other",
            "fallback_api_key": "canary-fallback-key",
            "time_limit_seconds": 10,
        },
        "status": {"port": free_port(), "token": "canary-status-token"},
        "alarms": {"urls": [f"json://me:canary-alarm-password@{gone}/"], "unsent_minutes": 0.01},
        "webhooks": [
            {"url": f"{hooks.url}/hook?key=canary-webhook-query", "secret": f"whsec_{KEY}"},
            {"name": "gone", "url": f"http://{gone}/?key=canary-webhook-query", "secret": f"whsec_{KEY}"},
        ],
    }


def leaks(text: str | bytes, *, but: tuple[str, ...] = ()) -> list[str]:
    """Return the canaries in what somebody could read."""
    content = text.encode() if isinstance(text, str) else text
    return [one for one in EVERY if one not in but and one.encode() in content]


def both(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def test_a_canary_stands_in_every_secret_there_is() -> None:
    assert set(secret_settings(Settings)) == set(CANARIES)


@pytest.mark.timeout(400)  # the whole service, and seven commands beside it
def test_the_whole_service_leaks_no_secret(home: Path, slack: LocalSlack, model: LocalModel, hooks: Collector) -> None:
    settings = settings_of(home, slack, model, hooks)
    (home / "oddspot.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    model.fail_next(ModelFault(status=401), count=3)

    with Running("run", cwd=home, env={"ODDSPOT__STORAGE__DATABASE_URL": ""}) as service:
        wait_until(lambda: bool(slack.hub.sockets) or service.process.poll() is not None, seconds=120)
        assert slack.hub.sockets, "".join(service.lines)
        for photo in write_plates(home / "odd", 2, has_scratch=True, first_seed=500):
            shutil.copy(photo, home / "incoming")
        slack.wait_for(lambda: slack.bot_messages("oddspot"), timeout=90)
        slack.fail_next("chat.postMessage", error="internal_error", count=2)
        asked = slack.mention("oddspot", "how many anomalies on line-1 today?")
        slack.wait_for(lambda: slack.thread(asked), timeout=60)
        wait_until(lambda: any("canary" in line or "source_not_read" in line for line in service.lines) or bool(
            [line for line in service.lines if "camera" in line]))  # fmt: skip
        doctor = oddspot("doctor", cwd=home)
        checked = [oddspot("config", "check", *flag, cwd=home) for flag in ((), ("--json",))]
        outbox = [oddspot("outbox", *flag, cwd=home) for flag in ((), ("--json",))]
        answered = oddspot("ask", "--json", "how many anomalies on line-1 today?", cwd=home)
    printed = "".join(service.lines) + "".join(map(both, [doctor, *checked, *outbox, answered]))

    assert leaks(printed) == []
    assert all(done.returncode == 0 for done in checked)
    assert checked[0].stdout.count("**********") >= len(CANARIES) - 2
    stored = [file for file in (home / "data").rglob("*") if file.is_file()]
    assert {file.name: found for file in stored if (found := leaks(file.read_bytes()))} == {}
    said = json.dumps([[m.text, m.blocks, m.metadata] for m in slack.messages()])
    assert leaks(said) == []
    assert leaks(json.dumps([request.body for request in model.requests])) == []
    assert leaks(repr([post.body for post in hooks.posts])) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SLACK__BOT_TOKEN", "[canary-bad]"),
        ("SLACK__SIGNING_SECRET", "{canary-bad: 1}"),
        ("SLACK__BOT_TOKN", "canary-bad"),
        ("ASSISTANT__API_KEY", "[canary-bad]"),
        ("ASSISTANT__BASE_URL", "[canary-bad]"),
        ("STORAGE__DATABASE_URL", "[canary-bad]"),
        ("STORAGE__DATABASE_URL", "mysql://me:canary-bad@127.0.0.1/x"),
        ("STORAGE__DATABASE_URL", "canary-bad"),
        ("STATUS__TOKEN", "[canary-bad]"),
        ("ALARMS__URLS", "{canary-bad: 1}"),
        ("WEBHOOKS", "[{url: 'http://example.com/canary-bad', secret: whsec_eA}]"),
        ("WEBHOOKS", "[{url: 'https://example.com', secret: canary-bad}]"),
        ("WEBHOOKS", "[{url: 'https://me:canary-bad@example.com', secret: whsec_eA}]"),
        ("SOURCES__CAM", "{kind: snapshot, url: 'http://h/', password: [canary-bad]}"),
    ],
)
def test_an_error_about_a_secret_does_not_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OddspotError) as caught:
        Database(load_settings(environ={f"ODDSPOT__{key}": value}).database_url).reading().__enter__()

    assert "canary-bad" not in str(caught.value)


def test_a_secret_in_a_broken_file_is_not_said(tmp_path: Path) -> None:
    for text in (
        "slack: {bot_token: xoxb-canary-bad",
        "slack:\n\tbot_token: xoxb-canary-bad",
        "xoxb-canary-bad",
        "slack: xoxb-canary-bad",
        "xoxb-canary-bad: 1",
    ):
        (tmp_path / "oddspot.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(OddspotError) as caught:
            load_settings(tmp_path / "oddspot.yaml", {})
        assert "canary-bad" not in str(caught.value), text


def test_the_database_password_is_never_said(tmp_path: Path) -> None:
    url = "postgresql://me:canary-database-password@127.0.0.1:1/x"
    for command in (("run",), ("doctor", "--json")):
        done = oddspot(*command, cwd=tmp_path, env={"ODDSPOT__STORAGE__DATABASE_URL": url})
        assert done.returncode == 1
        assert leaks(both(done)) == []
