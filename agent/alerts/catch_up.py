"""After an outage only the present is told: what opened and closed meanwhile stands in one line a channel."""

from datetime import datetime, timedelta

import structlog

from agent.alerts.view import inspection
from agent.messages.message import Message
from agent.messages.summaries import OpenIncident, SummaryView, catch_up_message, quiet_message
from config.settings import Settings
from storage.database import Database, Session
from storage.records import OPEN_STATES, Delivery, DeliveryKind, Incident
from storage.repositories.folding import (
    bring_forward,
    count_waiting_posts,
    fold_closed,
    folded_incidents,
    gather,
    note_in,
)
from storage.repositories.pace import down_since

logger = structlog.get_logger()
CATCH_UP, QUIET = "catch_up", "quiet"
LONG = timedelta(minutes=5)
PATIENCE = timedelta(minutes=10)


def fold_what_is_over(database: Database, *, now: datetime) -> int:
    """Put what opened and closed while nothing could be posted into its channel's catch-up and return how much."""
    with database.transaction() as session:
        folded = fold_closed(session, CATCH_UP, wanted_before=now - LONG, now=now)
    if folded:
        logger.info("incidents_folded", count=folded)
    return folded


def come_back(session: Session, delivery: Delivery, *, since: datetime, now: datetime) -> None:
    """Let everything that waited for a channel go out, with a line on what was missed where it was away for long."""
    bring_forward(session, delivery.channel, now=now)
    is_told = delivery.payload.get("notice") == CATCH_UP
    if now - since < LONG or is_told or delivery.kind is DeliveryKind.WEBHOOK:
        return
    notice = gather(session, delivery.channel, CATCH_UP, wanted_at=None, now=now)
    note_in(session, notice, since=since.isoformat(), until=now.isoformat())


def is_too_early(session: Session, delivery: Delivery, *, now: datetime) -> bool:
    """Say whether a catch-up has to wait for posts: what is open is told first, and some may still be folded into it.

    Posts that never end hold it up for ten minutes and no longer.
    """
    until = _moment(delivery, "until")
    is_patient = until is None or now < until + PATIENCE
    is_catch_up = delivery.payload.get("notice") == CATCH_UP
    return is_catch_up and is_patient and count_waiting_posts(session, delivery.channel, now=now) > 0


def render_catch_up(session: Session, settings: Settings, delivery: Delivery, now: datetime) -> Message:
    """Return what a catch-up says."""
    incidents = folded_incidents(session, delivery.id)
    since = _moment(delivery, "since") or down_since(session, delivery.channel)
    view = SummaryView(
        since=since,
        until=_moment(delivery, "until") or now,
        zone=_zone(settings, incidents),
        closed=tuple(one for one in incidents if one.state not in OPEN_STATES),
        waiting=count_waiting_posts(session, delivery.channel, now=now),
    )
    return catch_up_message(view)


def render_quiet(session: Session, settings: Settings, delivery: Delivery, now: datetime) -> Message:
    """Return the summary of quiet hours as its incidents stand now."""
    incidents = folded_incidents(session, delivery.id)
    still = [one for one in incidents if one.state in OPEN_STATES]
    view = SummaryView(
        since=_moment(delivery, "since"),
        until=_moment(delivery, "until") or now,
        zone=_zone(settings, incidents),
        closed=tuple(one for one in incidents if one.state not in OPEN_STATES),
        open=tuple(
            OpenIncident(one, inspection(session, one.cover_inspection_id or 0), settings.zone_of(one.source))
            for one in still
        ),
    )
    return quiet_message(view)


def _zone(settings: Settings, incidents: list[Incident]) -> str:
    """Return the zone of the one source there is, else the global one."""
    sources = {one.source for one in incidents}
    return settings.zone_of(sources.pop() if len(sources) == 1 else None)


def _moment(delivery: Delivery, name: str) -> datetime | None:
    said = delivery.payload.get(name)
    return datetime.fromisoformat(said) if said else None
