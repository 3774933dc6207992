"""What is said where nobody has acted on an incident."""

import re
from collections.abc import Iterable
from datetime import datetime

from agent.messages.figures import against_threshold, clock, span
from agent.messages.incident_message import IncidentView
from agent.messages.mentions import with_mention
from agent.messages.message import Message, message, section
from agent.messages.region_words import describe_regions
from agent.messages.safe_text import safe

CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{5,}")


def escalation_message(
    view: IncidentView, mention: Iterable[str], *, waits_since: datetime | None, is_reply: bool
) -> Message:
    """Return the escalation: who is called, what it is about, and since when nobody has acted; None: it is worse."""
    incident, cover = view.incident, view.cover
    count = "an anomaly" if incident.anomalies == 1 else f"{incident.anomalies} alike"
    odd = against_threshold(cover.score, cover.threshold)
    where = describe_regions(cover.regions, width=cover.width, height=cover.height)
    last = f"last {clock(incident.last_at, view.zone, today=view.now)} ({view.zone})"
    about = "; ".join(part for part in (count, odd, where, last) if part)
    told = f"*{incident.shown_id} {_why(view, waits_since)}.*"
    place = f" Its message is in <#{incident.channel}>." if not is_reply and _is_channel(incident.channel) else ""
    shown = f"{told}\n{safe(incident.source)}: {about} ({cover.shown_id}).{place}"
    return with_mention(message(shown.replace("*", ""), [section(shown)]), mention)


def _why(view: IncidentView, waits_since: datetime | None) -> str:
    if waits_since is None:
        return "has become worse"
    minutes = max(1, round((view.now - waits_since).total_seconds() / 60))
    return f"is open and nobody has acted on it for {span(minutes)}"


def _is_channel(channel: str | None) -> bool:
    return channel is not None and CHANNEL_ID.fullmatch(channel) is not None
