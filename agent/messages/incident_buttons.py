"""What a person can press under an incident: five buttons, and a menu for the rest."""

from agent.messages.figures import span
from agent.messages.message import Block, button, overflow
from agent.messages.safe_text import clean
from storage.records import Act, Incident, IncidentState

DEFECT, FALSE_ALARM, UNSURE, ACKNOWLEDGE, SILENCE = "defect", "false_alarm", "unsure", "acknowledge", "silence"
MORE = "more"
DETAILS, SILENCE_LIKE, SIMILAR, EXPLAIN, UNDO = "details", "silence_like", "similar", "explain", "undo"
CLASS_LENGTH = 40
# An act without a word of its own must not keep a message from being told.
LAST_ACT = "last act"
ACTS = {
    "label": "label",
    "silence": "silence",
    "incident_acknowledged": "acknowledgement",
    "incident_resolved": "resolution",
    "incident_dismissed": "dismissal",
}


def incident_buttons(
    incident: Incident, *, silence_minutes: float, defect_class: str | None, undoable: Act | None
) -> list[Block]:
    """Return the buttons; their values are ids only. defect_class: what it was the last time its like was seen."""
    cover, own = str(incident.cover_inspection_id or 0), str(incident.id)
    named = f"Defect: {clean(defect_class, most=CLASS_LENGTH)}" if defect_class else "Defect"
    shown = [
        button(named, action_id=DEFECT, value=cover, style="danger"),
        button("False alarm", action_id=FALSE_ALARM, value=cover),
        button("Unsure", action_id=UNSURE, value=cover),
    ]
    if incident.state is IncidentState.OPEN:
        shown.append(button("Acknowledge", action_id=ACKNOWLEDGE, value=own))
    shown.append(button(f"Silence {span(silence_minutes)}", action_id=SILENCE, value=own))
    return [*shown, overflow(_menu(cover, undoable), action_id=MORE)]


def _menu(cover: str, undoable: Act | None) -> list[tuple[str, str]]:
    options = [
        ("Class, note, region …", f"{DETAILS}:{cover}"),
        ("Silence things like this", f"{SILENCE_LIKE}:{cover}"),
        ("Show similar", f"{SIMILAR}:{cover}"),
        ("Explain", f"{EXPLAIN}:{cover}"),
    ]
    if undoable is not None:
        options.append((f"Undo the {ACTS.get(undoable.action, LAST_ACT)}", f"{UNDO}:{undoable.id}"))
    return options
