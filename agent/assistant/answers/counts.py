"""Counts, ranks and comparisons in words: flagged, confirmed, false and unlabelled always apart."""

from typing import Any

from agent.assistant.answers.phrases import counted, moment, number, percent, searched, span, where
from agent.assistant.tools.figures import FRAMES
from agent.assistant.tools.result import ToolResult, ToolStatus

GROUPS_SHOWN = 30
NOUNS = {
    "anomalies": ("anomaly", "anomalies"),
    "confirmed": ("confirmed defect", "confirmed defects"),
    "false_alarms": ("false alarm", "false alarms"),
    "unsure": ("unsure anomaly", "unsure anomalies"),
    "unlabelled": ("unlabelled anomaly", "unlabelled anomalies"),
    "missed": ("missed defect", "missed defects"),
    "judged": ("image judged", "images judged"),
    "normal": ("image judged normal", "images judged normal"),
    "not_judged": ("image not judged", "images not judged"),
    "received": ("frame received", "frames received"),
    "rejected": ("frame rejected", "frames rejected"),
    "dropped": ("frame dropped", "frames dropped"),
    "waiting": ("frame waiting", "frames waiting"),
}
RATES = ("false_alarm_rate", "anomaly_rate")
RATE_WORDS = {
    "anomaly_rate": "anomaly rate",
    "false_alarm_rate": "false-alarm rate",
    "false_alarm_share": "share of false alarms",
}
WITH_ANOMALIES = {"confirmed", "false_alarms", "unsure", "unlabelled"}
SHORT_NOUNS = {
    "confirmed": ("confirmed", "confirmed"),
    "false_alarms": ("false alarm", "false alarms"),
    "unsure": ("unsure", "unsure"),
    "unlabelled": ("unlabelled", "unlabelled"),
}
SETTLED = ("confirmed", "false_alarms", "unsure", "unlabelled")


def tell_count(result: ToolResult, figure: str | None = None) -> str:
    """Tell a count, the figure asked for first."""
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, "no image was inspected")
    if "groups" in result.data:
        return _tell_groups(result, figure)
    data = result.data
    if figure in RATES:
        return f"{_rate(data, figure)}, {searched(result)}. {_apart(data)}{not_judged(data)}"
    figure = figure if figure in NOUNS and figure in data else "anomalies"
    head = f"{counted(data[figure], *NOUNS[figure])} {searched(result)}"
    if figure in WITH_ANOMALIES:
        return f"{head}; {_of(data)}. {_apart(data)}{not_judged(data)}"
    if figure == "anomalies":
        rate = f" ({percent(data['anomaly_rate'])})" if data["anomalies"] and data.get("anomaly_rate") else ""
        judged = f", out of {counted(data['judged'], 'image')} judged{rate}"
        return f"{head}{judged}. {_apart(data) if data['anomalies'] else ''}{not_judged(data)}{missed(data)}".strip()
    return f"{head}; {_of(data)}. {not_judged(data) if figure != 'not_judged' else ''}".strip()


def tell_top(result: ToolResult, _: str | None = None) -> str:
    """Tell sources by rank."""
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, "no image was inspected")
    measure = result.data["measure"]
    rows = result.data["sources"]
    lines = [
        f"{place}. {row['source']}: {_ranked(row, measure)}{_row_rest(row, measure)}"
        for place, row in enumerate(rows, 1)
    ]
    shown = f"Sources by {RATE_WORDS.get(measure) or NOUNS[measure][1]}, {searched(result)}"
    count = result.data["source_count"]
    more = f" ({number(len(rows))} of {number(count)})" if count > len(rows) else ""
    return "\n".join([f"{shown}{more}:", *lines, not_judged(result.data).strip()]).strip()


def _ranked(row: dict[str, Any], measure: str) -> str:
    if measure not in RATE_WORDS:
        return counted(row[measure], *NOUNS[measure])
    if measure == "anomaly_rate":
        return (
            f"{percent(row[measure])} of {counted(row['judged'], 'image')} judged, {number(row['anomalies'])} flagged"
        )
    return f"{percent(row[measure])} of {counted(row['judged'], 'image')} judged, {number(row['false_alarms'])} false"


def tell_comparison(results: list[ToolResult], figure: str | None = None) -> str:
    """Tell two or three counts side by side."""
    figure = figure if figure in NOUNS else "anomalies"
    lines = []
    for result in results:
        data = result.data
        if result.status is ToolStatus.NO_DATA:
            lines.append(f"- {_side(result)}: no data, no image was inspected.")
            continue
        judged = f"{counted(data['judged'], 'image')} judged ({percent(data.get('anomaly_rate'))} flagged)"
        count = f"{counted(data[figure], *NOUNS[figure])} out of {judged}"
        lines.append(f"- {_side(result)}: {count}. {_apart(data)}{not_judged(data)}".rstrip())
    return "\n".join(["Side by side:", *lines, *_difference(results, figure)])


def no_data(result: ToolResult, what: str) -> str:
    """Say that nothing is there, naming what was searched, and when the nearest there is was captured."""
    return f"No data: {what} {searched(result)}.{nearest(result)}"


