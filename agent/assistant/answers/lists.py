"""Anomalies and incidents in words, one line each."""

from typing import Any

from agent.assistant.answers.counts import nearest, no_data
from agent.assistant.answers.phrases import counted, moment, number, percent, searched
from agent.assistant.tools.result import ToolResult, ToolStatus

ORDERS = {"newest": "newest first", "oldest": "oldest first", "worst": "worst first, by score over threshold"}
INCIDENT_ORDERS = {"oldest": "oldest first", "largest": "largest first", "longest": "longest open first"}
MOVED = ("acknowledged", "resolved", "dismissed")


def tell_list(result: ToolResult, _: str | None = None) -> str:
    """Tell a list of anomalies."""
    kind = result.parameters.get("kind", "anomalies")
    noun = ("missed defect", "missed defects") if kind == "missed" else ("anomaly", "anomalies")
    data = result.data
    if result.status is ToolStatus.NO_DATA:
        judged = data.get("judged", 0)
        if not judged and not data.get("not_judged"):
            return no_data(result, "no image was inspected")
        offset = " further" if result.parameters.get("offset") else ""
        judged_words = f"{counted(judged, 'image was', 'images were')} judged"
        faulted = f", {number(data['not_judged'])} not judged (camera faults)" if data.get("not_judged") else ""
        return f"No data: no{offset} {noun[0]} {searched(result)}; {judged_words}{faulted}.{nearest(result)}"
    zone = result.window.time_zone if result.window else "UTC"
    order = ORDERS[result.parameters.get("order", "newest")]
    shown = f" (showing {number(data['shown'])}, {order})" if data["total"] > 1 else ""
    lines = [f"- {row_text(row, zone)}" for row in data["anomalies_listed"]]
    faulted = f"{counted(data['not_judged'], 'image')} not judged (camera faults)." if data.get("not_judged") else ""
    return "\n".join([f"{counted(data['total'], *noun)} {searched(result)}{shown}:", *lines, faulted]).strip()


def row_text(row: dict[str, Any], zone: str) -> str:
    """Return one anomaly in one line."""
    label = (row["label"] or "unlabelled").replace("_", " ")
    named = f"{label} ({row['defect_class']})" if row.get("defect_class") else label
    ratio = f" ({row['ratio']:g}x threshold)" if row.get("ratio") is not None else ""
    return f"{row['id']} {row['source']}, {moment(row['captured_at'], zone)}, score {row['score']:g}{ratio}, {named}"


def tell_one(result: ToolResult, _: str | None = None) -> str:
    """Tell everything about one inspection."""
    if result.status is ToolStatus.NO_DATA:
        return f"No data: {result.message[0].lower()}{result.message[1:]}"
    row = result.data
    is_flagged = row["verdict"] == "anomalous" and row["fault"] is None
    verdict = "flagged as anomalous" if is_flagged else "not judged" if row["fault"] else "judged normal"
    captured = f"{moment(row['captured_at'], row['time_zone'])} ({row['time_zone']})"
    score = f"score {row['score']:g} against threshold {row['threshold']:g}{_times(row)}"
    lines = [f"{row['id']} on {row['source']}, captured {captured}: {verdict} by {row['detector']}, {score}."]
    if row["fault"]:
        lines.append(f"The camera had a fault: {row['fault']}.")
    if row["p_value"] is not None:
        lines.append(f"{percent(row['p_value'])} of normal images, at most, are this odd.")
    lines += [_labelled(row), *_regions(row)]
    if row.get("incident"):
        lines.append(f"It belongs to {row['incident']}.")
    if row["file"]:
        lines.append(f"File: {row['file']}.")
    if row["attributes"]:
        lines.append("Attributes: " + ", ".join(f"{key} {value}" for key, value in row["attributes"].items()) + ".")
    around = [f"{row[key]} {key}" for key in ("before", "after") if row.get(key)]
    if around:
        lines.append(f"Next to it on {row['source']}: {', '.join(around)}.")
    return "\n".join(lines)


