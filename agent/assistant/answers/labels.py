"""What people said, counted, in words."""

from typing import Any

from agent.assistant.answers.counts import no_data
from agent.assistant.answers.phrases import counted, number, percent, searched
from agent.assistant.tools.result import ToolResult, ToolStatus

GROUPS_SHOWN = 30
BY = {"reviewer": "person", "defect_class": "class", "label": "label", "source": "source"}


def tell_labels(result: ToolResult, _: str | None = None) -> str:
    """Tell how many labels stand, and how much of them says false alarm."""
    person = result.parameters.get("person")
    by_person = f" by {person}" if person else ""
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, f"nothing was labelled{by_person}")
    data = result.data
    head = f"{counted(data['labels'], 'label')} given{by_person} {searched(result)}"
    if "groups" not in data:
        return f"{head}: {_kinds(data)}."
    rows = data["groups"]
    lines = [f"- {row['key']}: {_kinds(row)}" for row in rows[:GROUPS_SHOWN]]
    if data["group_count"] > len(lines):
        lines.append(f"- {number(len(lines))} of {number(data['group_count'])} groups are shown")
    return "\n".join([f"{head}, by {BY[result.parameters['by']]}; in all {_kinds(data)}:", *lines])


def _kinds(row: dict[str, Any]) -> str:
    parts = [
        counted(row["defect"], "defect"),
        counted(row["false_alarm"], "false alarm"),
        f"{number(row['unsure'])} unsure",
        f"{number(row['missed'])} missed",
    ]
    share = row["false_alarm_share"]
    return ", ".join(parts) + ("" if share is None else f"; {percent(share)} false alarms")
