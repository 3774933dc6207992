"""`what if the threshold of line-1 were 2.5?`, asked of the built-in reader."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.assistant import Assistant
from agent.assistant.grounding import ungrounded
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import run_tool
from config.settings import Settings
from storage.database import Database
from storage.models.seen import SourceRow
from storage.records import Window
from storage.repositories.audit_picks import answer_pick, pick_for_audit
from storage.repositories.sources import source_by_name
from tests.histories import NOW, fill, line, normal


@pytest.fixture
def assistant(sqlite_database: Database, tmp_path: Path) -> Assistant:
    scores = (1.5, 2.0, 2.4, 2.6, 3.0)
    labels = ("false_alarm", "false_alarm", "defect", None, "defect")
    fill(
        sqlite_database,
        [
            line(24.0 * day + 1, score=score) | ({"label": label} if label else {})
            for day, (score, label) in enumerate(zip(scores, labels, strict=True))
        ]
        + [normal(30.5), normal(2.0, source="line-2"), line(600.0, score=9.0)],
    )
    return Assistant(sqlite_database, Settings.model_validate({"storage": {"data_dir": str(tmp_path)}}))


def facts(answer: Answer) -> dict[str, object]:
    return {fact.name: fact.value for fact in answer.facts}


def test_says_what_a_supposed_threshold_would_have_done(assistant: Assistant) -> None:
    answer = assistant.ask("what if the threshold of line-1 were 2.5?", now=NOW)

    assert answer.status is AnswerStatus.ANSWERED, answer.text
    assert [tool.name for tool in answer.tools] == ["what_if"]
    found = facts(answer)
    assert (found["alerts_now"], found["alerts"], found["alerts_saved"]) == (5, 2, 3)
    assert (found["defects_lost_count"], found["false_alarms_avoided_count"], found["judged"]) == (1, 2, 6)
    assert answer.ids == ("A-3", "A-1", "A-2")
    assert "would have sent 2 alerts instead of 5" in answer.text
    assert "1 of 2 labelled defects lost: A-3." in answer.text
    assert "Misses unknown: only alerted frames were labelled." in answer.text


def test_says_that_a_source_in_commissioning_sends_none_yet(assistant: Assistant, sqlite_database: Database) -> None:
    told = "line-1 is in commissioning and sends none yet: counted is what it would send once it is live."
    assert told not in assistant.ask("what if the threshold of line-1 were 2.5?", now=NOW).text

    with sqlite_database.transaction() as session:
        session.execute(update(SourceRow).values(state="commissioning"))

    assert told in assistant.ask("what if the threshold of line-1 were 2.5?", now=NOW).text


@pytest.mark.parametrize(
    "question",
    [
        "what would a threshold of 2.5 have done on line-1 in the last 7 days?",
        "What if we raised the threshold of line 1 to 2.5?",
        "how many alerts would line-1 have sent with a threshold of 2.5",
        "what if line-1 had a threshold of 2.5",
    ],
)
def test_understands_other_ways_of_asking(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question, now=NOW)

    assert facts(answer).get("alerts_saved") == 3, answer.text


def test_lays_out_several_where_none_is_supposed(assistant: Assistant) -> None:
    answer = assistant.ask("which threshold would be better for line-1?", now=NOW)

    assert "- 2.399: 3 alerts" in answer.text, answer.text
    assert facts(answer)["defects_lost_count[2.399]"] == 0


def test_asks_which_source_is_meant(assistant: Assistant) -> None:
    answer = assistant.ask("what if the threshold were 2.5?", now=NOW)

    assert "say which one is meant (line-1, line-2)" in answer.text


def test_still_refuses_to_change_a_threshold_and_tells_the_one_in_use(assistant: Assistant) -> None:
    refused = assistant.ask("set the threshold of line-1 to 2.5", now=NOW)
    told = assistant.ask("what is the threshold of line-1?", now=NOW)

    assert refused.status is AnswerStatus.REFUSED
    assert [tool.name for tool in told.tools] == ["detector_status"]


def test_says_the_audited_miss_rate_in_numbers_that_the_result_holds(
    assistant: Assistant, sqlite_database: Database, tmp_path: Path
) -> None:
    day = Window(NOW - timedelta(days=3), NOW)
    fill(sqlite_database, [normal(40.0 + hours / 10) for hours in range(12)])
    with sqlite_database.transaction() as session:
        source = source_by_name(session, "line-1")
        picked = pick_for_audit(session, source, day="2026-03-24", window=day, frames=5, now=NOW)
        for place, said in enumerate(("good", "missed", "good")):
            answer_pick(session, picked[place], said, author="ada", now=NOW)

    answer = assistant.ask("what if the threshold of line-1 were 2.5?", now=NOW)

    assert "Misses: 1 of 3 audited frames called normal was a defect" in answer.text
    settings = Settings.model_validate({"storage": {"data_dir": str(tmp_path)}})
    result = run_tool(ToolContext(sqlite_database, settings, NOW), "what_if", {"sources": ["line-1"], "threshold": 2.5})
    assert ungrounded(answer.text, [result], now=NOW) == []
