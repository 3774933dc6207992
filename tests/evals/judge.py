"""Judge one answer, as the JSON of `oddspot ask --json`, against what is right."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tests.evals.expected import ALL_TIME, ANY_NUMBER, LABELS, Expected, Figure, Ranked, Value
from tests.evals.truth_sql import NAMES
from tests.evals.world import FIRST, NOW

Json = dict[str, Any]
ONE_LABEL = {"confirmed": "defect", "false_alarms": "false_alarm", "unsure": "unsure", "unlabelled": "unlabelled"}
PLAIN_FILTERS: dict[str, Any] = {"defect_classes": [], "detectors": [], "attributes": {}, "min_ratio": None}
FEWEST_LISTED = 5
AS_ODD = 1e-3
QUIET, FIRST_DAY = timedelta(minutes=30), timedelta(days=1)
BACK = "asked_back"


class Outcome(StrEnum):
    """How a question of the bank went; refused: no answer to what could be answered."""

    RIGHT = "right"
    ASKED_WITH_TRUTH = "asked back, truth offered"
    ASKED_WITHOUT_TRUTH = "asked back without"
    REFUSED = "refused"
    WRONG = "wrong"


def problems_of(answer: Json, readings: Iterable[Expected]) -> list[str]:
    """Return nothing where an answer is right in one reading; else what is wrong in the reading it is nearest to."""
    found = [list(_problems(answer, reading)) for reading in readings]
    return min(found, key=len)


def outcome_of_refusal(answer: Json, why: str, honest: Iterable[Expected]) -> Outcome:
    """Judge the answer to what must have none: no figure and no id, unless it answers the honest part of it."""
    if answer["status"] in {"answered", "no_data"} and any(not list(_problems(answer, one)) for one in honest):
        return Outcome.RIGHT
    if answer["status"] == BACK:
        return Outcome.RIGHT if why == "name" else Outcome.ASKED_WITHOUT_TRUTH
    if answer["status"] == "error":
        return Outcome.RIGHT if why == "name" else Outcome.REFUSED
    if answer["status"] in {"refused", "no_data"} and not _says_anything(answer):
        return Outcome.RIGHT
    return Outcome.WRONG


def outcome_of_failure(answer: Json) -> Outcome:
    """Judge an answer that is not right and no question back."""
    return Outcome.REFUSED if answer["status"] in {"refused", "error"} else Outcome.WRONG


def _says_anything(answer: Json) -> bool:
    return bool(answer["ids"]) or any(fact["value"] not in {0, None} for fact in answer["facts"])


def _problems(answer: Json, expected: Expected) -> Iterator[str]:
    if expected.is_no_data:
        if answer["status"] != "no_data":
            yield f"status {answer['status']}, not no_data"
    elif answer["status"] not in ({"answered", "no_data"} if _is_empty(expected) else {"answered"}):
        yield f"status {answer['status']}"
    yield from _window_problems(answer["window"], expected)
    if expected.is_filtered:
        yield from _filter_problems(answer["filters"], expected)
    facts = {fact["name"]: fact["value"] for fact in answer["facts"]}
    for figure in expected.figures:
        yield from _figure_problems(facts, figure)
    if expected.ids is not None:
        yield from _id_problems(answer["ids"], expected.ids)


def _is_empty(expected: Expected) -> bool:
    """Say whether there is nothing to show, which may also be said as no data."""
    has_rows = expected.ids is not None and bool(expected.ids.rows)
    return not has_rows and all(figure.value in {0, None} for figure in expected.figures)


def _window_problems(said: Json | None, expected: Expected) -> Iterator[str]:
    if expected.window is None:
        return
    if expected.window == ALL_TIME:
        if said is not None and (_moment(said["to"]) < NOW - QUIET or _moment(said["from"]) > FIRST + FIRST_DAY):
            yield f"window {said['from']} to {said['to']}, not all time"
        return
    if said is None:
        yield "no window"
        return
    assert not isinstance(expected.window, str)
    start, end = expected.window
    if (_moment(said["from"]), min(_moment(said["to"]), NOW)) != (start, min(end, NOW)):
        yield f"window {said['from']} to {said['to']}, not {start:%m-%d %H:%M} to {end:%m-%d %H:%M} UTC"
    if expected.zone is not None and said.get("time_zone") != expected.zone:
        yield f"zone {said.get('time_zone')}, not {expected.zone}"


def _filter_problems(said: Json, expected: Expected) -> Iterator[str]:
    sources = frozenset(said.get("sources") or NAMES) - frozenset(said.get("excluded_sources") or ())
    wanted = expected.sources or frozenset(NAMES)
    if sources != wanted:
        yield f"sources {sorted(sources)}, not {sorted(wanted)}"
    labels = frozenset(said.get("labels") or LABELS) - frozenset(said.get("excluded_labels") or ())
    if labels != expected.labels and not _counts_alike(labels, expected):
        yield f"labels {sorted(labels)}, not {sorted(expected.labels)}"
    for name, nothing in PLAIN_FILTERS.items():
        found = said.get(name) or nothing
        found = sorted(found) if isinstance(found, list | tuple) else found
        if found != (expected.filters.get(name) or nothing):
            yield f"{name} {found}, not {expected.filters.get(name)}"


def _counts_alike(labels: frozenset[str], expected: Expected) -> bool:
    """Say whether the figures asked for are the same however labels are filtered: false alarms are false alarms."""
    asked = {ONE_LABEL.get(figure.names[0].split("[")[0], "") for figure in expected.figures}
    is_counted = expected.ids is None and bool(asked) and "" not in asked
    return is_counted and asked <= labels and asked <= expected.labels


def _figure_problems(facts: Json, figure: Figure) -> Iterator[str]:
    if figure.value is None:
        return
    found = [facts[name] for name in figure.names if name in facts]
    if not found:
        yield f"no {figure.names[0]}, which is {figure.value}"
    elif not any(_is_same(value, figure) for value in found):
        yield f"{figure.names[0]} {found[0]}, not {figure.value}"


def _is_same(found: Value, figure: Figure) -> bool:
    if isinstance(figure.value, str) or isinstance(found, str) or found is None or figure.value is None:
        return found == figure.value
    return math.isclose(found, figure.value, rel_tol=figure.tolerance, abs_tol=figure.tolerance / 10)


def _id_problems(said: list[str], expected: Ranked) -> Iterator[str]:
    """Compare ids in order; equal ones may change places."""
    keys = dict(expected.rows)
    there = len(expected.rows)
    is_open = expected.wanted == ANY_NUMBER
    fewest = min(FEWEST_LISTED if is_open else expected.wanted, there)
    most = there if is_open else fewest
    shown = said[:1] if expected.wanted == 1 else said
    if not fewest <= len(shown) <= most:
        yield f"{len(said)} ids, not {fewest}{f' to {most}' if most > fewest else ''}"
        return
    right = [key for _, key in expected.rows[: len(shown)]]
    for one, key in zip(shown, right, strict=True):
        if one not in keys or not math.isclose(keys[one], key, abs_tol=AS_ODD * abs(key) if key < 1 else 1e-9):
            yield f"ids {said[:10]}, not {[row for row, _ in expected.rows[: len(said)]][:10]}"
            return
    if len(set(shown)) < len(shown):
        yield "an id twice"


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)
