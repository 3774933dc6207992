"""Pace, silences, outages, detectors, misses and coverage in words."""

from typing import Any

from agent.assistant.answers.counts import no_data
from agent.assistant.answers.phrases import counted, joined, moment, number, percent, searched, seconds
from agent.assistant.tools.result import ToolResult, ToolStatus


def tell_latency(result: ToolResult, _: str | None = None) -> str:
    """Tell how long frames take and what waits."""
    data = result.data
    if result.status is ToolStatus.NO_DATA:
        return f"{no_data(result, 'no image was inspected here')} No frame waits."
    waiting = f"{counted(data['waiting'], 'frame waits', 'frames wait')} now"
    if data["oldest_waiting_seconds"] is not None:
        waiting += f", the oldest for {seconds(data['oldest_waiting_seconds'])} s"
    if not data["inspected"]:
        return f"{no_data(result, 'no image was inspected here')} {waiting}."
    times = (
        f"Half of the images are inspected within {seconds(data['latency_median'])} s of being received, 95 % within "
        f"{seconds(data['latency_p95'])} s; scoring takes {seconds(data['milliseconds_median'])} ms in the middle"
    )
    newest = f", the newest {number(data['measured'])} measured" if data["measured"] < data["inspected"] else ""
    return f"{times} ({counted(data['inspected'], 'image')} {searched(result)}{newest}). {waiting}."


def tell_silences(result: ToolResult, _: str | None = None) -> str:
    """Tell silences."""
    data, states = result.data, result.parameters.get("states", [])
    named = f"{states[0]} " if len(states) == 1 else ""
    sources = result.parameters.get("sources", [])
    place = f"on {joined(sources)}" if sources else "on all sources"
    if result.status is ToolStatus.NO_DATA:
        return f"No data: there is no {named}silence {place}."
    zone = data["time_zone"]
    count = counted(data["silences"], f"{named}silence")
    state = (
        "" if named else f" ({number(data['by_state']['active'])} active, {number(data['by_state']['ended'])} ended)"
    )
    shown = f" (showing {number(data['shown'])})" if data["silences"] > data["shown"] else ""
    head = f"{count} {place}{state}, {counted(data['hits'], 'alert')} kept back; times in {zone}{shown}:"
    return "\n".join([head, *(f"- {_silence(row, zone)}" for row in data["silences_listed"])])


def _silence(row: dict[str, Any], zone: str) -> str:
    word = "until" if row["state"] == "active" else "ended"
    return (
        f"{row['id']} {row['source'] or 'every source'}, {row['covers']}: {word} {moment(row['until'], zone)}, "
        f"by {row['by']}, {counted(row['hits'], 'alert')} kept back"
    )


def tell_outages(result: ToolResult, _: str | None = None) -> str:
    """Tell when sources were not judged."""
    data, zone = result.data, str(result.parameters["time_zone"])
    going_on = {True: "that goes on ", False: "that has ended "}.get(result.parameters.get("is_open"), "")  # type: ignore[arg-type]
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, f"no outage {going_on}was found".replace("  ", " "))
    shown = f" (showing {number(data['shown'])})" if data["outages"] > data["shown"] else ""
    not_judged = f"; {counted(data['not_judged'], 'image')} not judged" if data["not_judged"] else ""
    head = f"{counted(data['outages'], 'outage')} {searched(result)}{not_judged}{shown}:"
    lines = [f"- {_outage(row, zone)}" for row in data["outages_listed"]]
    down = [f"{row['source']} {counted(row['minutes'], 'minute')}" for row in data["downtime"]]
    return "\n".join([head, *lines, *([f"Downtime in that time: {'; '.join(down)}."] if down else [])])


def _outage(row: dict[str, Any], zone: str) -> str:
    why = "sent nothing" if row["kind"] == "silent" else f"not judged, {row['kind']}"
    until = f"to {moment(row['until'], zone)}" if row["until"] else "and still"
    frames = f", {counted(row['frames'], 'frame')}" if row["frames"] else ""
    return f"{row['source']} {why}, {moment(row['from'], zone)} {until} ({counted(row['minutes'], 'minute')}{frames})"


def tell_versions(result: ToolResult, _: str | None = None) -> str:
    """Tell detector versions."""
    data, zone = result.data, str(result.parameters["time_zone"])
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, "there is no detector version")
    shown = f" (showing {number(data['shown'])})" if data["versions"] > data["shown"] else ""
    head = f"{counted(data['versions'], 'detector version')} {searched(result)}{shown}:"
    return "\n".join([head, *(f"- {_version(row, zone)}" for row in data["versions_listed"])])


def _version(row: dict[str, Any], zone: str) -> str:
    parts = [f"{row['detector']}: {row['state']}, threshold {row['threshold']:g}"]
    if row["promised_rate"] is not None:
        parts.append(f"promised false-alarm rate {percent(row['promised_rate'])}")
    if row["training_images"]:
        parts.append(f"from {counted(row['training_images'], 'good image')}")
    if row["is_imported"]:
        parts.append(f"first image {moment(row['first_judged'], zone)}" if row["first_judged"] else "no image yet")
    else:
        parts.append(f"made {moment(row['created_at'], zone)}")
    if row["activated_by"]:
        parts.append(f"made active {moment(row['activated_at'], zone)} by {row['activated_by']}")
    judged = f"{counted(row['anomalies'], 'anomaly', 'anomalies')} of {counted(row['judged'], 'image')} judged"
    parts.append(f"{judged}, {counted(row['false_alarms'], 'false alarm')}")
    return ", ".join(parts)


def tell_misses(result: ToolResult, _: str | None = None) -> str:
    """Tell how much was missed, or that nobody looked."""
    data = result.data
    reported = f" Defects people reported as missed: {number(data['missed_reported'])}."
    if not data["audited"]:
        head = f"No data: {data['note']} ({searched(result)})."
        return head + (reported if data["missed_reported"] else "")
    return (
        f"{percent(data['miss_rate'])} of images called normal were defects: {number(data['missed'])} of "
        f"{counted(data['audited'], 'audited image')} {searched(result)}; the true share is between "
        f"{percent(data['miss_low'])} and {percent(data['miss_high'])}, 95 % of the time.{reported}"
    )


def tell_coverage(result: ToolResult, _: str | None = None) -> str:
    """Tell what can be asked about."""
    data = result.data
    if result.status is ToolStatus.NO_DATA:
        return "No data: no image was inspected yet."
    zone = data["time_zone"]
    head = (
        f"{counted(data['inspections'], 'image')} inspected on {counted(data['source_count'], 'source')}, "
        f"{moment(data['first'], zone)} to {moment(data['last'], zone)} ({zone}):"
    )
    lines = [f"- {_covered(row, zone)}" for row in data["sources"]]
    classes = data["defect_classes"]
    lines.append(f"Defect classes: {joined(classes)}." if classes else "No class was given yet.")
    if data["attributes"]:
        lines.append(f"Attributes: {', '.join(data['attributes'])}; such as {joined(data['examples'], 'or')}.")
    return "\n".join([head, *lines])


def _covered(row: dict[str, Any], zone: str) -> str:
    if not row["inspections"]:
        return f"{row['source']}: no image yet"
    span = f"{moment(row['first'], zone)} to {moment(row['last'], zone)}"
    return f"{row['source']}: {counted(row['inspections'], 'image')}, {span}"
