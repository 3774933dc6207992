"""The one message about a source that is not judged, as long as it lasts and when it is over."""

from datetime import datetime

from agent.messages.figures import clock
from agent.messages.message import Block, Message, actions, button, context, message, section
from agent.messages.safe_text import safe, who
from config.counting import several
from storage.records import SILENT, Fault, Job, JobState, Outage

USE_VIEW = "use_new_view"
VIEW_STATES = {
    JobState.WAITING: "its frames are being collected",
    JobState.PENDING: "it is being learnt",
    JobState.LEASED: "it is being learnt",
    JobState.DONE: "see the message about it",
    JobState.FAILED: "it could not be learnt",
}

REASONS = {
    Fault.BLACK: "the camera shows black",
    Fault.SATURATED: "the camera shows white",
    Fault.BLURRED: "the picture is blurred",
    Fault.FROZEN: "the picture is frozen: the same bytes again and again",
    Fault.MOVED: "camera moved",
    Fault.EXPOSURE: "much lighter or darker than the good ones of the fit",
}
ADVICE = {
    Fault.BLACK: "Look at the light, the lens cap and the cable.",
    Fault.SATURATED: "Look at the light and the exposure.",
    Fault.BLURRED: "Look at the focus, and whether the lens is clean.",
    Fault.FROZEN: "Restart the camera, or what fetches its pictures.",
    Fault.MOVED: "Put the camera back; or let the new view be learnt from its next frames, if they show good parts.",
    Fault.EXPOSURE: "Look at the light and the exposure; if they are to stay so, fit again.",
    SILENT: "Look at the camera, the network and what writes its files.",
}


def outage_message(outage: Outage, *, zone: str, now: datetime, revision: str = "", view: Job | None = None) -> Message:
    """Return the message of an outage; revision: what tells this version of it from the others.

    view: the wish that its new view be learnt, where the camera moved and somebody had it.
    """
    text = outage_sentence(outage, zone=zone, now=now)
    notes = [f"Times are {zone}."]
    if outage.is_open:
        notes.insert(0, ADVICE.get(outage.kind, ""))
    if outage.is_open and outage.kind != SILENT:
        notes.insert(0, "Its frames are scored all the same; its parts page nobody.")
    if view is not None:
        notes.append(f"New view wanted by {who(view.requested_by)}: {VIEW_STATES[JobState(view.state)]}.")
    title = f"outage-{outage.id}-{revision}"
    kept = " ".join(note for note in notes if note)
    blocks = [section(f"*{text}*", block_id=title), context([kept], block_id=f"{title}-notes")]
    return message(text, blocks + _offer(outage, view))


def _offer(outage: Outage, view: Job | None) -> list[Block]:
    """Offer to learn the new view of a moved camera, until somebody wants it."""
    if not outage.is_open or outage.kind != Fault.MOVED or view is not None:
        return []
    return [actions([button("Use the new view", action_id=USE_VIEW, value=str(outage.id))])]


def outage_sentence(outage: Outage, *, zone: str, now: datetime) -> str:
    """Say in one line since when, or from when to when, a source was not judged, how many frames, and why."""
    name, start = safe(outage.source), clock(outage.started_at, zone, today=now)
    if outage.ended_at is None and outage.kind == SILENT:
        return f"{name}: no frame since {start} (source silent)"
    if outage.ended_at is None:
        return f"{name}: not judged since {start}, {several(outage.frames, 'frame')} ({_reason(outage)})"
    end = clock(outage.ended_at, zone, today=now)
    if outage.kind == SILENT:
        return f"{name}: frames come again since {end}. There were none from {start} on."
    frames = several(outage.frames, "frame")
    return f"{name}: judged again since {end}. Not judged from {start} on, {frames} ({_reason(outage)})."


def _reason(outage: Outage) -> str:
    return REASONS.get(Fault(outage.kind), "") if outage.kind in set(Fault) else safe(outage.kind)
