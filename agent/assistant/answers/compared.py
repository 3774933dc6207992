"""Two sides compared, in words: the change first, then each side by itself."""

from typing import Any

from agent.assistant.answers.counts import NOUNS, RATE_WORDS, RATES, no_data, not_judged
from agent.assistant.answers.phrases import counted, joined, number, percent, where
from agent.assistant.answers.windows import window_words
from agent.assistant.tools.result import ToolResult, ToolStatus

SHARES = {*RATES, "false_alarm_share"}


def tell_compare(result: ToolResult, _: str | None = None) -> str:
    """Tell a comparison."""
    data = result.data
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, "no image was inspected on either side; the first was searched")
    sides = [data["first"], data["second"]]
    return "\n".join([_change(data), *(f"- {_side(side, data['measure'])}" for side in sides)])


def _change(data: dict[str, Any]) -> str:
    measure, difference, share = data["measure"], data["difference"], data["change_share"]
    if difference is None:
        return f"The {RATE_WORDS.get(measure, measure)} cannot be compared: one side has no figure. Side by side:"
    change = "" if share is None else f" ({percent(abs(share))} {'more' if share > 0 else 'less'})" if share else ""
    more = "more" if difference > 0 else "fewer"
    if measure in SHARES:
        word = "higher" if difference > 0 else "lower"
        head = f"The {RATE_WORDS[measure]} is {word} {_second(data)}" if difference else "Both sides are equal"
        return f"{head}{change.replace('more', 'up').replace('less', 'down')}:"
    if not difference:
        return f"Both sides have equally many {NOUNS[measure][1]}:"
    noun = NOUNS[measure][0 if abs(difference) == 1 else 1]
    return f"{number(abs(difference))} {more} {noun} {_second(data)}{change}:"


def _second(data: dict[str, Any]) -> str:
    """Say what the second side is by what it does not share with the first."""
    first, second = data["first"]["looked_at"], data["second"]["looked_at"]
    for key, lead in (("sources", "on"), ("detectors", "by"), ("defect_classes", "of class")):
        if first.get(key) != second.get(key) and second.get(key):
            return f"{lead} {joined(second[key])}"
    if first.get("window") == second.get("window"):
        return "on the second side"
    return "in the later time" if _is_later(second, first) else "in the earlier time"


def _is_later(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return str(one.get("window")) > str(other.get("window"))


def _side(side: dict[str, Any], measure: str) -> str:
    looked_at = side["looked_at"]
    place = " ".join(where(looked_at)).removeprefix("on ")
    shown = f"{place}, {window_words(looked_at)}"
    if not side["inspections"]:
        return f"{shown}: no data, no image was inspected."
    rate = f" ({percent(side['anomaly_rate'])} flagged)" if side.get("anomaly_rate") is not None else ""
    judged = f"out of {counted(side['judged'], 'image')} judged{rate}"
    if measure in SHARES:
        head = (
            f"{percent(side.get(measure))} {RATE_WORDS[measure]}; {counted(side['anomalies'], 'anomaly', 'anomalies')}"
        )
    else:
        head = counted(side[measure], *NOUNS[measure])
    apart = (
        f"{number(side['confirmed'])} confirmed, {counted(side['false_alarms'], 'false alarm')}, "
        f"{number(side['unsure'])} unsure, {number(side['unlabelled'])} unlabelled."
    )
    return f"{shown}: {head} {judged}; {apart}{not_judged(side)}"
