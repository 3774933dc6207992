"""Trends in words: every step, the total, and the change."""

from agent.assistant.answers.counts import no_data, not_judged
from agent.assistant.answers.phrases import counted, number, percent, searched
from agent.assistant.tools.result import ToolResult, ToolStatus

STEPS_SHOWN = 31


def tell_trend(result: ToolResult, figure: str | None = None) -> str:
    """Tell a trend."""
    data = result.data
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, "no image was inspected")
    key = figure if figure in {"confirmed", "false_alarms"} else "anomalies"
    head = f"{counted(data['anomalies'], 'anomaly', 'anomalies')} {searched(result)}: {_change(data)}"
    apart = (
        f"{number(data['confirmed'])} confirmed, {counted(data['false_alarms'], 'false alarm')}, "
        f"{number(data['unsure'])} unsure, {number(data['unlabelled'])} unlabelled."
    )
    steps = data["steps"]
    lines = [f"- {step['key']}: {number(step[key])}" for step in steps[-STEPS_SHOWN:]]
    hidden = len(steps) - len(lines)
    if hidden > 0:
        lines.insert(0, f"- {counted(hidden, 'earlier step')} not shown")
    title = f"{key.replace('_', ' ').capitalize()} by {data['bucket']}:"
    return "\n".join([head, apart + not_judged(data), title, *lines])


def _change(data: dict[str, object]) -> str:
    before, change = data["before"], data["change"]
    if not isinstance(before, dict) or not isinstance(change, int):
        return ""
    if not before["judged"] and not before["not_judged"]:
        return "no data in the window of equal length before, so there is no change to tell."
    was = f"{number(before['anomalies'])} in the window of equal length before"
    if change == 0:
        return f"unchanged, {was}."
    share = data["change_share"]
    size = f" ({percent(abs(share))})" if isinstance(share, float) else ""
    return f"{'up' if change > 0 else 'down'} by {number(abs(change))}{size}, {was}."
