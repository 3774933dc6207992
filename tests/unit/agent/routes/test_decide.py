from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.routes.decide import channel_of_notice, decide, escalation_due
from agent.routes.match import Facts
from config.settings import Settings

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FACTS = Facts("line-1", 2.3, "Europe/Berlin", None, {"lot": "L7", "part": "42"})


def settings(*rules: dict[str, Any], **sections: Any) -> Settings:
    return Settings.model_validate({"routes": rules} | sections)


def test_takes_the_first_rule_that_fits() -> None:
    rules = settings(
        {"source": ["cam-*"], "channel": "#cams"}, {"channel": "#first", "name": "all"}, {"channel": "#no"}
    )
    decision = decide(rules, FACTS, now=MONDAY_NOON)

    assert (decision.rule, decision.name, decision.channel) == (2, "all", "#first")
    assert decision.as_payload == {"route": {"severity": 2.3, "rule": "rule 2 (all)", "mention": []}}


def test_leaves_everything_as_it_is_without_a_rule_that_fits() -> None:
    sources = {"line-1": {"path": "x", "channel": "#paint"}}
    for rules in (settings(sources=sources), settings({"source": ["cam"], "channel": "#cams"}, sources=sources)):
        decision = decide(rules, FACTS, now=MONDAY_NOON)
        assert (decision.channel, decision.rule, decision.held, decision.mention) == ("#paint", None, None, ())


def test_sends_what_is_said_of_a_source_where_its_rules_say_that_ask_nothing_of_an_anomaly() -> None:
    asks: list[dict[str, Any]] = [
        {"severity_from": 0},
        {"severity_to": 9},
        {"defect_class": "dent"},
        {"attributes": {"lot": "*"}},
    ]
    rules = [rule | {"channel": "#no"} for rule in asks]
    rules += [{"source": "line-1", "hours": "12:00-14:00", "channel": "#paint"}, {"channel": "#rest"}]
    given = settings(*rules, time_zone="Europe/Berlin")

    assert channel_of_notice(given, "line-1", now=MONDAY_NOON) == "#paint"
    assert channel_of_notice(given, "line-1", now=MONDAY_NOON + timedelta(hours=3)) == "#rest"
    assert channel_of_notice(given, "line-2", now=MONDAY_NOON) == "#rest"
    assert channel_of_notice(settings(), "line-1", now=MONDAY_NOON) == "#oddspot"


def test_keeps_the_channel_of_the_source_where_a_rule_names_none() -> None:
    sources = {"line-1": {"path": "x", "channel": "#paint"}}
    decision = decide(settings({"mention": ["U0ANNA"]}, sources=sources), FACTS, now=MONDAY_NOON)

    assert (decision.channel, decision.mention) == ("#paint", ("U0ANNA",))


@pytest.mark.parametrize(
    ("severity", "moment", "held_until"),
    [
        (2.3, "2026-10-24 20:30", "2026-10-25 05:00"),  # 22:30 CEST; ends at 06:00 CET
        (2.3, "2026-10-25 00:30", "2026-10-25 05:00"),  # 02:30 CEST
        (2.3, "2026-10-25 01:30", "2026-10-25 05:00"),  # 02:30 again, CET
        (2.3, "2026-10-25 05:00", None),
        (2.3, "2026-10-24 19:59", None),
        (4.0, "2026-10-25 01:30", None),
    ],
)
def test_holds_back_in_quiet_hours_what_is_not_severe(severity: float, moment: str, held_until: str | None) -> None:
    rules = settings({"quiet": {"hours": "22:00-06:00", "unless_severity": 4}})
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    decision = decide(rules, replace(FACTS, severity=severity), now=now)

    held = decision.held.end if decision.held else None
    assert held == (datetime.fromisoformat(held_until).replace(tzinfo=UTC) if held_until else None)


def test_escalates_after_quiet_hours_what_may_not_break_them() -> None:
    rules = settings(
        {
            "quiet": {"hours": "22:00-06:00", "unless_severity": 4},
            "escalate": {"after_minutes": 15, "mention": ["U0BEN"]},
        }
    )
    evening = datetime(2026, 11, 23, 20, 50, tzinfo=UTC)
    mild = decide(rules, FACTS, now=evening).as_payload["route"]
    severe = decide(rules, replace(FACTS, severity=5), now=evening).as_payload["route"]

    assert escalation_due(mild, posted_at=evening) == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert escalation_due(severe, posted_at=evening) == evening + timedelta(minutes=15)
    assert escalation_due(mild, posted_at=MONDAY_NOON) == MONDAY_NOON + timedelta(minutes=15)
    assert escalation_due({}, posted_at=evening) is None
