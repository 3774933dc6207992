"""What a person takes back in mid-sentence is not asked about."""

import pytest

from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.repairs import repaired

KNOWN = KnownNames(
    sources=("line-1", "line-2", "press_line"),
    defect_classes=("crack", "dent", "broken cell"),
    values={"part": ("housing", "cover"), "lot": ("B-1238", "B-1239")},
    people=("slack:anna", "ben"),
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("how many on line-2, er, I mean line-1, since Monday", "how many on line-1, since Monday"),
        ("how many on line-2, sorry line 1, last week", "how many on line 1, last week"),
        ("line-1 - no wait - line-2 yesterday", "line-2 yesterday"),
        ("the dents, no, sorry, the cracks", "the cracks"),
        ("broken cells, or rather dents?", "dents?"),
        ("just the covers, no, what am I saying, just the housings", "just the housings"),
        ("lot B-1238, no, B-1239", "lot B-1239"),
        ("incidents that Anna, no, Ben, dismissed", "incidents that Ben, dismissed"),
        ("suppose it stood at 1.3, no, let us say 1.15, what then?", "suppose it stood at 1.15, what then?"),
        ("which weekday, no, which shift had the most?", "which shift had the most?"),
        ("by month, no, too coarse, by week", "by week"),
        ("for January, no, January is not whole, for February", "for February"),
        ("of the press line, no, of line-1", "of line-1"),
        ("from 30 March up to, let me see, 5 April", "from 30 March up to 5 April"),
        ("line-1, no, line-2, no, sorry, the press line", "the press line"),
        ("anomalies... no... false alarms last week", "false alarms last week"),
    ],
)
def test_leaves_out_what_is_taken_back(said: str, meant: str) -> None:
    assert repaired(said, KNOWN) == meant


@pytest.mark.parametrize(
    "said",
    [
        "sorry, how many on line-2?",
        "no alerts on line-1, no faults on line-2, right?",
        "line-1, line-2, no others",
        "is line-1 worse, no?",
        "no, line-2",
        "how many on line-1 and line-2?",
        "any anomalies on line-1, no matter when, and on line-2",
        "dents and cracks, sorry for asking again",
        "",
    ],
)
def test_leaves_alone_where_nothing_is_taken_back(said: str) -> None:
    assert repaired(said, KNOWN) == said


def test_knows_no_names_at_first() -> None:
    assert repaired("line-1, no, line-2 yesterday, no, today", KnownNames(())) == "line-1, no, line-2 today"
