"""Threads are asked in order, and questions back followed to their end."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.evals.asking import Asker, Judged
from tests.evals.cases import Case, Thread
from tests.evals.expected import Expected, Figure
from tests.evals.judge import Json, Outcome
from tests.evals.tables import FOLLOW_UPS, failures_of, summary, table_of


@dataclass
class Scripted:
    """An assistant that gives scripted answers and remembers what was asked in which thread."""

    answers: dict[str, Json]
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, question: str, thread: str) -> Json:
        self.asked.append((thread, question))
        return self.answers[question]


class Known:
    """A truth that expects `anomalies` to be what a case says under `window`."""

    def bind(self, case: Case, bound: dict[str, Any]) -> dict[str, Any]:
        return bound | {name: wanted["value"] for name, wanted in case.get("bind", {}).items()}

    def expected(self, case: Case, bound: dict[str, Any], previous: list[Expected]) -> list[Expected]:
        del bound, previous
        return [Expected(figures=(Figure(("anomalies",), case["window"]),))]


def says(number: int | None, *choices: str, status: str = "") -> Json:
    facts = [] if number is None else [{"name": "anomalies", "value": number}]
    given = status or ("asked_back" if choices else "answered")
    return {"answer": f"{number}", "status": given, "choices": list(choices), "window": None, "filters": {},
            "facts": facts, "ids": [], "milliseconds": 2.0}  # fmt: skip


def case(ask: str, number: int = 1, **more: Any) -> Case:
    return {"kind": "count", "ask": ask, "window": number, **more}


def judged(answers: dict[str, Json], *cases: Case) -> tuple[list[Judged], Scripted]:
    ask = Scripted(answers)
    asker = Asker(ask, Known())  # type: ignore[arg-type]  # a truth without a database
    return list(asker.judge_thread(Thread("seen-0", cases))), ask


def test_a_right_answer_is_right_and_asked_once() -> None:
    found, ask = judged({"how many?": says(1)}, case("how many?"))

    assert [one.outcome for one in found] == [Outcome.RIGHT]
    assert len(ask.asked) == 1


def test_a_question_back_is_judged_by_its_choices() -> None:
    answers = {"how many?": says(None, "of b?", "of a?"), "of b?": says(2), "of a?": says(1)}

    found, _ = judged(answers, case("how many?"))

    assert found[0].outcome is Outcome.ASKED_WITH_TRUTH


def test_a_question_back_without_the_truth_is_told_apart() -> None:
    found, _ = judged({"how many?": says(None, "of b?"), "of b?": says(2)}, case("how many?"))

    assert found[0].outcome is Outcome.ASKED_WITHOUT_TRUTH


def test_asking_back_is_right_where_the_question_leaves_it_open() -> None:
    answers = {"on 4/5?": says(None, "5 April?"), "5 April?": says(1)}

    found, _ = judged(answers, case("on 4/5?", may_ask=True))

    assert found[0].outcome is Outcome.RIGHT


def test_a_thread_goes_on_from_the_choice_that_was_the_truth() -> None:
    answers = {"how many?": says(None, "of b?", "of a?"), "of b?": says(2), "of a?": says(1), "and now?": says(3)}

    found, ask = judged(answers, case("how many?"), case("and now?", 3))

    last_thread = ask.asked[-1][0]
    assert [question for thread, question in ask.asked if thread == last_thread] == ["how many?", "of a?", "and now?"]
    assert found[1].outcome is Outcome.RIGHT
    assert found[1].is_follow_up
    assert found[1].after == ("how many?", "of a?")


def test_each_choice_is_asked_in_a_thread_of_its_own() -> None:
    answers = {"how many?": says(None, "of b?", "of a?"), "of b?": says(2), "of a?": says(1)}

    _, ask = judged(answers, case("how many?"))

    assert len({thread for thread, question in ask.asked if question in {"of a?", "of b?"}}) == 2


@pytest.mark.parametrize(
    ("said", "outcome"),
    [(says(2), Outcome.WRONG), (says(None, status="refused"), Outcome.REFUSED)],
)
def test_another_answer_is_wrong_and_none_is_none(said: Json, outcome: Outcome) -> None:
    found, _ = judged({"how many?": said}, case("how many?"))

    assert found[0].outcome is outcome


def test_ids_are_put_into_the_question_and_kept_for_the_thread() -> None:
    answers = {"about A-7": says(1), "A-7 again": says(1)}

    found, _ = judged(answers, case("about {x}", bind={"x": {"value": "A-7"}}), case("{x} again"))

    assert [one.ask for one in found] == ["about A-7", "A-7 again"]


def test_what_must_be_refused_is_wrong_when_answered() -> None:
    found, _ = judged({"why?": says(1)}, {"kind": "unanswerable", "ask": "why?", "refuse": "unknown"})

    assert found[0].outcome is Outcome.WRONG


def test_a_summary_counts_by_kind_and_holds_no_question() -> None:
    found, _ = judged({"how many?": says(1), "and now?": says(2)}, case("how many?"), case("and now?", 3))

    result = summary(found, resident_mb=120.0, has_torch=False)

    assert result["right_share"] == 0.5
    assert result["wrong_share"] == 0.5
    assert result["by_kind"]["count"][Outcome.RIGHT] == 1
    assert result["by_place"][FOLLOW_UPS][Outcome.WRONG] == 1
    assert result["latency_ms"] == {"p50": 2.0, "p95": 2.0}
    assert "how many?" not in table_of(result)


def test_failures_show_what_was_asked_before_and_what_was_wrong() -> None:
    found, _ = judged({"how many?": says(1), "and now?": says(2)}, case("how many?"), case("and now?", 3))

    shown = failures_of(found)

    assert "and now?" in shown
    assert "after: how many?" in shown
    assert "anomalies 2, not 3" in shown
