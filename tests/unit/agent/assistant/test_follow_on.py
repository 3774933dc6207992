"""What a thread, or a question of two times, comes to in the end: windows, sources and refusals."""

import pytest

from tests.unit.agent.assistant.conftest import Ask


def figures(answer: object) -> dict[str, object]:
    return {fact.name: fact.value for fact in answer.facts}  # type: ignore[attr-defined]  # an Answer


@pytest.mark.parametrize(
    "question", ["how many forklifts went past line-1 yesterday", "how many broken rails on line-1?"]
)
def test_what_nothing_counts_is_refused_by_its_name(ask: Ask, question: str) -> None:
    answer = ask(question)

    assert answer.status == "refused"
    assert answer.text.startswith("The record holds nothing called '")
    assert not answer.facts


@pytest.mark.parametrize(
    "question", ["how many wafers were flagged last week", "how many of the lots had anomalies last week?"]
)
def test_parts_by_their_own_name_are_counted_where_they_were_judged(ask: Ask, question: str) -> None:
    assert ask(question).status == "answered"


@pytest.mark.parametrize(
    "question",
    [
        "how many workpieces were checked on line-1 since 1 March?",
        "how has line-1 behaved since 1 March?",
        "any surprises on line-2 since 1 March?",
        "how many products passed on line-1 since 1 March",
    ],
)
def test_a_word_no_example_holds_refuses_nothing_that_can_be_answered(ask: Ask, question: str) -> None:
    assert ask(question).status == "answered"


def test_a_ranking_of_lots_gives_up_the_lot_and_the_figure_spoken_of(ask: Ask) -> None:
    ask("how many anomalies has lot L7 since 1 March?", "t")
    confirmed = ask("how many of them are confirmed?", "t")

    ranked = ask("and which lot had the most anomalies?", "t")

    assert confirmed.filters["attributes"] == {"lot": "L7"}
    assert "attributes" not in ranked.filters
    assert "confirmed defects" not in ranked.text.splitlines()[0]


def test_a_strange_thing_in_a_thread_is_no_part_of_it(ask: Ask) -> None:
    ask("what would a higher threshold on line-1 have saved since 1 March?", "t")

    assert ask("how many penguins walked by?", "t").status == "refused"


def test_a_kind_of_damage_that_is_no_class_is_said_to_be_none(ask: Ask) -> None:
    answer = ask("how many blisters on line-1 since 1 March?")

    assert answer.status == "asked_back"
    assert "'blisters'" in answer.text
    assert not answer.facts


def test_what_two_strange_words_ask_about_is_refused_by_their_names(ask: Ask) -> None:
    answer = ask("paste viscosity on line-2 this shift")

    assert answer.status == "refused"
    assert "'paste' or 'viscosity'" in answer.text


def test_a_wish_to_act_on_one_of_a_list_is_no_wish_to_see_it(ask: Ask) -> None:
    ask("list the anomalies since 1 March", "t")

    assert ask("open the second one", "t").ids
    assert not ask("dismiss the second one", "t").ids


def test_another_line_named_is_that_line(ask: Ask) -> None:
    ask("which line had the most anomalies since 1 March?", "t")
    ask("how many on line-1 since 1 March?", "t")

    assert ask("and on that line yesterday?", "t").filters["sources"] == ["line-1"]


def test_two_sources_together_are_counted_as_one(ask: Ask) -> None:
    answer = ask("anomalies on line-1 and line-2 together last week")

    assert [use.name for use in answer.tools] == ["count_anomalies"]
    assert set(answer.filters["sources"]) == {"line-1", "line-2"}


def test_a_person_nobody_knows_is_said_to_be_unknown(ask: Ask) -> None:
    answer = ask("how many labels did dmitri give last week?")

    assert answer.status in {"asked_back", "no_data"}
    assert "dmitri" in answer.text
    assert not answer.facts


def test_days_before_a_window_are_its_other_side(ask: Ask) -> None:
    answer = ask("anomalies on line-1 in the last 7 days compared with the 7 days before")

    (use,) = answer.tools
    assert use.name == "compare"
    first, other = use.arguments["window"].split("/"), use.arguments["other_window"].split("/")
    assert other[1] == first[0]


def test_all_classes_gives_up_the_class_of_the_thread(ask: Ask) -> None:
    ask("how many scratches on line-1 since 1 March", "t")

    answer = ask("what about all classes", "t")

    assert "defect_classes" not in answer.filters
    assert answer.filters["sources"] == ["line-1"]


