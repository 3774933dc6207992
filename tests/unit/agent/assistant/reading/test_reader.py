from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.assistant.reading.cues import read_by_cues
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.language import intent_language
from agent.assistant.reading.reader import Looked, look, shaped
from agent.assistant.reading.reading import Intent, Slots
from agent.assistant.reading.wording import worded
from agent.assistant.tools.context import ToolContext
from storage.database import Database
from tests.histories import NOW
from tests.unit.agent.assistant.conftest import settings_for

KNOWN = KnownNames(
    sources=("line-1", "line-2", "press-a", "solar-roof"),
    detectors=("line-1@2",),
    defect_classes=("broken wire", "crack", "scratch"),
    attributes=("lot",),
    first=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.fixture
def context(sqlite_database: Database, tmp_path: Path) -> ToolContext:
    return ToolContext(sqlite_database, settings_for(tmp_path), NOW)


def looked_at(context: ToolContext, text: str) -> Looked:
    return look(text, context, KNOWN)


def slots(context: ToolContext, text: str) -> Slots:
    """What a question says, times aside."""
    return replace(looked_at(context, text).slots, windows=(), spoken=())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("how many anomalies on line-1?", Slots(sources=("line-1",))),
        ("anomalies on Line 1 and line_2", Slots(sources=("line-1", "line-2"))),
        ("anomalies on lines 1 & 2", Slots(sources=("line-1", "line-2"))),
        ("anomalies on solar rooof", Slots(sources=("solar-roof",))),
        ("anomalies except line-2 and press a", Slots(excluded_sources=("line-2", "press-a"))),
        ("show A-12", Slots(ids=(12,))),
        ("what about anomaly 12?", Slots(ids=(12,))),
        ("what is I-5", Slots(incident="i-5")),
        ("how many cracks and broken wires", Slots(defect_classes=("broken wire", "crack"))),
        ("anomalies by line-1@2", Slots(detectors=("line-1@2",))),
        ("anomalies in lot L-42b", Slots(attributes={"lot": "L-42b"})),
        ("how many false alarms", Slots(figure="false_alarms", labels=("false_alarm",))),
        ("anomalies excluding false alarms", Slots(excluded_labels=("false_alarm",))),
        ("anomalies that haven't been labelled yet", Slots(figure="unlabelled", labels=("unlabelled",))),
        ("the 3 worst anomalies", Slots(limit=3, order="worst")),
        ("the latest anomaly", Slots(limit=1, order="newest")),
        ("anomalies per hour", Slots(group_by="hour")),
        ("which lot was worst", Slots(group_by="attribute", attribute="lot", order="worst")),
        ("anomalies above twice the threshold", Slots(min_ratio=2.0)),
        ("open incidents", Slots(states=("open", "acknowledged"))),
    ],
)
def test_reads_what_narrows_a_question(context: ToolContext, text: str, expected: Slots) -> None:
    assert slots(context, text) == expected


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("anomalies on line-7", "line-7"),
        ("anomalies on conveyor-b yesterday", "conveyor-b"),
        ("anomalies on the conveyor", "conveyor"),
        ("anomalies on average yesterday", None),
        ("which camera produced the most alarms", None),
        ("how many anomalies on line-1", None),
    ],
)
def test_notes_a_source_nothing_has(context: ToolContext, text: str, unknown: str | None) -> None:
    assert looked_at(context, text).places.unknown == unknown


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("How many anomalies have there been on line-1 so far this week?", Intent.COUNT),
        ("give me the number of false positives on press-a yesterday", Intent.COUNT),
        ("Were any defects flagged on line-2 since 6am?", Intent.COUNT),
        ("anomalies per shift last week", Intent.GROUP),
        ("please list the ten newest anomalies from solar-roof", Intent.LIST),
        ("which anomalies on line-1 still need a label", Intent.LIST),
        ("Which line had the most false alarms last month?", Intent.TOP),
        ("how have anomalies on line-2 developed over the last month", Intent.TREND),
        ("compare press-a with line-1 this week", Intent.COMPARE),
        ("is everything fine with production?", Intent.HEALTH),
        ("which threshold does line-1 use at the moment", Intent.DETECTOR),
        ("are there any open incidents on line-1?", Intent.INCIDENTS),
        ("tell me more about I-3", Intent.INCIDENT),
        ("what exactly is wrong with A-77", Intent.DETAIL),
        ("give me a short summary of yesterday", Intent.SUMMARY),
        ("could you please mute press-a until tomorrow", Intent.CHANGE),
        ("why are there so many false alarms on line-2", Intent.UNKNOWN),
        ("What can I ask you?", Intent.HELP),
    ],
)
def test_agrees_on_what_is_wanted(context: ToolContext, text: str, intent: Intent) -> None:
    assert looked_at(context, text).agreed is intent


@pytest.mark.parametrize("text", ["line-1", "yesterday", "wieviele anomalien gestern", "blue sky on line-1"])
def test_does_not_agree_on_what_says_too_little(context: ToolContext, text: str) -> None:
    assert looked_at(context, text).agreed is None


def test_reads_nearly_every_example_by_its_cue() -> None:
    examples = intent_language().examples

    wrong = [text for intent, text in examples if read_by_cues(text) != intent]

    assert len(wrong) <= 0.02 * len(examples), wrong


@pytest.mark.parametrize(
    "intent",
    [
        Intent.COUNT,
        Intent.LIST,
        Intent.TREND,
        Intent.TOP,
        Intent.SUMMARY,
        Intent.INCIDENTS,
        Intent.LABELS,
        Intent.HOTSPOTS,
        Intent.LATENCY,
        Intent.OUTAGES,
        Intent.VERSIONS,
        Intent.MISSES,
        Intent.CHANGES,
        Intent.REPORT,
    ],
)
def test_says_a_reading_in_words_that_read_as_the_same(context: ToolContext, intent: Intent) -> None:
    first = looked_at(context, "anomalies on line-1 since monday 6am")

    again = looked_at(context, worded(shaped(intent, first.slots), "Europe/Berlin"))

    assert again.agreed is intent
    assert (again.slots.windows, again.slots.sources) == (first.slots.windows, first.slots.sources)


def test_an_attribute_called_like_damage_is_no_unknown_class(context: ToolContext) -> None:
    stained = replace(KNOWN, attributes=("stain",))

    assert look("which stains had the most anomalies in march", context, stained).places.unknown_class is None
    assert look("how many stains in march", context, KNOWN).places.unknown_class == "stains"
