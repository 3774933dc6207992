import json
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from agent.cli import app
from config.errors import OddspotError
from storage.repositories.silences import add_silence
from tests.factories_agent import NOON, Clock, Plant
from tests.unit.agent.conftest import Rounds

NIGHT = {"name": "night", "hours": "22:00-06:00", "quiet": {"hours": "22:00-06:00", "unless_severity": 4}}
CAMS = {"source": ["cam-*"], "channel": "#cams"}
DAY = {
    "name": "paint",
    "severity_from": 2,
    "channel": "#paint",
    "mention": ["U0ANNA", "here"],
    "escalate": {"after_minutes": 15, "channel": "#leads", "mention": ["S0TEAM"]},
}


def run(plant: Plant, *arguments: str, rules: tuple[dict[str, Any], ...] = (CAMS, NIGHT, DAY)) -> str:
    folder = plant.blobs.path("0" * 64).parents[2]
    folder = next(parent for parent in [folder, *folder.parents] if (parent / "oddspot.db").is_file())
    config = folder / "oddspot.yaml"
    values = {"time_zone": "Europe/Berlin", "storage": {"data_dir": str(folder)}, "routes": list(rules)}
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    result = CliRunner().invoke(app, ["routes", *arguments, "--config", str(config)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_says_which_rule_fits_and_what_it_does(plant: Plant) -> None:
    plant.anomaly()

    assert run(plant, "test", "A-1", "--at", "2026-11-23T13:00").splitlines() == [
        "A-1: source line-1, severity 2.3, lot L7, part 42; as at 2026-11-23 13:00:00 (Europe/Berlin).",
        "Rule 1 does not fit: source line-1 is not cam-*.",
        "Rule 2 (night) does not fit: 13:00 is outside of 22:00-06:00 (Europe/Berlin).",
        "Rule 3 (paint) fits.",
        "It would be posted to #paint, calling U0ANNA and everybody here.",
        "If nobody acts within 15 min, a message goes to #leads at 2026-11-23 13:15 (Europe/Berlin), calling S0TEAM.",
        "Slack may see of it: the heatmap.",
    ]


def test_says_until_when_it_is_kept_back_and_why(plant: Plant) -> None:
    plant.anomaly()
    said = run(plant, "test", "1", "--at", "2026-11-23T23:00Z")
    (found,) = [json.loads(line) for line in run(plant, "test", "1", "--at", "2026-11-24T00:00", "--json").splitlines()]

    assert (
        "Quiet hours 22:00-06:00 keep it back until 2026-11-24 06:00 (Europe/Berlin): severity 2.3 is below 4." in said
    )
    assert "part of a summary in #oddspot" in said
    assert (found["rule"], found["held_until"], found["escalates_at"]) == (2, "2026-11-24T05:00:00Z", None)
    assert found["passed_over"] == [{"rule": 1, "why": "source line-1 is not cam-*"}]


def test_says_what_breaks_quiet_hours(plant: Plant) -> None:
    plant.anomaly(score=5)

    assert "severity 5 is at least 4" in run(plant, "test", "A-1", "--at", "2026-11-24T00:00")


def test_says_what_holds_whatever_the_rules_say(plant: Plant, rounds: Rounds, clock: Clock) -> None:
    plant.anomaly(has_heatmap=False)
    rounds.run(2)
    with plant.database.transaction() as session:
        until = NOON.replace(hour=14)
        add_silence(session, source_id=None, until=until, author="anna", comment="", now=clock())
    said = run(plant, "test", "A-1", "--at", "2026-11-23T12:30Z", rules=())

    assert "Nothing would be sent: every source is silenced until 2026-11-23 15:00:00." in said
    assert "I-1 has its message: only that message would change." in said
    assert "There are no rules." in said
    assert "It would be posted to #oddspot." in said


def test_lists_the_rules(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    shown = run(plant, "list")

    assert "severity from 2" in shown
    assert "#paint, calls U0ANNA and everybody here, escalates after 15 min" in shown
    assert [json.loads(line)["rule"] for line in run(plant, "list", "--json").splitlines()] == [1, 2, 3]
    assert run(plant, "list", rules=()) == "No rules: everything goes to its source's channel.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("A-99",), "no inspection A-99"),
        (("I-1",), "ids look like A-12"),
        (("A-1", "--at", "noon"), "'noon' is not a moment"),
    ],
)
def test_refuses_what_it_cannot_read(plant: Plant, arguments: tuple[str, ...], said: str) -> None:
    plant.anomaly()
    with pytest.raises(OddspotError, match=said):
        run(plant, "test", *arguments)


def test_shows_no_control_characters_of_data(plant: Plant) -> None:
    plant.anomaly(attributes={"lot": "L7\x1b[31m\u202eevil"})

    assert "\x1b" not in run(plant, "test", "A-1")
