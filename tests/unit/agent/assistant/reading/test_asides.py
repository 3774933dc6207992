"""What is guessed or claimed is not what is asked: a ranking stays of all, a claimed figure is found out."""

import pytest

from agent.assistant.reading.asides import plainly_asked, without_told
from agent.assistant.reading.known import KnownNames

KNOWN = KnownNames(
    sources=("line-1", "line-2", "press-line"),
    defect_classes=("crack", "dent"),
    values={"lot": ("B-1238", "B-1239")},
    people=("slack:anna", "ben"),
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Which line had the fewest false alarms? line-2, I bet?", "Which line had the fewest false alarms?"),
        ("Worst lot since March, B-1240?", "Worst lot since March?"),
        ("Most common class last week, again dent?", "Most common class last week?"),
        ("who labelled most last week - anna, I'd guess?", "who labelled most last week?"),
        ("'12 anomalies on line-1 in March.' Correct?", "how many anomalies on line-1 in March?"),
        ("Line-15: 12 anomalies in March. Is that right?", "Line-15: how many anomalies in March?"),
        ("> 83 answered, 5 missed\nWhat miss rate is that?", "What miss rate is that?"),
        ("How many did Anna label yesterday? I'm to sit next to her today", "How many did Anna label yesterday?"),
        ("Anomalies last week? The auditors come on Monday.", "Anomalies last week?"),
        ("Page 3: '84 images were audited.' Please verify.", "how many images were audited?"),
    ],
)
def test_asks_what_is_to_be_found_out(said: str, meant: str) -> None:
    assert plainly_asked(said, KNOWN) == meant


@pytest.mark.parametrize(
    "said",
    [
        "How many anomalies on line-1 yesterday, and line-2?",
        "Which was worst last week, line-1 or line-2?",
        "The worst five, please",
        "How many in March? line-2",
        "worst anomalies of line-2",
        "12 anomalies on line-1 over 3 days",
        "Show the 5 newest anomalies. Is the camera right?",
        "what's up with the dents?",
        "worst 3 anomalies yesterday, line-2?",
        "the most similar ones, A-12?",
        "How many yesterday? I mean today",
        "How many yesterday? My guess is line-2, and dents",
        "How many yesterday? I need the false alarms only",
    ],
)
def test_leaves_what_is_asked(said: str) -> None:
    assert plainly_asked(said, KNOWN) == said


@pytest.mark.parametrize(
    ("masked", "asked"),
    [
        ("i changed the belt on qsource . how many alarms did it give", "how many alarms did it give"),
        ("hi, the fitter has just cleaned the lens. any anomalies since", "any anomalies since"),
        ("we were told qnumber. how many were there", "how many were there"),
    ],
)
def test_what_was_done_before_asks_for_nothing(masked: str, asked: str) -> None:
    assert without_told(masked) == asked


@pytest.mark.parametrize("masked", ["how many anomalies. on qsource", "i want the anomalies of qsource. newest first"])
def test_what_is_wanted_is_asked(masked: str) -> None:
    assert without_told(masked) == masked
