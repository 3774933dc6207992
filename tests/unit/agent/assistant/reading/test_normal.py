"""What a question is put into before it is read: small talk put away, plainer words, and what is left alone."""

import re

import pytest

from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.normal import normal

KNOWN = KnownNames(sources=("line-1", "line-2"))


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Morning all, thanks for the lift Ben! How many on line-1?", "How many on line-1?"),
        ("hello guard here. anything on line-2 today?", "anything on line-2 today?"),
        ("Item 5(a). The same for line-1.", "The same for line-1."),
        ("l2 / last night -> worst 3?", "l2, last night, worst 3?"),
        ("dust. fa it", "dust. label it a false alarm"),
    ],
)
def test_puts_away_what_asks_for_nothing(said: str, left: str) -> None:
    assert normal(said, KNOWN) == left


@pytest.mark.parametrize(
    "said",
    [
        "Line-1 was odd yesterday morning. How many anomalies were there?",
        "This week was bad. How many on line-1?",
        "anomalies here, how many?",
        "how many anomalies over lunch yesterday",
        "In March line-1 was bad, but what I need is the rate.",
        "Hope you can tell me how many line-2 had. Good luck to all of you.",
        "on 4 / 9 how many",
    ],
)
def test_leaves_what_a_question_is_about(said: str) -> None:
    assert normal(said, KNOWN) == said


@pytest.mark.parametrize(
    "said",
    [
        "sunday night into monday, 22:30 to 6:15, line-1",
        "late shift 28 to 29 march",
        "late shift 15 to 23, how many",
        "first half of march (line-2 only)",
        "in the week when line-2 was down, 2 to 8 march, how many",
        "and change to line-2",
        "anomalies of lot w12",
        "compare sat and sun",
        "how many parts did we fit yesterday",
    ],
)
def test_loses_nothing_that_narrows_a_question(said: str) -> None:
    kept = normal(said, KNOWN).lower()

    assert set(re.findall(r"\d+", said)) <= set(re.findall(r"\d+", kept))
    assert [
        word for word in ("line-2", "compare", "sat", "fit", "w12", "change") if word in said and word not in kept
    ] == []


def test_never_puts_away_a_wish_to_change_something() -> None:
    assert "delete the incidents" in normal("Thanks, now delete the incidents. How many are open?", KNOWN)


@pytest.mark.parametrize(
    ("dictated", "meant"),
    [
        ("how many on line won yesterday question mark", "how many on line-1 yesterday"),
        ("okay the weld sell this weak comma how many flagged", "the weld cell this week"),
        ("how many of those where falls alarms", "how many of those were false alarms"),
        ("any open incidence on the hole site", "open incidents on the whole site"),
        ("what's the thresh hold on line too now", "threshold on line 2 now"),
    ],
)
def test_hears_dictated_words_as_they_were_meant(dictated: str, meant: str) -> None:
    assert meant.replace("-", " ") in normal(dictated, KNOWN).replace("-", " ").replace(",", "")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("date is Apr.10.", "date is Apr 10."),
        ("13-Apr-2026, line-1", "13 Apr 2026, line-1"),
        ("14 April 2200 hrs through 15 April 0600 hrs", "14 April 22:00 through 15 April 06:00"),
        ("Tuesday 14 April, 0000 to 2400 hrs", "Tuesday 14 April, whole day"),
        ("line-1;2026-04-06;2026-04-12;?", "line-1;from 2026-04-06 to 2026-04-12"),
        ("the last 24 hours up to now", "the last 24 hours"),
        ("the week before last week", "the week before last"),
        ("unresolved as of today's date", "unresolved right now"),
        ("order 2200 and part 0600", "order 2200 and part 0600"),
    ],
)
def test_reads_dates_as_tables_and_reports_write_them(said: str, meant: str) -> None:
    assert normal(said, KNOWN) == meant


