"""Threads as people chat: lists behind a figure, corrections, comparisons, wishes that lean on the answer."""

import pytest

from tests.unit.agent.assistant.conftest import Ask


def test_a_ranked_list_is_a_list_whatever_was_split_before(ask: Ask) -> None:
    ask("anomalies on line-1 since 1 March by hour", "t")

    assert len(ask("give me the worst three", "t").ids) == 3
    assert ask("show me today's, newest first", "t").window.start.isoformat() == "2026-03-24T23:00:00+00:00"  # type: ignore[union-attr]  # it has one


@pytest.mark.parametrize("said", ["which", "can I see them?", "may we see the list"])
def test_the_list_behind_a_number_keeps_its_label(ask: Ask, said: str) -> None:
    ask("how many unlabelled anomalies since 1 March?", "t")

    listed = ask(said, "t")

    assert listed.ids
    assert listed.filters["labels"] == ["unlabelled"]


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("sorry, I meant today, not yesterday", "2026-03-24T23:00:00+00:00"),
        ("no, not yesterday, last week", "2026-03-15T23:00:00+00:00"),
        ("and on the same day last week?", "2026-03-16T23:00:00+00:00"),
        ("and the day before?", "2026-03-22T23:00:00+00:00"),
    ],
)
def test_another_time_takes_the_place_of_the_one_asked_about(ask: Ask, said: str, day: str) -> None:
    ask("how many anomalies on line-1 yesterday?", "t")

    window = ask(said, "t").window

    assert window is not None
    assert window.start.isoformat() == day


def test_same_hours_of_another_date(ask: Ask) -> None:
    ask("how many anomalies on line-1 on 24 March from 8am to noon?", "t")

    window = ask("make that 3/23, same hours", "t").window

    assert window is not None
    assert (window.start.isoformat(), window.end.isoformat()) == (
        "2026-03-23T07:00:00+00:00",
        "2026-03-23T11:00:00+00:00",
    )


def test_the_night_after_a_night_is_the_next_one_and_after_a_late_shift_the_same(ask: Ask) -> None:
    for first, start in (("night shift of 22 March", 23), ("late shift of 22 March", 22)):
        ask(f"how many anomalies on line-1, {first}?", first)

        window = ask("and the night after?", first).window

        assert window is not None
        assert window.start.isoformat() == f"2026-03-{start}T21:00:00+00:00"


@pytest.mark.parametrize(("said", "names"), [("compare it with line-2", ("sources", "other_sources"))])
def test_the_one_spoken_of_is_held_against_another(ask: Ask, said: str, names: tuple[str, str]) -> None:
    ask("how many anomalies on line-1 since 1 March?", "t")

    [use] = ask(said, "t").tools

    assert use.name == "compare"
    assert [use.arguments[name] for name in names] == [["line-1"], ["line-2"]]


def test_a_number_after_a_threshold_is_another_one_supposed(ask: Ask) -> None:
    ask("what is the threshold of line-1?", "t")

    supposed = ask("hm. 1.2", "t")

    assert [use.name for use in supposed.tools] == ["what_if"]


@pytest.mark.parametrize(
    "said", ["good, then set it to 1.2", "ok, let's go with that", "fine, apply the 1.2 to line-1 please"]
)
def test_a_threshold_that_was_supposed_is_meant_by_a_wish(ask: Ask, said: str) -> None:
    ask("what if the threshold of line-1 were 1.2 since 1 March?", "t")

    wish = ask(said, "t")

    assert wish.text.startswith("line-1 has no fitted detector, so it has no threshold to change.")


@pytest.mark.parametrize(
    "said", ["that's clearly a crack, label it please", "just put it down as a crack", "mark it defect, crack"]
)
def test_what_is_shown_is_proposed_to_be_called_what_it_is_said_to_be(ask: Ask, said: str) -> None:
    shown = ask("show me the newest anomaly on line-1", "t").ids[0]

    wish = ask(said, "t")

    assert wish.proposal is not None
    assert wish.proposal.parameters == {"anomaly": shown, "label": "defect", "defect_class": "crack"}


