"""One message for many incidents: what was missed while Slack was away, and what quiet hours kept back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.messages.figures import against_threshold, clock
from agent.messages.incident_buttons import DEFECT, FALSE_ALARM
from agent.messages.message import Block, Message, actions, button, context, message, section
from agent.messages.region_words import describe_regions
from agent.messages.safe_text import safe
from config.counting import several
from storage.records import Incident, Inspection

CLOSED_SHOWN = 10
OPEN_SHOWN = 8


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that is still open, its worst anomaly, and the zone of its source."""

    incident: Incident
    cover: Inspection
    zone: str


@dataclass(frozen=True, slots=True)
class SummaryView:
    """A span of time in which nothing was posted, and what came in it; waiting: incidents whose message follows.

    since: None where nothing was away, and something is told late all the same.
    """

    since: datetime | None
    until: datetime
    zone: str
    closed: tuple[Incident, ...]
    open: tuple[OpenIncident, ...] = ()
    waiting: int = 0


def catch_up_message(view: SummaryView) -> Message:
    """Return the line that says what opened and closed while Slack was away, and what follows."""
    when = "Told late" if view.since is None else f"While Slack was away {_span(view.since, view)}"
    told = f"{when}: {_came_and_went(view.closed)}."
    if view.waiting:
        follows = "is still open and follows" if view.waiting == 1 else "are still open and follow"
        told += f" {view.waiting} {follows}."
    return message(told, [section(told), *_closed_ones(view)])


def quiet_message(view: SummaryView) -> Message:
    """Return the summary after quiet hours: every incident still open with its buttons, and what came and went."""
    still = f"{several(len(view.open), 'incident')} still open" if view.open else "no incident still open"
    hours = f"Quiet hours {_span(view.since, view)}" if view.since else "Quiet hours"
    told = f"{hours} are over: {still}; {_came_and_went(view.closed)}."
    blocks = [section(f"*{told}*")]
    for one in view.open[:OPEN_SHOWN]:
        blocks += _open_one(one, view.until)
    ids = [one.incident.shown_id for one in view.open]
    if len(ids) > OPEN_SHOWN:
        blocks.append(context([f"Also open: {', '.join(ids[OPEN_SHOWN:][:50])}"]))
    return message(f"{told} {_listed(ids)}".rstrip(), [*blocks, *_closed_ones(view)])


def _open_one(one: OpenIncident, today: datetime) -> list[Block]:
    incident, cover = one.incident, one.cover
    count = "an anomaly" if incident.anomalies == 1 else f"{incident.anomalies} alike"
    where = describe_regions(cover.regions, width=cover.width, height=cover.height)
    last = f"last {clock(incident.last_at, one.zone, today=today)}"
    odd = against_threshold(cover.score, cover.threshold)
    words = "; ".join(part for part in (count, last, odd, where, safe(cover.name)) if part)
    value = str(cover.id)
    buttons = [
        button("Defect", action_id=DEFECT, value=value),
        button("False alarm", action_id=FALSE_ALARM, value=value),
    ]
    return [section(f"*{incident.shown_id} {safe(incident.source)}*  {words} ({cover.shown_id})"), actions(buttons)]


def _came_and_went(closed: Sequence[Incident]) -> str:
    if not closed:
        return "none opened and closed meanwhile"
    anomalies = sum(one.anomalies for one in closed)
    return f"{several(len(closed), 'incident')} opened and resolved, {_anomalies(anomalies)}"


def _closed_ones(view: SummaryView) -> list[Block]:
    if not view.closed:
        return []
    shown = [f"{one.shown_id} {safe(one.source)} ({_anomalies(one.anomalies)})" for one in view.closed[:CLOSED_SHOWN]]
    more = len(view.closed) - CLOSED_SHOWN
    return [context([f"Came and went: {', '.join(shown)}{f' and {more} more' if more > 0 else ''}"])]


def _listed(ids: Sequence[str]) -> str:
    return f"Open: {', '.join(ids[:50])}." if ids else ""


def _anomalies(count: int) -> str:
    return "1 anomaly" if count == 1 else f"{count} anomalies"


def _span(since: datetime, view: SummaryView) -> str:
    """Write the span in its zone: clock times, with the date of a start on another day."""
    place = ZoneInfo(view.zone)
    start, end = since.astimezone(place), view.until.astimezone(place)
    form = "%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M"
    return f"{start.strftime(form)} to {end.strftime('%H:%M')} ({view.zone})"