def nearest(result: ToolResult) -> str:
    """Say when the nearest image or anomaly was captured, where it is known."""
    found = result.data.get("nearest")
    if not found:
        return ""
    zone = result.window.time_zone if result.window else "UTC"
    return f" The nearest {found['what']} is of {moment(found['captured_at'], zone)}."


def not_judged(data: dict[str, Any]) -> str:
    """Say what was not judged, where there is any."""
    parts = []
    if data.get("not_judged"):
        parts.append(f"{counted(data['not_judged'], 'image')} not judged (camera faults)")
    for name, words in (
        ("rejected", "rejected"),
        ("dropped", "dropped"),
        ("dead_letter", "given up"),
        ("waiting", "still waiting"),
    ):
        if data.get(name):
            parts.append(f"{counted(data[name], 'frame')} {words}")
    return f" Not judged: {'; '.join(parts)}." if parts else ""


def missed(data: dict[str, Any]) -> str:
    """Say what people report as missed, where there is any."""
    return f" {counted(data['missed'], 'missed defect')} reported." if data.get("missed") else ""


def _apart(data: dict[str, Any]) -> str:
    return (
        f"{number(data['confirmed'])} confirmed, {counted(data['false_alarms'], 'false alarm')}, "
        f"{number(data['unsure'])} unsure, {number(data['unlabelled'])} unlabelled."
    )


def _of(data: dict[str, Any]) -> str:
    return (
        f"{counted(data['anomalies'], 'anomaly', 'anomalies')} flagged out of {counted(data['judged'], 'image')} judged"
    )


def _rate(data: dict[str, Any], figure: str) -> str:
    if figure == "anomaly_rate":
        rate = percent(data.get("anomaly_rate"))
        return f"{rate} of images flagged ({number(data['anomalies'])} of {number(data['judged'])} judged)"
    settled = data["confirmed"] + data["false_alarms"]
    rate = percent(data.get("false_alarm_rate"))
    words = f"False-alarm rate {rate} of images judged ({number(data['false_alarms'])} of {number(data['judged'])})"
    if not settled:
        return f"{words}; no anomaly is labelled defect or false alarm yet"
    return f"{words}; {percent(data.get('false_alarm_share'))} of the labelled anomalies were false"


def _tell_groups(result: ToolResult, figure: str | None) -> str:
    rate = figure if figure in RATES else None
    groups = result.data["groups"]
    figure = _told_of_each(figure, groups)
    if result.parameters["group_by"] == "verdict":
        return _tell_verdicts(result)
    name = result.parameters.get("attribute") or str(result.parameters["group_by"]).replace("_", " ")
    head = _rate(result.data, rate) if rate else counted(result.data[figure], *NOUNS[figure])
    total = f"{head} {searched(result)}, by {name}"
    if not groups:
        return f"{total}: no groups. {not_judged(result.data)}".strip()
    lines = [f"- {group['key']}: {_cell(group, figure, rate)}" for group in groups[:GROUPS_SHOWN]]
    if len(groups) > GROUPS_SHOWN:
        lines.append(f"- and {number(len(groups) - GROUPS_SHOWN)} more")
    return "\n".join([f"{total}:", *lines, (not_judged(result.data) + missed(result.data)).strip()]).strip()


def _told_of_each(figure: str | None, groups: list[dict[str, Any]]) -> str:
    """Return the figure to tell of groups: frames that only sources are told apart by are told as images judged."""
    if figure in FRAMES and any(figure not in group for group in groups):
        return "judged"
    return figure if figure in NOUNS else "anomalies"


def _tell_verdicts(result: ToolResult) -> str:
    data = result.data
    lines = [f"- {group['key']}: {counted(group['inspections'], 'image')}" for group in data["groups"]]
    return "\n".join(
        [f"{counted(data['judged'], 'image')} judged {searched(result)}, by verdict:", *lines, _apart(data)]
    )


def _cell(group: dict[str, Any], figure: str, rate: str | None) -> str:
    if rate is not None:
        part = "false_alarms" if rate == "false_alarm_rate" else "anomalies"
        return f"{percent(group.get(rate))} ({number(group[part])} of {counted(group['judged'], 'image')})"
    return f"{number(group[figure])}{_row_rest(group, figure)}"


def _row_rest(row: dict[str, Any], figure: str) -> str:
    if figure in {"judged", "not_judged", "normal", *RATES, *FRAMES}:
        return ""
    parts = [counted(row[name], *SHORT_NOUNS[name]) for name in SETTLED if row.get(name) and name != figure]
    if figure != "anomalies":
        parts = [f"of {counted(row['anomalies'], 'anomaly', 'anomalies')}"]
    return f" ({', '.join(parts)})" if parts else ""


def _side(result: ToolResult) -> str:
    return f"{' '.join(where(result.parameters)).removeprefix('on ')}, {span(result.window)}"


def _difference(results: list[ToolResult], figure: str) -> list[str]:
    one, other = results[0].data.get(figure), results[1].data.get(figure) if len(results) > 1 else None
    if one is None or other is None or len(results) != 2:  # noqa: PLR2004 - a pair
        return []
    if one == other:
        return ["Equal."]
    word = "more" if one > other else "fewer"
    return [f"{number(abs(one - other))} {word} in the first."]
