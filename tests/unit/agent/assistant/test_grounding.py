from datetime import UTC, datetime

import pytest

from agent.assistant.answer import Fact
from agent.assistant.grounding import ungrounded
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.records import Window

NOW = datetime(2026, 3, 25, 10, 30, tzinfo=UTC)
RESULT = ToolResult(
    tool="count_anomalies",
    status=ToolStatus.OK,
    data={
        "anomalies": 14,
        "confirmed": 3,
        "false_alarms": 2,
        "unlabelled": 9,
        "judged": 1024,
        "missed": 0,
        "false_alarm_rate": 0.125,
        "anomalies_listed": [
            {"id": "A-1042", "source": "line-1", "score": 1.2345, "captured_at": "2026-03-17T05:30:00Z"}
        ],
    },
    facts=(Fact("anomalies", 14),),
    ids=("A-1042",),
    parameters={"sources": ["line-1"]},
    window=Window(datetime(2026, 3, 15, 23, tzinfo=UTC), datetime(2026, 3, 22, 23, tzinfo=UTC), "Europe/Berlin"),
)


@pytest.mark.parametrize(
    "text",
    [
        "14 anomalies on line-1 out of 1,024 images judged.",
        "14 anomalies out of 1024: 3 confirmed, 2 false alarms and 9 unlabelled.",
        "Fourteen anomalies, three of them confirmed, two false alarms.",
        "The false-alarm rate was 12.5 %.",
        "A-1042 scored 1.23 (1.2345) on 17 March 2026 at 06:30.",
        "A-1042 was captured 2026-03-17T05:30:00Z.",
        "From Mon 16 Mar 2026 00:00 to Mon 23 Mar 2026 00:00 (Europe/Berlin) there were 14.",
        "Last week, until Sunday 22 March, there were 14 anomalies.",
        "1. line-1 had 14 anomalies\n2. nothing was missed, no defects",
        "The first one is A-1042.",
        "No data.",
    ],
)
def test_lets_pass_what_stands_in_a_result(text: str) -> None:
    assert ungrounded(text, [RESULT], now=NOW) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("There were 15 anomalies.", "15"),
        ("There were 1,025 images.", "1,025"),
        ("The rate was 12.6 %.", "12.6 %"),
        ("It scored 1.3.", "1.3"),
        ("Look at A-1043.", "A-1043"),
        ("On line-9 there were 14 anomalies.", "line-9"),
        ("Fifteen or twenty anomalies.", "twenty"),
        ("One anomaly was found.", "One anomaly"),
        ("There were 14 on 18 March 2026.", "18"),
        ("There were 14 at 07:15.", "07"),
        ("9 confirmed and 3 unlabelled.", "9 confirmed"),
        ("See https://example.org/14 for 14 anomalies.", "https://example.org/14"),
        ("<!channel> 14 anomalies", "<!channel>"),
        ("I acknowledged it; 14 anomalies.", "I acknowledged"),
        ("In the last 3 days there were 14.", "3"),
    ],
)
def test_finds_what_no_result_holds(text: str, said: str) -> None:
    assert said in " ".join(ungrounded(text, [RESULT], now=NOW))


def test_lets_nothing_pass_without_a_result() -> None:
    assert ungrounded("There were 3 anomalies.", [], now=NOW) == ["3"]
