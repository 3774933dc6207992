from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.routes.match import Facts, why_not
from config.routes import RouteSettings

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FACTS = Facts("line-1", 2.3, "Europe/Berlin", None, {"lot": "L7", "part": "42"})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, None),
        ({"source": ["line-*"]}, None),
        ({"source": ["cam-*", "LINE-1"]}, None),
        ({"source": ["cam-*"]}, "source line-1 is not cam-*"),
        ({"severity_from": 2.3}, None),
        ({"severity_from": 2.31}, "severity 2.3 is below 2.31"),
        ({"severity_to": 2.3}, "severity 2.3 is not below 2.3"),
        ({"severity_from": 2, "severity_to": 3}, None),
        ({"defect_class": ["scratch"]}, "its class is not known, scratch is wanted"),
        ({"attributes": {"lot": "l*"}}, None),
        ({"attributes": {"lot": "L7", "part": "43"}}, "part 42 is not 43"),
        ({"attributes": {"panel": "*"}}, "it has no panel, * is wanted"),
        ({"days": ["mon", "tue"]}, None),
        ({"days": ["sat", "sun"]}, "mon is not sat or sun"),
        ({"hours": "13:00-14:00"}, None),
        ({"hours": "12:00-13:00"}, "13:00 is outside of 12:00-13:00 (Europe/Berlin)"),
        ({"hours": "22:00-13:00"}, "13:00 is outside of 22:00-13:00 (Europe/Berlin)"),
        ({"hours": "22:00-13:01", "days": ["mon"]}, "sun is not mon"),
        ({"hours": "22:00-13:01", "days": ["sun"]}, None),
    ],
)
def test_says_whether_a_rule_fits(rule: dict[str, Any], said: str | None) -> None:
    assert why_not(RouteSettings.model_validate(rule), FACTS, now=MONDAY_NOON) == said


@pytest.mark.parametrize(("known", "said"), [("Scratch", None), ("dent", "class dent is not scratch*")])
def test_looks_at_the_class_once_it_is_known(known: str, said: str | None) -> None:
    rule = RouteSettings.model_validate({"defect_class": ["scratch*"]})

    assert why_not(rule, replace(FACTS, defect_class=known), now=MONDAY_NOON) == said