def test_the_largest_of_listed_incidents_is_an_incident(ask: Ask) -> None:
    ask("list the open incidents", "t")

    answer = ask("which one of those has the most anomalies?", "t")

    assert answer.ids
    assert all(one.startswith("I-") for one in answer.ids)


def test_sources_are_ranked_by_a_rate(ask: Ask) -> None:
    answer = ask("rank all cameras by anomaly rate since 1 March")

    assert "Sources by anomaly rate" in answer.text
    values = figures(answer)
    line_1, line_2 = values["anomaly_rate[line-1]"], values["anomaly_rate[line-2]"]
    assert isinstance(line_1, float)
    assert isinstance(line_2, float)
    assert answer.text.index("1. line-2" if line_2 > line_1 else "1. line-1") < answer.text.index("2. line")


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("no 2 looks funny, open it", 1),
        ("uh the second one please tell me more about that", 1),
        ("and the last of these, what was it?", -1),
        ("first of the list, who labelled it?", 0),
    ],
)
def test_one_of_a_list_is_found_wherever_it_is_said(ask: Ask, said: str, place: int) -> None:
    listed = ask("list the anomalies since 1 March", "t").ids

    assert ask(said, "t").ids[:1] == (listed[place],)


def test_the_head_of_a_list_is_its_first_few_in_the_same_order(ask: Ask) -> None:
    listed = ask("list the anomalies since 1 March, oldest first", "t").ids

    assert ask("just the first two", "t").ids == listed[:2]


@pytest.mark.parametrize("said", ["how far over the limit was that one", "what score did it get?", "who labelled it?"])
def test_what_was_shown_alone_is_spoken_of_as_it(ask: Ask, said: str) -> None:
    (shown,) = ask("the worst anomaly on line-1 since 1 March", "t").ids

    assert ask(said, "t").ids == (shown,)


def test_one_side_of_a_comparison_is_swapped_for_another(ask: Ask) -> None:
    ask("compare 23 March with 24 March on line-1", "t")
    swapped = ask("compare line-1 and line-2 since 1 March", "t")
    again = ask("now line-1 instead of line-2", "t")

    assert swapped.filters["sources"] == again.filters["sources"] == ["line-1"]


def test_the_last_two_times_are_held_against_each_other(ask: Ask) -> None:
    ask("anomalies on line-1 on 23 March", "t")
    ask("and on 24 March", "t")

    assert [use.name for use in ask("how do the two compare?", "t").tools] == ["compare"]


@pytest.mark.parametrize("said", ["Is it the lighting?", "what oil was in the press", "and by the end of the month?"])
def test_what_no_record_holds_is_refused_in_a_thread_too(ask: Ask, said: str) -> None:
    ask("anomalies on line-1 since 1 March", "t")

    answer = ask(said, "t")

    assert answer.status in {"refused", "asked_back"}
    assert not answer.facts


def test_a_change_asked_for_in_a_thread_is_of_the_source_it_spoke_of(ask: Ask) -> None:
    ask("anomalies on line-1 since 1 March", "t")

    answer = ask("silence it until tomorrow 6am", "t")

    assert answer.proposal is not None
    assert "line-1" in answer.text


def test_what_was_meant_is_remembered_where_a_source_is_unknown(ask: Ask) -> None:
    ask("how many anomalies were there on line-7 since 1 March?", "t")

    assert ask("oh, i meant line-1", "t").filters["sources"] == ["line-1"]


def test_what_was_told_before_the_question_asks_for_nothing(ask: Ask) -> None:
    answer = ask("The crew changed the lens on 10 March at 14:00 because of dirt. How many anomalies on line-1 since?")

    assert answer.window is not None
    assert answer.window.start.isoformat() == "2026-03-10T13:00:00+00:00"


def test_a_value_left_out_is_none_of_what_is_counted(ask: Ask) -> None:
    answer = ask("anomalies since 1 March without lot L7")

    assert answer.filters.get("attributes") != {"lot": "L7"}


def test_the_other_end_of_a_ranking_is_asked_for(ask: Ask) -> None:
    fewest = ask("which camera had the fewest anomalies since 1 March?", "t")
    most = ask("and which one had the most?", "t")

    assert (fewest.tools[0].name, fewest.tools[0].arguments["order"]) == ("top_sources", "fewest")
    assert (most.tools[0].name, most.tools[0].arguments["order"]) == ("top_sources", "most")


def test_one_figure_of_a_report_is_told_alone(ask: Ask) -> None:
    ask("give me a report of line-1 since 1 March", "t")

    answer = ask("what was the anomaly rate in that time?", "t")

    assert answer.tools[0].name == "count_anomalies"
    assert "anomaly_rate" in figures(answer)


