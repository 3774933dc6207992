"""Sources and detectors in words."""

from typing import Any

from agent.assistant.answers.counts import not_judged, tell_count
from agent.assistant.answers.phrases import counted, moment, number, percent, span
from agent.assistant.tools.result import ToolResult, ToolStatus

UNTOLD = {"commissioning": " (its anomalies are not told yet)", "paused": " (its frames wait)"}


def tell_status(result: ToolResult, _: str | None = None) -> str:
    """Tell how sources and detectors are."""
    if result.status is ToolStatus.NO_DATA:
        return "No data: no source has been seen yet."
    zone = result.window.time_zone if result.window else "UTC"
    rows = result.data["sources"]
    if len(rows) == 1:
        return f"{_row(rows[0], zone)} Figures: {span(result.window)}."
    head = f"{counted(len(rows), 'source')}; figures {span(result.window)}:"
    return "\n".join([head, *(f"- {_row(row, zone)}" for row in rows)])


def tell_health(results: list[ToolResult]) -> str:
    """Tell whether anything needs a person: anomalies, sources that are not live or see nothing, open incidents."""
    counts, status, incidents = results
    if status.status is ToolStatus.NO_DATA:
        return "No data: no source has been seen yet."
    zone = status.window.time_zone if status.window else "UTC"
    unwell = [row for row in status.data["sources"] if _needs_a_look(row)]
    opened = incidents.data.get("incidents", 0)
    is_well = not unwell and not opened and not counts.data["anomalies"]
    head = "Everything looks well" if is_well else "Something needs a look"
    lines = [f"{head}: {counted(opened, 'open incident')}.", tell_count(counts)]
    lines += [f"- {_row(row, zone)}" for row in unwell]
    lines += [
        f"- {row['id']} {row['source']}: {row['state']}, {counted(row['anomalies'], 'anomaly', 'anomalies')}, "
        f"last {moment(row['last_at'], incidents.data['time_zone'])}"
        for row in incidents.data.get("incidents_listed", [])
    ]
    return "\n".join(lines)


def _needs_a_look(row: dict[str, Any]) -> bool:
    return row["state"] != "live" or bool(row["fault"]) or bool(row["not_judged"]) or not row["judged"]


def _row(row: dict[str, Any], zone: str) -> str:
    fault = f" ({row['fault']})" if row["fault"] else ""
    parts = [f"{row['source']} is {row['state'].replace('_', ' ')}{UNTOLD.get(row['state'], '')}{fault}"]
    parts.append(_detector(row))
    if row["last_inspected"]:
        parts.append(f"last image {moment(row['last_inspected'], zone)}")
    else:
        parts.append("no image yet")
    if row["waiting"]:
        parts.append(f"{counted(row['waiting'], 'frame')} waiting")
    return ", ".join(parts) + ". " + _kept(row)


def _detector(row: dict[str, Any]) -> str:
    if "detector" not in row:
        return "no detector fitted"
    words = f"detector {row['detector']}, threshold {row['threshold']:g}"
    promised = f", promised false-alarm rate {percent(row['promised_rate'])}" if row["promised_rate"] else ""
    images = f" from {counted(row['training_images'], 'good image')}" if row["training_images"] else ""
    return words + promised + images


def _kept(row: dict[str, Any]) -> str:
    if not row["judged"]:
        return f"Nothing judged in the window.{not_judged(row)}"
    return (
        f"{counted(row['anomalies'], 'anomaly', 'anomalies')} out of {counted(row['judged'], 'image')} judged: "
        f"{number(row['confirmed'])} confirmed, {counted(row['false_alarms'], 'false alarm')} "
        f"({percent(row['false_alarm_rate'])} of images), {number(row['unsure'])} unsure, "
        f"{number(row['unlabelled'])} unlabelled.{not_judged(row)}"
    )
