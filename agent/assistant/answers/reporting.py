"""A period's report, and who changed what, in words."""

from typing import Any

from agent.assistant.answers.counts import no_data
from agent.assistant.answers.phrases import counted, joined, moment, number, percent, searched
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.records import misses_unknown


def tell_report(result: ToolResult, _: str | None = None) -> str:
    """Tell a report's figures."""
    data = result.data
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, "no frame was received")
    head = f"{counted(data['received'], 'frame')} received, {number(data['judged'])} judged"
    lines = [
        f"{head} {searched(result)}; not judged: {number(data['not_judged'])}.",
        f"{_flagged(data)} in {counted(data['incidents'], 'incident')}; {counted(data['labels'], 'label')} given.",
        _rates(data),
    ]
    if data["downtime_minutes"]:
        lines.append(f"Downtime: {counted(round(data['downtime_minutes']), 'minute')}.")
    if data["source_count"] > 1:
        lines += [f"- {row['source']}: {number(row['judged'])} judged, {_flagged(row)}" for row in data["sources"]]
    if data["worst"]:
        lines.append(f"The worst: {joined([one['id'] for one in data['worst']])}.")
    return "\n".join(lines)


def _flagged(row: dict[str, Any]) -> str:
    return (
        f"{counted(row['anomalies'], 'anomaly', 'anomalies')}: {number(row['confirmed'])} confirmed, "
        f"{counted(row['false_alarms'], 'false alarm')}, {number(row['unsure'])} unsure, "
        f"{number(row['unlabelled'])} unlabelled"
    )


def _rates(data: dict[str, Any]) -> str:
    parts = [f"False-alarm rate {percent(data['false_alarm_rate'])} of images judged"]
    if data["promised_rate"] is not None:
        parts.append(f"promised {percent(data['promised_rate'])}")
    missed = (
        misses_unknown(data["missed"])
        if data["miss_rate"] is None
        else f"{percent(data['miss_rate'])} of audited images were missed defects"
    )
    return f"{', '.join(parts)}; {missed}."


def tell_changes(result: ToolResult, _: str | None = None) -> str:
    """Tell who changed what."""
    data, used = result.data, result.parameters
    by = f" by {used['person']}" if used.get("person") else ""
    kind = f" of kind {str(used['action']).replace('_', ' ')}" if used.get("action") else ""
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, f"no change{kind}{by} was made")
    zone = str(used["time_zone"])
    shown = f" (showing {number(data['shown'])}, newest first)" if data["changes"] > data["shown"] else ""
    kinds = ", ".join(f"{name} {number(count)}" for name, count in data["by_action"].items())
    head = f"{counted(data['changes'], 'change')}{kind}{by} {searched(result)} ({kinds}){shown}:"
    return "\n".join([head, *(f"- {_change(row, zone)}" for row in data["changes_listed"])])


def _change(row: dict[str, Any], zone: str) -> str:
    detail = ", ".join(f"{name} {value}" for name, value in row.get("detail", {}).items())
    words = row["action"].replace("_", " ")
    return f"{moment(row['at'], zone)} {row['who']}: {words} {row['subject']}{f' ({detail})' if detail else ''}"