def tell_incidents(result: ToolResult, _: str | None = None) -> str:
    """Tell incidents, or one with its worst anomalies."""
    if result.message:
        return f"No data: {result.message[0].lower()}{result.message[1:]}"
    if "worst" in result.data:
        return _one_incident(result.data)
    data, states = result.data, result.parameters.get("states", [])
    named = " or ".join(states) + " " if states else ""
    place = f"on {', '.join(result.parameters['sources'])}" if result.parameters.get("sources") else "on all sources"
    person = result.parameters.get("person")
    place = f"{place} that {person} acknowledged, resolved or dismissed" if person else place
    when = f", {searched(result).split(', ', 1)[1]}" if result.window else ""
    if result.status is ToolStatus.NO_DATA:
        return f"No data: no {named}incidents {place}{when}."
    zone = data["time_zone"]
    by_state = ", ".join(f"{number(count)} {state}" for state, count in data["by_state"].items())
    lines = [
        f"- {row['id']} {row['source']}: {row['state']}, {counted(row['anomalies'], 'anomaly', 'anomalies')}, "
        f"opened {moment(row['opened_at'], zone)}, last {moment(row['last_at'], zone)}"
        f"{_open_for(row, result.parameters.get('order'))}{_moved(row)}"
        for row in data["incidents_listed"]
    ]
    order = INCIDENT_ORDERS.get(result.parameters.get("order", ""), "")
    order = order if data["incidents"] > 1 else ""
    more = [f"showing {number(data['shown'])}"] if data["incidents"] > data["shown"] else []
    shown = f" ({', '.join([*more, order] if order else more)})" if more or order else ""
    head = f"{counted(data['incidents'], f'{named}incident')} {place}{when} ({by_state}; times in {zone}){shown}:"
    return "\n".join([head, *lines])


def _one_incident(row: dict[str, Any]) -> str:
    zone = row["time_zone"]
    number_of = counted(row["anomalies"], "anomaly", "anomalies")
    span_of = f"opened {moment(row['opened_at'], zone)}, last anomaly {moment(row['last_at'], zone)} ({zone})"
    lines = [f"{row['id']} on {row['source']} is {row['state']}: {number_of}, {span_of}."]
    if row["worst"]:
        lines += ["Its worst:", *(f"- {row_text(one, zone)}" for one in row["worst"])]
    return "\n".join(lines)


def _open_for(row: dict[str, Any], order: str | None) -> str:
    if order != "longest":
        return ""
    return f", {'open for' if row['state'] in {'open', 'acknowledged'} else 'was open for'} {row['open_hours']:g} hours"


def _moved(row: dict[str, Any]) -> str:
    parts = [f"{state} by {row[f'{state}_by']}" for state in MOVED if row.get(f"{state}_by")]
    return f", {', '.join(parts)}" if parts else ""


def _times(row: dict[str, Any]) -> str:
    return "" if row["ratio"] is None else f" ({row['ratio']:g} times)"


def _labelled(row: dict[str, Any]) -> str:
    if row["label"] is None:
        return "Nobody has labelled it yet."
    named = f" ({row['defect_class']})" if row.get("defect_class") else ""
    author = f" by {row['labelled_by']}" if row.get("labelled_by") else ""
    at = f", {moment(row['labelled_at'], row['time_zone'])}" if row.get("labelled_at") else ""
    note = f": {row['note']}" if row.get("note") else ""
    return f"Labelled {row['label'].replace('_', ' ')}{named}{author}{at}{note}."


def _regions(row: dict[str, Any]) -> list[str]:
    if not row["regions"]:
        return []
    spots = [f"{one['width']}x{one['height']} px at ({one['x']}, {one['y']})" for one in row["regions"][:3]]
    return [f"{counted(row['region_count'], 'abnormal region')}: {'; '.join(spots)}."]