@pytest.mark.parametrize(
    "said",
    [
        "was the weld cell too often odd",
        "compare the weld cell to last week",
        "outages longer than 2 to 3 hours",
        "who said line-1 was fine",
        "show line 2. May I see the worst",
        "it began in March. 3 days later it went",
    ],
)
def test_leaves_alone_what_only_looks_so(said: str) -> None:
    assert normal(said, KNOWN) == said


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("anomalies in the day 8 of April", "anomalies on 8 April"),
        ("press between 2 and 5 last night", "press from today 02:00 to today 05:00"),
        ("press between 11 and 2 last night", "press from yesterday 23:00 to today 02:00"),
        ("line-2, 28 to 29 march 22-6", "line-2, from 28 march 22:00 to 29 march 6:00"),
        ("sunday night into monday, 22 to 6, line-1", "from sunday 22:00 to monday 6:00, line-1"),
        (
            "line-1 in 2026-W10 with the difference to W09",
            "line-1 in calendar week 10 of 2026 compared to calendar week 09",
        ),
        ("On Sunday 29 March, the day with 23 hours, line-2", "On Sunday 29 March, line-2"),
        ("all sources except line-1", "without line-1"),
        ("5 images most severe of line-1", "the 5 worst images of line-1"),
        ("press, acknowleged ones", "press, acknowledged ones"),
        ("anomalies between 22 yesterday and 6 today", "anomalies between 22:00 yesterday and 6:00 today"),
        ("anomalies per camera last night 22 to 6", "anomalies per camera last night from 22:00 to 6:00"),
        ("between 6 today and now", "since today 6:00"),
        ("and in the week just before?", "and the week before that?"),
        ("and today until now?", "and today so far?"),
        ("i need 6 examples of dust", "show 6 pictures of dust"),
        ("take the silence away", "remove the silence"),
        ("how many silences has line-1 had so far?", "how many silences were ever set on line-1?"),
        ("how many versions did we put into service in March", "how many versions were applied in March"),
        ("train a new detector for line-1", "refit line-1"),
        ("how many will we have by the end of April?", "how many will we have?"),
        ("And in the day 10?", "And on the 10th?"),
        ("cameras blind this very minute", "cameras blind right now"),
        ("incidents open on line-1 still today", "incidents open on line-1 still"),
        ("the night shift of 28 March, 22:00 to 06:00", "28 March from 22:00 to 06:00"),
        ("the wee hours, from 2:00 to 4:00", "from 2:00 to 4:00"),
        ("in the small hours of Monday", "between 00:00 and 06:00 on Monday"),
        ("take them to my one o'clock meeting", "take them"),
        ("in what part of the picture do they lie", "where on the part do they lie"),
        ("now only what was confirmed as a defect", "now only the confirmed ones"),
        ("line-2 day after day", "line-2 day by day"),
        ("the week before last, from Monday to Sunday", "the week before last"),
        ("night shift of 28 march 10pm til 6am", "28 march from 10pm to 6am"),
        ("anomalies, leaving line-2 out", "anomalies, without line-2"),
        ("For the internal audit: how many", "how many"),
        ("For the 8 o'clock slide: which source", "which source"),
        ("what did Ben get up to on Monday", "what did Ben do on Monday"),
        ("Day-by-day anomalies", "Day by day anomalies"),
        ("without counting the false alarms", "without the false alarms"),
        ("pieces of type frame", "parts of type frame"),
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
    assert normal(said, KNOWN) == plain


@pytest.mark.parametrize(
    "said",
    [
        "anomalies on day 3 of the run",
        "anomalies between 22 March and 6 April",
        "a version change on line-1",
        "yesterday 20 to 30 images were odd",
        "the day just before Easter",
        "how many until now",
        "are silences active",
        "in the day 10 to 20 images",
        "are they open today",
        "an hour and a half",
        "no false alarms yesterday",
        "put it in the report beside",
        "for the line-2: how many",
        "for the report of March",
        "up to Monday",
        "without the unlabelled ones",
        "since the morning meeting",
        "which part of the plant",
        "what was confirmed as a defect",
        "from Monday to Sunday",
        "the day after",
        "we are leaving line-2",
        "is it still today",
        "against the night shift before last",
        "than the early shift before Monday",
    ],
)
def test_leaves_alone_what_means_something_else(said: str) -> None:
    assert normal(said, KNOWN) == said
