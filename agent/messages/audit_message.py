"""The daily audit: frames called normal, with a word from a person for each."""

from dataclasses import dataclass
from datetime import datetime

from agent.messages.frame_lines import frame_line
from agent.messages.message import Block, Message, actions, button, context, message, section
from agent.messages.safe_text import safe, who
from storage.records import AuditPick, Inspection

AUDIT_GOOD, AUDIT_MISSED = "audit_good", "audit_missed"
PICKED = {"random": "picked at random", "near": "nearest below the threshold"}
SAID = {"good": "Good", "missed": "Missed defect"}


@dataclass(frozen=True, slots=True)
class AuditView:
    """What an audit's message says, as the database has it at `now`; misses: what is known of them."""

    job: int
    source: str
    day: str
    frames: tuple[tuple[Inspection, AuditPick], ...]
    misses: str
    zone: str
    now: datetime


def audit_message(view: AuditView) -> Message:
    """Return the audit: each frame with its buttons, and with what people said."""
    name, day = safe(view.source), safe(view.day)
    count = len(view.frames)
    head = f"{name}: audit of {day}. {count} frames called normal: is each of them good?"
    if count == 1:
        head = f"{name}: audit of {day}. 1 frame called normal: is it good?"
    blocks = [section(f"*{head}*\nYour words tell how much is missed; the pictures are in the thread.")]
    for frame, pick in view.frames:
        blocks += _frame(view, frame, pick)
    known = f"Last 90 days: {view.misses}."
    blocks.append(context([known]))
    ids = ", ".join(frame.shown_id for frame, _ in view.frames)
    return message(f"{head} {ids}. {known}", blocks)


def _frame(view: AuditView, frame: Inspection, pick: AuditPick) -> list[Block]:
    line = frame_line(frame, zone=view.zone, now=view.now, more=PICKED.get(pick.stratum, ""))
    if pick.said in SAID and pick.said_by:
        line += f"\n{SAID[pick.said]}, says {who(pick.said_by)}"
    value = f"{view.job}:{frame.id}"
    buttons = [
        button("Good", action_id=AUDIT_GOOD, value=value),
        button("Missed defect", action_id=AUDIT_MISSED, value=value, style="danger"),
    ]
    return [section(line), actions(buttons)]
