"""From a question to the calls that answer it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.assistant.reading.deciding import decide, sure_of
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.plan import calls_of
from agent.assistant.reading.reader import look
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.tools.context import ToolContext
from storage.database import Database
from tests.histories import NOW
from tests.unit.agent.assistant.conftest import settings_for

KNOWN = KnownNames(
    sources=("line-1", "line-2", "press", "oven"),
    detectors=("line-1@3", "line-1@4"),
    defect_classes=("crack", "dent", "scratch"),
    attributes=("lot", "part"),
    people=("ben", "slack:U0ANNA"),
    first=datetime(2026, 1, 1, tzinfo=UTC),
)
LAST_WEEK, THIS_WEEK = "2026-03-16T00:00:00Z/2026-03-23T00:00:00Z", "2026-03-23T00:00:00Z/2026-03-25T10:30:00Z"
YESTERDAY = "2026-03-24T00:00:00Z/2026-03-25T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("what is silenced right now?", "list_silences", {"states": ("active",)}),
        ("is press muted?", "list_silences", {"sources": ("press",), "states": ("active",)}),
        ("have we seen anything like A-40 before", "similar", {"id": "A-40"}),
        ("false alarm rate by reviewer", "label_counts", {"by": "reviewer"}),
        ("how many labels did ben give last week", "label_counts", {"window": LAST_WEEK, "person": "ben"}),
        ("how many labels per class last week", "label_counts", {"window": LAST_WEEK, "by": "defect_class"}),
        ("which corner gets the most dents", "hotspots", {"defect_classes": ("dent",)}),
        ("where on the part do scratches appear on press", "hotspots", {"sources": ("press",)}),
        ("how long do images take on line-2", "latency", {"sources": ("line-2",)}),
        ("any backlog?", "latency", {}),
        ("was press down yesterday", "list_outages", {"sources": ("press",), "window": YESTERDAY}),
        ("camera faults last week", "list_outages", {"window": LAST_WEEK}),
        ("when was press last refitted", "versions", {"sources": ("press",)}),
        ("miss rate of press", "misses", {"sources": ("press",)}),
        ("since when do you have data", "coverage", {}),
        ("who changed the threshold of press last week", "changes", {"sources": ("press",), "window": LAST_WEEK}),
        ("what did ben do yesterday", "changes", {"window": YESTERDAY, "person": "ben"}),
        ("weekly report", "report", {"period": "week"}),
        ("give me the shift handover", "report", {"period": "shift"}),
        (
            "compare press and oven last week",
            "compare",
            {"sources": ("press",), "other_sources": ("oven",), "window": LAST_WEEK},
        ),
        ("compare line-1@3 with line-1@4", "compare", {"detectors": ("line-1@3",), "other_detectors": ("line-1@4",)}),
        (
            "is press worse this week than last week",
            "compare",
            {"sources": ("press",), "window": THIS_WEEK, "other_window": LAST_WEEK},
        ),
        ("anomalies by verdict yesterday", "count_anomalies", {"window": YESTERDAY, "group_by": "verdict"}),
        ("anomalies on press yestrday", "count_anomalies", {"sources": ("press",), "window": YESTERDAY}),
        ("dents on the oven last weeek", "count_anomalies", {"defect_classes": ("dent",), "window": LAST_WEEK}),
    ],
)
def test_asks_the_tool_that_knows(
    sqlite_database: Database, tmp_path: Path, text: str, tool: str, arguments: dict[str, Any]
) -> None:
    looked = look(text, ToolContext(sqlite_database, settings_for(tmp_path), NOW), KNOWN)

    [reading] = sure_of(decide(looked))
    [(called, given)] = calls_of(reading)
    assert (called, given | arguments) == (tool, given)


def test_is_sure_of_what_is_wanted_where_only_its_shape_may_be_either() -> None:
    dismissed = Reading(Intent.INCIDENTS, Slots(states=("dismissed",)))
    every, count = Reading(Intent.INCIDENTS, Slots()), Reading(Intent.COUNT, Slots())

    assert sure_of([(dismissed, 0.46), (every, 0.44), (count, 0.1)]) == (dismissed,)
    assert sure_of([(dismissed, 0.46), (count, 0.44), (every, 0.1)]) == ()


def test_keeps_the_sides_of_a_comparison_as_they_were_said(sqlite_database: Database, tmp_path: Path) -> None:
    looked = look("line-1@4 against line-1@3", ToolContext(sqlite_database, settings_for(tmp_path), NOW), KNOWN)

    assert looked.slots.detectors == ("line-1@4", "line-1@3")
