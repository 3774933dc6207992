"""Check the bank itself: a perfect answer to every case is right, and one with a wrong figure or id is not."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.evals.cases import HALVES, Case, load_half
from tests.evals.expected import ALL_TIME, ANY_NUMBER, LABELS, Expected
from tests.evals.judge import Json, problems_of
from tests.evals.truth import Truth

LISTED = 10
REFUSED: Json = {"answer": "no", "status": "refused", "choices": [], "window": None, "filters": {}, "facts": [],
                 "tools": [], "ids": [], "milliseconds": 1.0}  # fmt: skip


def sha256_of(half: str) -> str:
    """Return the hash of one file of the bank."""
    return hashlib.sha256((Path(__file__).parent / HALVES[half]).read_bytes()).hexdigest()


def mistakes_of(half: str, truth: Truth) -> Iterator[str]:
    """Yield what is wrong with the cases of a file, each by its place in it and not by its words."""
    for thread in load_half(half):
        bound: dict[str, Any] = {}
        previous: list[Expected] = []
        for number, case in enumerate(thread.turns):
            if "refuse" in case:
                continue
            bound = truth.bind(case, bound)
            previous = truth.expected(case, bound, previous)
            yield from (f"{thread.name}, question {number + 1}: {found}" for found in _mistakes(case, previous))


def perfect_answer(expected: Expected) -> Json:
    """Return the JSON of an answer that says exactly what one reading expects."""
    filters = {name: value for name, value in expected.filters.items() if value}
    filters |= {"sources": sorted(expected.sources)} if expected.sources else {}
    filters |= {"labels": sorted(expected.labels)} if expected.labels != LABELS else {}
    rows = expected.ids.rows if expected.ids else ()
    wanted = LISTED if expected.ids is None or expected.ids.wanted == ANY_NUMBER else expected.ids.wanted
    facts = [{"name": figure.names[0], "value": figure.value, "unit": ""} for figure in expected.figures]
    answer = {"status": "no_data" if expected.is_no_data else "answered", "filters": filters, "facts": facts}
    return {**REFUSED, **answer, "window": _window(expected), "ids": [row for row, _ in rows[:wanted]]}


def _mistakes(case: Case, readings: list[Expected]) -> Iterator[str]:
    if not readings:
        yield "no reading is accepted"
    for one in readings:
        if problems := problems_of(perfect_answer(one), readings):
            yield f"a perfect answer is judged wrong: {'; '.join(problems)}"
        for name, spoil in SPOILT.items():
            spoilt = spoil(perfect_answer(one))
            if spoilt is not None and not problems_of(spoilt, readings):
                yield f"an answer with {name} is judged right"
    if readings and "no_data" not in case:
        yield from _emptiness(readings[0])


def _emptiness(one: Expected) -> Iterator[str]:
    if any(figure.value in {0, None} for figure in one.figures):
        yield "a figure of it is 0 or not known"
    if one.ids is not None and len(one.ids.rows) < max(one.ids.wanted, 1):
        yield "there are fewer ids than it asks for"
    if not one.figures and one.ids is None:
        yield "it expects no figure and no id"


def _with_wrong_figure(answer: Json) -> Json | None:
    facts = [
        {**fact, "value": fact["value"] * 7 + 3} for fact in answer["facts"] if isinstance(fact["value"], int | float)
    ]
    return {**answer, "facts": facts} if facts else None  # fmt: skip


def _with_wrong_id(answer: Json) -> Json | None:
    return {**answer, "ids": ["A-0", *answer["ids"][1:]]} if answer["ids"] else None


def _with_wrong_window(answer: Json) -> Json | None:
    window = answer["window"]
    return {**answer, "window": {**window, "from": "2026-04-15T10:39:00Z"}} if window else None


def _with_wrong_source(answer: Json) -> Json | None:
    sources = answer["filters"].get("sources")
    return {**answer, "filters": {**answer["filters"], "sources": ["nowhere"]}} if sources else None


SPOILT: dict[str, Callable[[Json], Json | None]] = {
    "a wrong figure": _with_wrong_figure,
    "a wrong id": _with_wrong_id,
    "a wrong window": _with_wrong_window,
    "a wrong source": _with_wrong_source,
}


def _window(expected: Expected) -> Json | None:
    if expected.window is None or expected.window == ALL_TIME:
        return None
    assert not isinstance(expected.window, str)
    start, end = (moment.isoformat().replace("+00:00", "Z") for moment in expected.window)
    return {"from": start, "to": end, "time_zone": expected.zone}