def test_what_would_slip_through_is_asked_of_the_supposed_threshold(ask: Ask) -> None:
    ask("what if line-1 was on 1.9 since 1 March?", "t")

    assert ask("and how many real defects would've slipped through?", "t").tools[0].name == "what_if"


def test_what_is_to_come_is_refused_whatever_its_end(ask: Ask) -> None:
    assert ask("Where will the total of anomalies stand at the end of May?").status == "refused"


def test_the_number_of_a_name_is_no_number_of_rows(ask: Ask) -> None:
    ask("last 3 anomalies line 1", "t")

    assert ask("only line 2", "t").tools[0].arguments["limit"] == 3


@pytest.mark.parametrize(
    "said", ["The first of them, I want to see the details.", "the second of those, can you show it"]
)
def test_one_of_a_list_is_meant_whatever_is_said_of_it(ask: Ask, said: str) -> None:
    ask("show me the three worst anomalies on line-1 since 1 March", "t")

    assert ask(said, "t").tools[0].name == "get_anomaly"


def test_of_what_was_told_some_are_counted(ask: Ask) -> None:
    ask("how many silences are active right now, all sources?", "t")

    assert ask("how many of them are on line-1?", "t").tools[0].name == "list_silences"


def test_a_whole_question_after_versions_is_none_of_versions(ask: Ask) -> None:
    ask("how many versions of the detector are there for line-2?", "t")

    assert ask("and how many pictures has each source judged since 1 March?", "t").tools[0].name == "count_anomalies"


@pytest.mark.parametrize("said", ["Same for the others, please.", "and the same for the rest"])
def test_the_others_are_all_but_those_before(ask: Ask, said: str) -> None:
    ask("how many anomalies did line-1 have since 1 March?", "t")

    assert ask(said, "t").filters["excluded_sources"] == ["line-1"]


def test_all_of_several_sources_are_left_out(ask: Ask) -> None:
    answer = ask("all anomalies since 1 March except those from line-1 and line-2, total please")

    assert answer.filters["excluded_sources"] == ["line-1", "line-2"]


def test_two_times_are_held_against_each_other_over_all_cameras_together(ask: Ask) -> None:
    answer = ask("this week against last week, all cameras together: number of anomalies")

    assert answer.tools[0].name == "compare"


def test_a_label_is_left_out_by_a_plain_no(ask: Ask) -> None:
    answer = ask("gimme 3 worst from line-1 since 1 March, no false alarms")

    assert answer.filters["excluded_labels"] == ["false_alarm"]


def test_of_silences_ever_set_those_in_force_today_are_only_some(ask: Ask) -> None:
    every = ask("how many silences have ever been set, expired ones included?", "t")
    active = ask("how many of these are in force today?", "t")

    assert "states" not in every.filters
    assert active.filters["states"] == ["active"]


def test_another_total_is_held_against_the_one_told(ask: Ask) -> None:
    ask("how many anomalies on line-1 on 2 March?", "t")
    compared = ask("is the total clearly higher than on 1 March?", "t")

    assert [one.name for one in compared.tools] == ["compare"]


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("anomalies on line-1 in the late shift, the day before yesterday", "2026-03-23 13:00"),
        ("how many on line-1 on the Sunday, 15 March?", "2026-03-14 23:00"),
    ],
)
def test_two_words_for_one_time_are_one(ask: Ask, question: str, window: str) -> None:
    answer = ask(question)

    assert answer.window is not None
    assert answer.window.start.strftime("%Y-%m-%d %H:%M") == window


def test_the_shift_after_the_one_named_is_the_other_side(ask: Ask) -> None:
    answer = ask("compare yesterday's late shift on line-1 with the night after it")

    assert [one.name for one in answer.tools] == ["compare"]


@pytest.mark.parametrize("question", ["and the 95th percentile?", "what n is that computed on?", "same for line-2"])
def test_no_other_subject_goes_on_with_the_one_before(ask: Ask, question: str) -> None:
    ask("how long does an image on line-1 take to be judged, since 1 March?", "t")

    assert [one.name for one in ask(question, "t").tools] == ["latency"]


def test_another_subject_does_not(ask: Ask) -> None:
    ask("how long does an image on line-1 take to be judged, since 1 March?", "t")

    assert [one.name for one in ask("how many anomalies on line-2 since 1 March?", "t").tools] == ["count_anomalies"]


def test_a_source_is_not_offered_to_be_held_against_itself(ask: Ask) -> None:
    answer = ask("compare line-1 with line-9")

    assert answer.choices
    assert not any(choice.count("line-1") > 1 for choice in answer.choices)
