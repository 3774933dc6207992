import pytest

from agent.assistant.reading.question import Question
from agent.assistant.reading.threshold import take_threshold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what if the threshold of the line were 2.5?", 2.5),
        ("What would a threshold of 3 have done last week", 3.0),
        ("how many alerts would there be with a threshold at 0.75 since 10:00", 0.75),
        ("suppose we raise the line to 1.2: what is lost?", 1.2),
        ("if I go from 1.15 to 1.25 on the line", 1.25),
        ("let 1.25 be a hypothetical threshold: from 1 to 12 April, how many?", 1.25),
        ("the line at 1.3 instead last week, how many are left", 1.3),
        ("if the line was on 1.4 instead, how many", 1.4),
        ("what would 40 as threshold have meant?", 40.0),
        ("what would 3 as the new threshold have done", 3.0),
        ("1.4 instead of 1.2 is better", None),
        ("anomalies with a score above 2.5 instead", None),
        ("is there a hypothetical threshold? From 1 to 12 April", None),
        ("what if it were at 14:30", None),
        ("what if the threshold were higher?", None),
        ("what is the threshold? 2.5", None),
        ("what if anomalies above the threshold 3 times were alerts", None),
        ("what if the threshold were looked at for 7 days", None),
    ],
)
def test_reads_only_a_threshold_that_is_supposed(text: str, expected: float | None) -> None:
    assert take_threshold(Question(text)) == expected
