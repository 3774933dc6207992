"""A proposed threshold: what it would have done, and the buttons to apply it and to roll it back."""

from dataclasses import dataclass
from datetime import datetime

from agent.messages.figures import clock
from agent.messages.message import Block, Message, actions, button, context, message, section
from agent.messages.safe_text import safe, who
from storage.records import Switch, VersionProposal, ViewProposal

APPLY, ROLL_BACK = "apply_version", "roll_back_version"
WHY = {
    "labels": "New labels speak for another threshold.",
    "commissioning": "It has seen enough for its budget to be promised; look at the oddest before it goes live.",
    "budget": "It had more false incidents in a week than its budget allows.",
}
LEARNT = "No threshold tells its labelled false alarms from its defects, so it has learnt the false alarms as good."
MOVED = "Its camera moved, and somebody wants it to stay so."
LONGEST = 1000
DONE = {"version_applied": "Applied", "version_rolled_back": "Rolled back"}


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as it stands: the version that judges now, and the switches people made."""

    job: int
    proposal: VersionProposal | ViewProposal
    active_id: int | None
    switches: tuple[Switch, ...]
    zone: str
    now: datetime


def proposal_message(view: ProposalView) -> Message:
    """Return the comparison and what may be done now."""
    proposal = view.proposal
    head = safe(proposal.sentence, most=LONGEST)
    reason = _reason(proposal)
    why = f"{safe(proposal.source)}: {reason} " if reason else ""
    notes = [safe(note, most=LONGEST) for note in proposal.notes]
    blocks = [section(f"{why}*{head}*"), context(["\n".join(notes)])]
    lines = [_line(switch, view) for switch in view.switches]
    if lines:
        blocks.append(context(lines[-5:]))
    return message(" ".join([f"{why}{head}", *notes, *lines]), blocks + _buttons(view))


def _reason(proposal: VersionProposal | ViewProposal) -> str | None:
    if isinstance(proposal, ViewProposal):
        return MOVED
    return LEARNT if proposal.learnt else WHY.get(proposal.why)


def _line(switch: Switch, view: ProposalView) -> str:
    at = clock(switch.at, view.zone, today=view.now)
    return f"{DONE[switch.action]} by {who(switch.actor)} {at}: {safe(switch.version)} instead of {safe(switch.was)}"


def _buttons(view: ProposalView) -> list[Block]:
    value, proposal = str(view.job), view.proposal
    if view.active_id == proposal.version_id:
        return [actions([button("Roll back", action_id=ROLL_BACK, value=value)])]
    if view.active_id == proposal.was_id:
        return [actions([button("Apply", action_id=APPLY, value=value, style="primary")])]
    return [context([f"{safe(proposal.source)} is judged by another version by now: this proposal is out of date."])]
