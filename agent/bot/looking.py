"""Buttons that only look: what is similar, and why it is odd; the answer goes into the incident's thread."""

from typing import Any

from agent.alerts.likeness import cosine_of_worst
from agent.alerts.routing import channel_of_incident
from agent.bot.acts import Act, Done, inspection_of
from agent.errors import AgentError
from config.settings import Settings
from storage.database import Database, Session
from storage.queries.likeness import likeness_by_id, newest_likenesses
from storage.records import DeliveryKind, Inspection, NewDelivery
from storage.repositories.deliveries import add_delivery
from storage.repositories.incidents import incident_by_id

EXPLAIN, SIMILAR = "explain", "similar"
LOOKED_THROUGH = 2000
MOST_SIMILAR = 5


class NoThreadError(AgentError):
    """An anomaly has no message, so there is no thread to answer in."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__(f"{inspection.shown_id} has no message here.")


def similar_to(session: Session, inspection: Inspection) -> list[tuple[int, float]]:
    """Return the anomalies of the same source most like one, each with its cosine, the most like first."""
    found = likeness_by_id(session, inspection.id)
    others = newest_likenesses(session, source_id=inspection.source_id, limit=LOOKED_THROUGH)
    pairs = [(one.inspection_id, cosine_of_worst(found, one)) for one in others if found and one != found]
    known = [pair for pair in pairs if pair[1] > -1.0]
    return sorted(known, key=lambda pair: pair[1], reverse=True)[:MOST_SIMILAR]


def show_similar(database: Database, settings: Settings, act: Act) -> Done:
    """Show the anomalies most like this one; raise BadValueError, UnknownInspectionError or NoThreadError."""
    with database.transaction() as session:
        inspection = inspection_of(session, act)
        pairs = similar_to(session, inspection)
        payload = {
            "inspections": [one for one, _ in pairs],
            "cosines": [round(cosine, 3) for _, cosine in pairs],
            "pictures": {"crops": True, "title": f"Similar to {inspection.shown_id}"},
        }
        _reply(session, settings, inspection, act, SIMILAR, payload)
    return Done(f"What is similar to {inspection.shown_id} stands in its thread.", is_shown=True)


def explain(database: Database, settings: Settings, act: Act) -> Done:
    """Say why an anomaly was told; raise BadValueError, UnknownInspectionError or NoThreadError."""
    with database.transaction() as session:
        inspection = inspection_of(session, act)
        _reply(session, settings, inspection, act, EXPLAIN, {})
    return Done(f"Why {inspection.shown_id} was told stands in its thread.", is_shown=True)


def _reply(
    session: Session, settings: Settings, inspection: Inspection, act: Act, notice: str, payload: dict[str, Any]
) -> None:
    incident = incident_by_id(session, inspection.incident_id) if inspection.incident_id is not None else None
    if incident is None or incident.channel is None or incident.message_ts is None:
        raise NoThreadError(inspection)
    thread = [incident.channel, incident.message_ts]
    known = {"notice": notice, "inspection": inspection.id, "thread": thread, "asked_by": act.author}
    channel = channel_of_incident(session, settings, incident)
    add_delivery(session, NewDelivery(DeliveryKind.NOTICE, channel, act.now, payload=known | payload), now=act.now)