def test_an_incident_shown_alone_is_meant_by_it(ask: Ask) -> None:
    ask("the newest incident on line-2", "t")

    assert ask("can you close it for me", "t").status == "refused"


@pytest.mark.parametrize(
    "said",
    [
        "please lift that mute on line-2",
        "send them a note from me",
        "turn everything from last night into false alarms",
    ],
)
def test_orders_among_questions_are_refused(ask: Ask, said: str) -> None:
    ask("how many anomalies on line-2 yesterday?", "t")

    answer = ask(said, "t")

    assert answer.status == "refused"
    assert not answer.facts


@pytest.mark.parametrize(
    "said",
    [
        "what brand are the cameras at line-1?",
        "what's our ppm target for line-1?",
        "is the bearing on line-1 worn out?",
    ],
)
def test_what_only_the_factory_knows_is_refused(ask: Ask, said: str) -> None:
    assert ask(said).status == "refused"


def test_every_incident_at_once_is_not_proposed(ask: Ask) -> None:
    answer = ask("ack every open incident please")

    assert (answer.status, answer.proposal) == ("refused", None)


def test_outages_go_on_being_asked_about(ask: Ask) -> None:
    ask("was the camera of line-1 down since 1 March?", "t")

    assert [use.name for use in ask("how long altogether?", "t").tools] == ["list_outages"]


def test_everybody_is_asked_about_after_one_person(ask: Ask) -> None:
    one = ask("how many labels did import give since 1 March?", "t")
    everyone = ask("and everybody, one by one?", "t")

    assert [use.name for use in (*one.tools, *everyone.tools)] == ["label_counts", "label_counts"]
    assert everyone.tools[0].arguments.get("person") is None


def test_two_classes_are_held_against_each_other_however_little_is_said(ask: Ask) -> None:
    ask("anomalies per class since 1 March?", "t")

    assert [use.name for use in ask("so scratch vs crack?", "t").tools] == ["compare"]


@pytest.mark.parametrize(
    "said", ["was it the feeder that caused it?", "how many parts did we have to scrap because of it?"]
)
def test_what_caused_the_one_shown_is_not_known(ask: Ask, said: str) -> None:
    ask("show me the newest anomaly on line-1", "t")

    assert ask(said, "t").status == "refused"


def test_shorthand_leans_on_the_thread(ask: Ask) -> None:
    ask("how many anomalies on line-1 last wkend", "t")

    window = ask("weekend b4 that", "t").window

    assert window is not None
    assert window.start.isoformat() == "2026-03-13T23:00:00+00:00"


@pytest.mark.parametrize(
    "wish",
    ["set line-2 to 1.3", "lower it by 0.1", "put a silence on line-2 for 1.5 hours", "set " + "the line " * 40],
)
def test_a_wish_about_something_else_is_of_nothing_that_was_supposed(ask: Ask, wish: str) -> None:
    ask("what if the threshold of line-1 were 1.2 since 1 March?", "t")

    answer = ask(wish, "t")

    assert answer.proposal is None
    assert not answer.text.startswith("line-1 has no fitted detector")


@pytest.mark.parametrize("said", ["sorry, how many are not labelled?", "i meant the ones not labelled"])
def test_a_label_that_is_not_given_is_no_correction(ask: Ask, said: str) -> None:
    ask("how many anomalies since 1 March?", "t")

    assert "unlabelled" in ask(said, "t").text.split(",")[0]


@pytest.mark.parametrize("said", ["label this one as a crack", "mark this anomaly as a false alarm", "mark it ok"])
def test_a_label_is_read_behind_as_alone(ask: Ask, said: str) -> None:
    ask("show me the newest anomaly on line-1", "t")

    proposal = ask(said, "t").proposal

    assert proposal is not None
    assert proposal.parameters["defect_class"] in {None, "crack"}
