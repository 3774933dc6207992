"""The frames round a moment, for a person who saw a defect that was not told."""

from dataclasses import dataclass
from datetime import datetime

from agent.messages.figures import clock
from agent.messages.frame_lines import frame_line
from agent.messages.message import Block, Message, actions, button, message, section
from agent.messages.safe_text import safe
from config.counting import several
from storage.records import Inspection, LabelKind, Verdict

MISSED_DEFECT = "missed_defect"
SAID = {
    LabelKind.MISSED: "labelled missed",
    LabelKind.DEFECT: "labelled defect",
    LabelKind.FALSE_ALARM: "labelled good",
}


@dataclass(frozen=True, slots=True)
class MissedView:
    """The frames, in order of time, and the moment asked for."""

    job: int
    source: str
    at: datetime
    frames: tuple[Inspection, ...]
    zone: str
    now: datetime


def missed_message(view: MissedView) -> Message:
    """Return the frames, each called normal with a button."""
    name, at = safe(view.source), clock(view.at, view.zone, today=view.now)
    head = f"{name} round {at} ({view.zone}): {several(len(view.frames), 'frame')}."
    blocks = [section(f"*{head}*\nWhich of them shows a defect that was missed? The pictures are in the thread.")]
    for frame in view.frames:
        blocks += _frame(view, frame)
    return message(f"{head} {', '.join(frame.shown_id for frame in view.frames)}", blocks)


def _frame(view: MissedView, frame: Inspection) -> list[Block]:
    is_normal = frame.verdict is Verdict.NORMAL
    said = SAID.get(frame.label, "") if frame.label else ""
    words = ", ".join(part for part in ("" if is_normal else "was flagged as anomalous", said) if part)
    line = section(frame_line(frame, zone=view.zone, now=view.now, more=words))
    if not is_normal or frame.label is LabelKind.MISSED:
        return [line]
    missed = button("Missed defect", action_id=MISSED_DEFECT, value=f"{view.job}:{frame.id}", style="danger")
    return [line, actions([missed])]
