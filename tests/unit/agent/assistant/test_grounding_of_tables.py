"""Our own templated answers hold nothing but the results: what is checked too strictly shows here first."""

import json
import re

import pytest

from agent.assistant.answers.compose import table
from agent.assistant.grounding import ungrounded
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import run_tool
from config.settings import Settings
from storage.database import Database
from tests.histories import NOW

CALLS = [
    ("count_anomalies", {"window": "yesterday", "sources": ["line-1"]}),
    ("count_anomalies", {"window": "last 14 days"}),
    ("count_anomalies", {"window": "last week", "group_by": "source"}),
    ("count_anomalies", {"window": "last week", "group_by": "day"}),
    ("count_anomalies", {"window": "yesterday", "group_by": "hour"}),
    ("count_anomalies", {"window": "last week", "group_by": "shift", "sort": "most"}),
    ("count_anomalies", {"window": "in January", "sources": ["line-2"]}),
    ("list_anomalies", {"order": "worst", "limit": 3}),
    ("list_anomalies", {"window": "last week"}),
    ("list_anomalies", {"kind": "missed"}),
    ("get_anomaly", {"id": "A-1"}),
    ("get_anomaly", {"id": "A-9999"}),
    ("trend", {"window": "last 7 days"}),
    ("trend", {"window": "last 14 days", "bucket": "week"}),
    ("top_sources", {"window": "last 14 days"}),
    ("top_sources", {"measure": "confirmed"}),
    ("detector_status", {"window": "last 14 days"}),
    ("list_incidents", {}),
    ("list_incidents", {"id": "I-1"}),
    ("what_if", {"sources": ["line-1"], "threshold": 1.5, "window": "last 14 days"}),
]


@pytest.mark.parametrize(
    ("name", "arguments"), CALLS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(CALLS)]
)
def test_finds_nothing_wrong_with_our_own_words(name: str, arguments: dict[str, object], filled: Database) -> None:
    result = run_tool(ToolContext(filled, Settings(), NOW), name, arguments)

    assert ungrounded(table([result]), [result], now=NOW, known=("line-1", "line-2", "scratch", "crack")) == []


@pytest.mark.parametrize(
    ("name", "arguments"), CALLS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(CALLS)]
)
def test_finds_any_number_of_ours_that_was_changed(name: str, arguments: dict[str, object], filled: Database) -> None:
    result = run_tool(ToolContext(filled, Settings(), NOW), name, arguments)
    text = table([result])
    places = [match.span() for match in re.finditer(r"\d+", text)]
    held = set(re.findall(r"\d+", json.dumps(result.as_json())))

    for start, end in places[:25]:
        other = next(str(number) for number in range(37, 9999, 41) if str(number) not in held)
        changed = f"{text[:start]}{other}{text[end:]}"

        assert ungrounded(changed, [result], now=NOW) != [], changed
