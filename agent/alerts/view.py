"""What an incident's message and a digest have to say, read from the database as it is now."""

from datetime import datetime

from agent.alerts.shown import kind_of
from agent.messages.incident_message import IncidentView, ShownPicture, picture_words
from agent.messages.notices import DigestView
from config.settings import Settings
from storage.database import Session
from storage.queries.inspections import get_inspection
from storage.records import Delivery, Inspection, Silence
from storage.repositories.incidents import incident_by_id
from storage.repositories.labels import UnknownInspectionError
from storage.repositories.sending import last_labels, last_picture
from storage.repositories.silences import active_silences
from storage.repositories.sources import source_by_id
from storage.repositories.versions import list_versions

LABELS_SHOWN = 3


def incident_view(session: Session, settings: Settings, incident_id: int, *, now: datetime) -> IncidentView:
    """Return an incident as it stands; raise UnknownIncidentError or UnknownInspectionError."""
    incident = incident_by_id(session, incident_id)
    cover = inspection(session, incident.cover_inspection_id or 0)
    return IncidentView(
        incident=incident,
        cover=cover,
        good_ones=_good_ones(session, cover),
        zone=settings.zone_of(incident.source),
        silence_minutes=settings.alerts.silence_minutes,
        now=now,
        labels=tuple(last_labels(session, incident_id, limit=LABELS_SHOWN)),
        silence=_silence_of(session, incident.source, now),
        picture=_shown_picture(session, settings, last_picture(session, incident_id)),
    )


def digest_view(session: Session, settings: Settings, delivery: Delivery, *, now: datetime) -> DigestView:
    """Return what a digest says; inspections forgotten since then are left out."""
    source = source_by_id(session, int(delivery.payload["source_id"]))
    found = [get_inspection(session, int(one)) for one in delivery.payload["inspections"]]
    since = delivery.payload.get("since")
    return DigestView(
        source_id=source.id,
        source=source.name,
        oddest=tuple(one for one in found if one is not None)[: settings.alerts.digest_frames],
        frames=int(delivery.payload.get("frames", 0)),
        since=datetime.fromisoformat(since) if since else None,
        zone=settings.zone_of(source.name),
        now=now,
    )


def inspection(session: Session, inspection_id: int) -> Inspection:
    """Return one inspection; raise UnknownInspectionError."""
    found = get_inspection(session, inspection_id)
    if found is None:
        raise UnknownInspectionError(inspection_id)
    return found


def _good_ones(session: Session, cover: Inspection) -> int:
    versions = list_versions(session, source_by_id(session, cover.source_id))
    return next((version.training_images for version in versions if version.name == cover.detector), 0)


def _silence_of(session: Session, source: str, now: datetime) -> Silence | None:
    silences = [one for one in active_silences(session, now=now) if one.source in {None, source}]
    whole = [one for one in silences if one.defect_class is None]
    return max(whole, key=lambda one: one.until, default=None)


def _shown_picture(session: Session, settings: Settings, delivery: Delivery | None) -> ShownPicture | None:
    if delivery is None or not delivery.payload.get("is_usable") or delivery.inspection_id is None:
        return None
    shown = inspection(session, delivery.inspection_id)
    return ShownPicture(
        delivery.payload["file"], title=shown.shown_id, alt_text=picture_words(shown, kind_of(settings, shown))
    )
