"""Messages that are no incident: the digest of a commissioning source, a drift of its scores, and a job's result."""

from dataclasses import dataclass
from datetime import datetime

from agent.messages.figures import against_threshold, clock
from agent.messages.incident_buttons import DEFECT, FALSE_ALARM
from agent.messages.message import Block, Message, actions, button, context, message, section
from agent.messages.region_words import describe_regions
from agent.messages.safe_text import safe
from config.counting import several
from storage.records import Inspection

GO_LIVE = "go_live"
NOTICE_TEXT = 2000


@dataclass(frozen=True, slots=True)
class DigestView:
    """What a commissioning source's digest says."""

    source_id: int
    source: str
    oddest: tuple[Inspection, ...]
    frames: int
    since: datetime | None
    zone: str
    now: datetime
    outlook: str = ""


def digest_message(view: DigestView) -> Message:
    """Return the digest: the oddest frames, two buttons each, and `Go live`."""
    name = safe(view.source)
    since = f" since {clock(view.since, view.zone, today=view.now)} ({view.zone})" if view.since else ""
    told = f"{name} is in commissioning: {several(view.frames, 'frame')} scored{since}, nothing was alerted."
    blocks = [section(f"*{told}*\nThese are its oddest frames. Are they good ones?")]
    for inspection in view.oddest:
        blocks += _frame(inspection, view)
    if view.outlook:
        blocks.append(context([safe(view.outlook, most=NOTICE_TEXT)]))
    blocks.append(context([f"Going live means that {name}'s anomalies are told here from then on."]))
    blocks.append(actions([button("Go live", action_id=GO_LIVE, value=str(view.source_id), style="primary")]))
    ids = ", ".join(inspection.shown_id for inspection in view.oddest)
    return message(f"{told} Oddest: {ids or 'none'}.", blocks)


def job_message(text: str) -> Message:
    """Return a job's result."""
    shown = safe(text, most=NOTICE_TEXT)
    return message(shown, [section(shown)])


def drift_message(detector: str, text: str, note: str) -> Message:
    """Return what a drift check found, and a note on how sure it is."""
    name, found = safe(detector), safe(text, most=NOTICE_TEXT)
    blocks = [section(f"*{name} has drifted.*\n{found}"), context([safe(note, most=NOTICE_TEXT)])]
    return message(f"{name} has drifted. {found}", blocks)


def _frame(inspection: Inspection, view: DigestView) -> list[Block]:
    odd = against_threshold(inspection.score, inspection.threshold)
    where = describe_regions(inspection.regions, width=inspection.width, height=inspection.height)
    when = clock(inspection.captured_at, view.zone, today=view.now)
    words = "; ".join(part for part in (odd, where, when, safe(inspection.name)) if part)
    value = str(inspection.id)
    buttons = [
        button("Defect", action_id=DEFECT, value=value),
        button("False alarm", action_id=FALSE_ALARM, value=value),
    ]
    return [section(f"*{inspection.shown_id}*  {words}"), actions(buttons)]
