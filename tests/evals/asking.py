"""Ask every thread of the bank and judge each answer; a question back is followed along each of its choices."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.evals.cases import Case, Thread
from tests.evals.expected import Expected
from tests.evals.judge import BACK, Json, Outcome, outcome_of_failure, outcome_of_refusal, problems_of
from tests.evals.truth import Truth

Ask = Callable[[str, str], Json]


@dataclass(frozen=True, slots=True)
class Judged:
    """One question of the bank and how it went; after: what was asked before it in its thread."""

    kind: str
    is_follow_up: bool
    ask: str
    after: tuple[str, ...]
    outcome: Outcome
    problems: tuple[str, ...]
    answer: Json

    @property
    def milliseconds(self) -> float:
        """How long the answer took."""
        return float(self.answer["milliseconds"])


class Asker:
    """Asks through `ask(question, thread)` and judges by the truth."""

    def __init__(self, ask: Ask, truth: Truth) -> None:
        self._ask = ask
        self._truth = truth
        self._names = (f"eval-{number}" for number in itertools.count(1))

    def judge_thread(self, thread: Thread) -> Iterator[Judged]:
        """Ask a thread's questions in order; where a choice of a question back is the truth, it goes on from there."""
        name = next(self._names)
        said: tuple[str, ...] = ()
        bound: dict[str, Any] = {}
        previous: list[Expected] = []
        for number, case in enumerate(thread.turns):
            bound = self._truth.bind(case, bound)
            question = case["ask"].format(**bound) if bound else case["ask"]
            answer = self._ask(question, name)
            said = (*said, question)
            problems: list[str] = []
            if "refuse" in case:
                outcome = self._refusal(case, bound, answer)
            else:
                previous = self._truth.expected(case, bound, previous)
                outcome, problems, taken = self._answer(case, answer, previous, said)
                if taken is not None:
                    name, said = taken
            yield Judged(case["kind"], number > 0, question, said[:-1], outcome, tuple(problems), answer)

    def _refusal(self, case: Case, bound: dict[str, Any], answer: Json) -> Outcome:
        honest = self._truth.expected({"ask": case["ask"], **case["honest"]}, bound, []) if "honest" in case else []
        return outcome_of_refusal(answer, case["refuse"], honest)

    def _answer(
        self, case: Case, answer: Json, readings: list[Expected], said: tuple[str, ...]
    ) -> tuple[Outcome, list[str], tuple[str, tuple[str, ...]] | None]:
        """Return how a question went, and where a choice was taken, its thread and what was asked there."""
        problems = problems_of(answer, readings)
        if not problems:
            return Outcome.RIGHT, [], None
        if answer["status"] != BACK:
            return outcome_of_failure(answer), problems, None
        for choice in answer["choices"]:
            name = self._replayed(said)
            if not problems_of(self._ask(choice, name), readings):
                outcome = Outcome.RIGHT if case.get("may_ask") else Outcome.ASKED_WITH_TRUTH
                return outcome, problems, (name, (*said, choice))
        return Outcome.ASKED_WITHOUT_TRUTH, problems, None

    def _replayed(self, said: tuple[str, ...]) -> str:
        """Ask all over in a new thread and return its name."""
        name = next(self._names)
        for question in said:
            self._ask(question, name)
        return name
