"""What another threshold would have done, in words."""

from typing import Any

from agent.assistant.answers.counts import no_data
from agent.assistant.answers.phrases import counted, joined, number, span
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.records import SourceState

IDS_SHOWN = 10


def tell_what_if(result: ToolResult, _: str | None = None) -> str:
    """Tell one comparison, or the table of several."""
    if result.status is ToolStatus.NO_DATA:
        return (
            no_data(result, "no image was judged by the detector in use").removesuffix(".") + _others(result.data) + "."
        )
    data = result.data
    lines = _table(data, result) if "thresholds" in data else _one(data, result)
    looked = f"{counted(data['judged'], 'image')} judged by the fit of {data['detector']}{_others(data)}."
    known = f"{data['misses'][0].upper()}{data['misses'][1:]}"
    lines += [looked, f"{known} (by all recent audits)." if data["audited"] else f"{known}."]
    return "\n".join([*lines, *_unsent(data)])


def _unsent(data: dict[str, Any]) -> list[str]:
    """Say of a source in commissioning that the alerts counted are those it would send, were it live."""
    words = f"{data['source']} is in commissioning and sends none yet: counted is what it would send once it is live."
    return [words] if data["state"] == SourceState.COMMISSIONING else []


def _one(row: dict[str, Any], result: ToolResult) -> list[str]:
    saved = row["alerts_saved"]
    change = f"{number(saved)} saved" if saved > 0 else f"{number(-saved)} more" if saved < 0 else "no change"
    head = (
        f"With a threshold of {number(row['threshold'])} instead of {number(row['threshold_now'])}, {row['source']} "
        f"would have sent {counted(row['alerts'], 'alert')} instead of {number(row['alerts_now'])}, "
        f"{span(result.window)}: {change}, {number(row['alerts_a_week'])} a week."
    )
    lines = [head, _defects(row)]
    if row["false_alarms"]:
        avoided = row["false_alarms_avoided_count"]
        lines.append(
            f"{number(avoided)} of {counted(row['false_alarms'], 'labelled false alarm')} avoided"
            f"{_ids(row, 'false_alarms_avoided')}."
        )
    if row["false_alarms_added_count"]:
        lines.append(f"{number(row['false_alarms_added_count'])} known good added{_ids(row, 'false_alarms_added')}.")
    if row["unlabelled_lost"]:
        lines.append(f"{counted(row['unlabelled_lost'], 'anomaly', 'anomalies')} nobody labelled would not be flagged.")
    return lines


def _defects(row: dict[str, Any]) -> str:
    if not row["defects"]:
        return "No defect was labelled in that time, so nobody knows what it would miss."
    lost, found = row["defects_lost_count"], row["defects_found_count"]
    words = f"{number(lost) if lost else 'None'} of {counted(row['defects'], 'labelled defect')} lost"
    words += _ids(row, "defects_lost")
    return (
        f"{words}; {number(found)} that were missed would be found{_ids(row, 'defects_found')}."
        if found
        else f"{words}."
    )


def _table(data: dict[str, Any], result: ToolResult) -> list[str]:
    head = (
        f"{data['source']} sent {counted(data['alerts_now'], 'alert')} at its threshold of "
        f"{number(data['threshold_now'])}, {span(result.window)}. Other thresholds would have sent:"
    )
    return [head, *(f"- {_row(row)}" for row in data["thresholds"])]


def _row(row: dict[str, Any]) -> str:
    parts = [f"{number(row['threshold'])}: {counted(row['alerts'], 'alert')}, {number(row['alerts_a_week'])} a week"]
    lost = f"{number(row['defects_lost_count'])} of {counted(row['defects'], 'labelled defect')} lost"
    parts.append(lost if row["defects"] else "no defect is labelled")
    if row["defects_found_count"]:
        parts.append(f"{number(row['defects_found_count'])} missed ones found")
    if row["false_alarms"]:
        avoided = number(row["false_alarms_avoided_count"])
        parts.append(f"{avoided} of {counted(row['false_alarms'], 'false alarm')} avoided")
    return "; ".join(parts)


def _ids(row: dict[str, Any], name: str) -> str:
    ids = row[name][:IDS_SHOWN]
    more = ["others"] if row[f"{name}_count"] > len(ids) else []
    return f": {joined([*ids, *more])}" if ids else ""


def _others(data: dict[str, Any]) -> str:
    others = data.get("not_comparable")
    return (
        f"; {counted(others, 'image')} judged by detectors fitted otherwise cannot be compared and "
        f"{'is' if others == 1 else 'are'} left out"
        if others
        else ""
    )
