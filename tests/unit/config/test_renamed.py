"""Settings of past versions are still understood."""

from pathlib import Path
from typing import Any

import pytest

from config.load import load_settings
from config.renamed import RENAMED, follow_renames
from config.settings import Settings
from tests.fixtures.kept_homes import HOMES, NAMES


def test_reads_an_old_key_as_the_new_one_and_says_so() -> None:
    values: dict[str, Any] = {"alerts": {"join": 5, "alike": 0.4}, "chat": "#qa"}

    said = follow_renames(values, {"alerts.join": "alerts.join_minutes", "chat": "slack.channel"})

    assert values == {"alerts": {"alike": 0.4, "join_minutes": 5}, "slack": {"channel": "#qa"}}
    assert said == [
        "Setting alerts.join is now called alerts.join_minutes; it is read as that: please change it.",
        "Setting chat is now called slack.channel; it is read as that: please change it.",
    ]


def test_follows_a_key_of_every_source_that_has_it() -> None:
    values: dict[str, Any] = {"sources": {"a": {"dir": "x"}, "b": {"path": "y"}, "c": {"dir": "z", "path": "w"}}}

    said = follow_renames(values, {"sources.*.dir": "sources.*.path"})

    assert values == {"sources": {"a": {"path": "x"}, "b": {"path": "y"}, "c": {"path": "w"}}}
    assert [one.split(";")[1] for one in said] == [
        " it is read as that: please change it.",
        " that is set too, and wins.",
    ]


def test_leaves_alone_what_has_no_old_name() -> None:
    values: dict[str, Any] = {"alerts": None, "sources": {"a": "not a section"}}

    assert follow_renames(values, {"alerts.join": "alerts.join_minutes", "sources.*.dir": "sources.*.path"}) == []
    assert values == {"alerts": None, "sources": {"a": "not a section"}}


def known(schema: dict[str, Any], place: list[str]) -> bool:
    """Say whether a setting has a place in the settings of today."""
    while "$ref" in schema or "anyOf" in schema or "allOf" in schema:
        if "$ref" in schema:
            schema = DEFINITIONS[schema["$ref"].rpartition("/")[2]]
        else:
            choices = schema.get("anyOf") or schema["allOf"]
            return any(known(one, place) for one in choices)
    if not place:
        return True
    if place[0] == "*":
        return known(schema.get("additionalProperties") or {}, place[1:])
    if "items" in schema:
        return known(schema["items"], place)
    inner = schema.get("properties", {})
    return place[0] in inner and known(inner[place[0]], place[1:])


SCHEMA = Settings.model_json_schema()
DEFINITIONS: dict[str, Any] = SCHEMA["$defs"]


@pytest.mark.parametrize("name", NAMES)
def test_no_key_that_a_past_version_knew_is_refused(name: str) -> None:
    keys = (HOMES / name / "keys.txt").read_text(encoding="utf-8").split()

    assert len(keys) > 50
    assert [key for key in keys if key not in RENAMED and not known(SCHEMA, key.split("."))] == []
    assert not known(SCHEMA, ["alerts", "nonsense"])
    assert not known(SCHEMA, ["sources", "*", "nonsense"])


@pytest.mark.parametrize("name", NAMES)
def test_a_past_versions_settings_say_what_they_said(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings(HOMES / name / "oddspot.yaml", environ={})

    assert (settings.time_zone, settings.alerts.join_minutes) == ("Europe/Berlin", 45)
    assert settings.slack.allowed_users == ("U0ANNA",)
    assert settings.sources["line-1"].late_after_seconds == 600
    assert settings.channel_of("line-1") == "#line-1"
    assert settings.storage.data_dir == Path(HOMES / name / "data")
    assert settings.detector_of("line-1").image_size == 64
    assert capsys.readouterr().err == ""
