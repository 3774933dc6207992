"""Dockerfile, compose.yaml and the systemd units, as far as they can be read without an engine."""

import re
from configparser import RawConfigParser
from typing import Any

import pytest
import yaml

from config.load import load_settings
from config.supervising import STOP_SECONDS
from tests.journeys.commands import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("detect", "talk")


def dockerfile() -> list[list[str]]:
    """Return the Dockerfile's instructions, each as its word and the rest."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [line.split(maxsplit=1) for line in lines]


def test_the_image_runs_as_nobody_special_and_holds_all_that_is_imported() -> None:
    steps = dockerfile()
    copied = {word for name, rest in steps if name == "COPY" for word in rest.split()[:-1]}
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }

    assert [rest for name, rest in steps if name == "USER"] == ["10001:10001"]
    assert copied >= {"oddspot.py", "config", "storage", "detectors", "agent", "pyproject.toml"}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_write_nowhere_but_their_volume(name: str) -> None:
    service = COMPOSE["services"][name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["command"] == [name]
    assert [one for one in service["volumes"] if not one.endswith(":ro")] == ["data:/var/lib/oddspot"]
    assert "ports" not in service


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_a_container_is_one_of_ours(name: str, tmp_path: Any) -> None:
    service = COMPOSE["services"][name]
    environ = {}
    for key, value in service["environment"].items():
        if key.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service["secrets"]
            (tmp_path / key).write_text("postgresql://oddspot:x@postgres/oddspot", encoding="utf-8")
            value = str(tmp_path / key)  # noqa: PLW2901 - where this machine has it
        environ[key] = value

    settings = load_settings(None, environ)

    assert settings.database_url.startswith("postgresql://")
    assert settings.status.token is not None
    assert (settings.slack.bot_token is not None) == (name == "talk")
    probe = service["healthcheck"]["test"][-1]
    port = (settings.status.port or 0) + (1 if name == "talk" else 0)
    assert f":{port}/healthz" in probe
    assert {*service["secrets"]} <= {*COMPOSE["secrets"]}


@pytest.mark.parametrize("name", OURS)
def test_a_stop_is_given_the_time_it_may_take(name: str) -> None:
    unit = RawConfigParser(strict=False)
    unit.read(ROOT / "config" / "systemd" / f"oddspot-{name}.service", encoding="utf-8")
    grace = re.fullmatch(r"(\d+)s", COMPOSE["services"][name]["stop_grace_period"])

    assert grace is not None
    assert int(grace[1]) > STOP_SECONDS
    assert int(unit["Service"]["TimeoutStopSec"]) > STOP_SECONDS
    assert unit["Service"]["ExecStart"].endswith(f"/oddspot {name}")
