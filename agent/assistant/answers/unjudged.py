"""Images that nothing judged, and one image found by its name, in words."""

from typing import Any

from agent.assistant.answers.counts import no_data
from agent.assistant.answers.phrases import moment, number, searched
from agent.assistant.tools.result import ToolResult, ToolStatus

STATES = {"rejected": "rejected", "dropped": "dropped", "given_up": "given up"}
FATES = {"pending": "it waits to be judged", "leased": "it is being judged"}


def tell_unjudged(result: ToolResult, _: str | None = None) -> str:
    """Tell which images ended without being judged."""
    data, zone = result.data, str(result.parameters["time_zone"])
    if result.status is ToolStatus.NO_DATA:
        return no_data(result, "no image ended without being judged")
    ended = sum(data[name] for name in STATES)
    parts = [f"{number(data[name])} {word}{_reasons(data, name)}" for name, word in STATES.items() if data[name]]
    if data["not_judged"]:
        faults = ", ".join(f"{one['fault']} {number(one['frames'])}" for one in data["faults"])
        parts.append(f"{number(data['not_judged'])} not judged for a camera fault ({faults})")
    head = f"Images not judged {searched(result)}: {', '.join(parts)}."
    if not ended:
        return head
    shown = f"The newest {number(data['shown'])} of them" if ended > data["shown"] else "They are"
    return "\n".join([head, f"{shown}:", *(f"- {_image(row, zone)}" for row in data["images"])])


def tell_image(result: ToolResult, _: str | None = None) -> str:
    """Tell what became of one image."""
    if result.status is ToolStatus.NO_DATA:
        return f"No data: {result.message[0].lower()}{result.message[1:]}"
    row = result.data
    fate = (
        f"it was judged, see {row['id']}"
        if row["id"]
        else FATES.get(row["state"]) or f"it was {STATES.get(row['state'], row['state'])}"
    )
    why = f" ({_plain(row['reason'])})" if row["reason"] and not row["id"] else ""
    return f"{row['file']} on {row['source']}, {moment(row['captured_at'], row['time_zone'])}: {fate}{why}."


def _image(row: dict[str, Any], zone: str) -> str:
    why = f", {_plain(row['reason'])}" if row["reason"] else ""
    return f"{row['file']} {row['source']}, {moment(row['captured_at'], zone)}: {STATES[row['state']]}{why}"


def _reasons(data: dict[str, Any], state: str) -> str:
    own = [one for one in data["reasons"] if one["state"] == state and one["reason"]]
    said = ", ".join(f"{_plain(one['reason'])} {number(one['frames'])}" for one in own)
    return f" ({said})" if said else ""


def _plain(reason: str) -> str:
    return reason.replace("_", " ")
