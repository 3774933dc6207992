"""One suite over every tool of the assistant: what a model or a reader may rely on."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.assistant.answers.compose import table
from agent.assistant.grounding import ungrounded
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import TOOLS, run_tool
from agent.assistant.tools.result import ToolResult
from config.settings import Settings
from storage.database import Database
from tests.histories import NOW, fill, line, normal

GOOD: dict[str, dict[str, Any]] = {
    "count_anomalies": {"window": "last week", "sources": ["LINE 1"], "group_by": "day"},
    "list_anomalies": {"order": "worst", "limit": 3},
    "get_anomaly": {"id": "A-1"},
    "trend": {"window": "last 7 days"},
    "top_sources": {"measure": "confirmed"},
    "detector_status": {},
    "list_incidents": {"states": ["open"]},
    "what_if": {"sources": ["line-1"], "threshold": 2.5},
    "compare": {"window": "yesterday", "other_window": "today"},
    "label_counts": {"by": "defect_class"},
    "hotspots": {"sources": ["line-1"]},
    "similar": {"id": "A-1"},
    "list_silences": {},
    "list_outages": {"sources": ["line-1"]},
    "list_unjudged": {"window": "last 7 days"},
    "find_image": {"file": "part-1.png"},
    "versions": {},
    "misses": {},
    "coverage": {},
    "latency": {"window": "last 7 days"},
    "changes": {},
    "report": {"period": "day"},
}
WINDOWED = sorted(name for name in GOOD if "window" in TOOLS[name].arguments.model_fields)
NAMED = sorted(name for name in GOOD if "sources" in TOOLS[name].arguments.model_fields)
LIMITED = sorted(name for name in GOOD if "limit" in TOOLS[name].arguments.model_fields)
Run = Callable[..., ToolResult]


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Run:
    fill(
        database,
        [line(hours, incident="x", label="defect", defect_class="cr\x1b[1mack<!channel>") for hours in range(1, 60, 3)]
        + [normal(hours + 0.5, source="line-2", attributes={"lot": str(hours)}) for hours in range(60)],
    )
    settings = Settings.model_validate({"storage": {"data_dir": str(tmp_path)}, "assistant": {"row_limit": 5}})

    def run_now(name: str, allowed: tuple[str, ...] | None = None, **arguments: Any) -> ToolResult:
        return run_tool(ToolContext(database, settings, NOW, allowed), name, arguments)

    return run_now


def test_knows_every_tool() -> None:
    assert set(GOOD) == set(TOOLS)
    assert all(tool.description for tool in TOOLS.values())


@pytest.mark.parametrize("name", GOOD)
def test_gives_status_parameters_and_data_as_json(run: Run, name: str) -> None:
    result = run(name, **GOOD[name])

    values = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert values["status"] in {"ok", "no_data"}, result.message
    assert {"status", "parameters", "data", "rows"} <= set(values)
    assert all(isinstance(fact.name, str) for fact in result.facts)


@pytest.mark.parametrize("name", GOOD)
def test_tells_nothing_in_words_that_its_data_does_not_hold(run: Run, name: str) -> None:
    result = run(name, **GOOD[name])

    assert ungrounded(table([result]), [result], now=NOW) == []


@pytest.mark.parametrize("name", GOOD)
def test_strips_control_and_markup_characters_from_names(run: Run, name: str) -> None:
    shown = json.dumps(run(name, **GOOD[name]).as_json(), ensure_ascii=False)

    assert not re.search(r"[\x00-\x1f<>]", shown)


@pytest.mark.parametrize("name", GOOD)
def test_gives_no_more_rows_than_the_setting_allows(run: Run, name: str) -> None:
    result = run(name, **(GOOD[name] | ({"limit": 100} if name in LIMITED else {})))

    assert result.rows <= (8 if name in {"trend", "count_anomalies"} else 5)


@pytest.mark.parametrize("name", GOOD)
def test_refuses_an_unknown_argument_by_its_name(run: Run, name: str) -> None:
    result = run(name, **(GOOD[name] | {"sql": "drop table frame"}))

    assert result.status == "error"
    assert "sql" in result.message


@pytest.mark.parametrize("name", NAMED)
def test_names_the_nearest_sources_for_one_nothing_has(run: Run, name: str) -> None:
    result = run(name, **(GOOD[name] | {"sources": ["line-3"]}))

    assert result.status == "error"
    assert "line-3" in result.message
    assert "line-1" in result.message


@pytest.mark.parametrize("name", WINDOWED)
def test_says_how_to_say_a_window_it_cannot_read(run: Run, name: str) -> None:
    result = run(name, **(GOOD[name] | {"window": "when the moon was blue"}))

    assert result.status == "error"
    assert "yesterday" in result.message


@pytest.mark.parametrize("name", NAMED)
def test_knows_no_source_that_may_not_be_seen(run: Run, name: str) -> None:
    arguments = {key: value for key, value in GOOD[name].items() if key != "sources"}

    shown = json.dumps(run(name, allowed=("line-2",), **arguments).as_json())
    refused = run(name, allowed=("line-2",), **(arguments | {"sources": ["line-1"]}))

    assert "line-1" not in shown
    assert refused.status == "error"


@pytest.mark.parametrize("name", sorted({*NAMED} & {*WINDOWED}))
def test_says_no_data_where_nothing_was_seen(run: Run, name: str) -> None:
    arguments = {key: value for key, value in GOOD[name].items() if key != "sources"}

    both = {"other_window": "in 2002"} if name == "compare" else {}
    result = run(name, allowed=("line-1",), **(arguments | both | {"window": "in 2001"}))

    assert result.status == ("ok" if name == "detector_status" else "no_data")


def test_refuses_a_tool_that_is_none(run: Run) -> None:
    result = run("run_sql", query="select 1")

    assert result.status == "error"
    assert "count_anomalies" in result.message
