"""What an incident's message and a digest have to say, read from the database as it is now."""

from datetime import datetime, timedelta

from agent.alerts.likeness import cosine_of_worst
from agent.alerts.recalling import widest
from agent.alerts.shown import kind_of
from agent.messages.incident_message import (
    IncidentView,
    Seen,
    ShownPicture,
    picture_words,
    sheet_title,
    sheet_words,
)
from agent.messages.looking_messages import Explained
from agent.messages.notices import DigestView
from config.settings import Settings
from storage.database import Session
from storage.queries.budget import budget_outlook
from storage.queries.inspections import get_inspection
from storage.queries.likeness import likeness_by_id
from storage.records import DEFECTS, Delivery, DetectorVersion, Incident, Inspection, Silence
from storage.repositories.audit import is_undone, last_act
from storage.repositories.incidents import incident_by_id
from storage.repositories.labels import UnknownInspectionError, last_label
from storage.repositories.memory import HeldBack, held_back, labelled_false_alarms, remembered
from storage.repositories.sending import last_labels, last_picture
from storage.repositories.silences import active_silences, is_whole
from storage.repositories.sources import source_by_id
from storage.repositories.undoing import is_undoable
from storage.repositories.versions import active_version, list_versions

LABELS_SHOWN = 3
LIKE_SHOWN = 3
ACKNOWLEDGED = "incident_acknowledged"
# Of a picture: the inspections on a contact sheet, where it is one.
SHEET_OF = "sheet_of"


def incident_view(session: Session, settings: Settings, incident_id: int, *, now: datetime) -> IncidentView:
    """Return an incident as it stands; raise UnknownIncidentError or UnknownInspectionError."""
    incident = incident_by_id(session, incident_id)
    cover = inspection(session, incident.cover_inspection_id or 0)
    held = _held(session, incident_id)
    act = last_act(session, incident_id)
    return IncidentView(
        incident=incident,
        cover=cover,
        good_ones=_good_ones(session, cover),
        zone=settings.zone_of(incident.source),
        silence_minutes=settings.alerts.silence_minutes,
        now=now,
        labels=tuple(last_labels(session, incident_id, limit=LABELS_SHOWN)),
        silence=_silence_of(session, incident.source, now),
        picture=_shown_picture(session, settings, incident, last_picture(session, incident_id)),
        seen=_seen(session, incident),
        held=held.count,
        held_at=held.last_at,
        acknowledged=last_act(session, incident_id, action=ACKNOWLEDGED),
        undoable=act if act is not None and is_undoable(act) and not is_undone(session, act.id) else None,
    )


def digest_view(session: Session, settings: Settings, delivery: Delivery, *, now: datetime) -> DigestView:
    """Return what a digest says; inspections forgotten since then are left out."""
    source = source_by_id(session, int(delivery.payload["source_id"]))
    found = [get_inspection(session, int(one)) for one in delivery.payload["inspections"]]
    since = delivery.payload.get("since")
    version = active_version(session, source)
    budget = settings.alerts.budget
    outlook = budget_outlook(session, version, budget=budget, now=now).sentence if version and version.bundle else ""
    return DigestView(
        source_id=source.id,
        source=source.name,
        oddest=tuple(one for one in found if one is not None)[: settings.alerts.digest_frames],
        frames=int(delivery.payload.get("frames", 0)),
        since=datetime.fromisoformat(since) if since else None,
        zone=settings.zone_of(source.name),
        now=now,
        outlook=outlook,
    )


def explained_view(session: Session, settings: Settings, inspection_id: int, *, now: datetime) -> Explained:
    """Return why an anomaly was told, with the labelled ones most like it; raise UnknownInspectionError."""
    told = inspection(session, inspection_id)
    found = likeness_by_id(session, inspection_id)
    words = remembered(session, told.source_id, false_alarms_since=now - timedelta(days=settings.alerts.remember_days))
    like = [(one.likeness.inspection_id, cosine_of_worst(found, one.likeness)) for one in words if found]
    best = sorted((pair for pair in like if pair[0] != told.id), key=lambda pair: pair[1], reverse=True)[:LIKE_SHOWN]
    return Explained(
        inspection=told,
        version=_version_of(session, told),
        similar=tuple((inspection(session, one), cosine) for one, cosine in best if cosine > -1.0),
        zone=settings.zone_of(told.source),
        now=now,
    )


def inspection(session: Session, inspection_id: int) -> Inspection:
    """Return one inspection; raise UnknownInspectionError."""
    found = get_inspection(session, inspection_id)
    if found is None:
        raise UnknownInspectionError(inspection_id)
    return found


def _good_ones(session: Session, cover: Inspection) -> int:
    version = _version_of(session, cover)
    return version.training_images if version else 0


def _version_of(session: Session, inspected: Inspection) -> DetectorVersion | None:
    versions = list_versions(session, source_by_id(session, inspected.source_id))
    return next((version for version in versions if version.name == inspected.detector), None)


def _silence_of(session: Session, source: str, now: datetime) -> Silence | None:
    silences = [one for one in active_silences(session, now=now) if one.source in {None, source}]
    return widest(one for one in silences if is_whole(one))


def _held(session: Session, incident_id: int) -> HeldBack:
    """Return what the false alarms of an incident have held back together."""
    each = held_back(session, labelled_false_alarms(session, incident_id)).values()
    return HeldBack(sum(one.count for one in each), max((one.last_at for one in each if one.last_at), default=None))


def _seen(session: Session, incident: Incident) -> Seen | None:
    if incident.seen_before is None:
        return None
    before = get_inspection(session, incident.seen_before)
    word = last_label(session, incident.seen_before)
    return None if before is None or word is None or word.kind not in DEFECTS else Seen(before, word)


def _shown_picture(
    session: Session, settings: Settings, incident: Incident, delivery: Delivery | None
) -> ShownPicture | None:
    if delivery is None or not delivery.payload.get("is_usable") or delivery.inspection_id is None:
        return None
    if delivery.payload.get(SHEET_OF):
        ids = [f"A-{one}" for one in delivery.payload[SHEET_OF]]
        return ShownPicture(delivery.payload["file"], title=sheet_title(incident), alt_text=sheet_words(incident, ids))
    shown = inspection(session, delivery.inspection_id)
    return ShownPicture(
        delivery.payload["file"], title=shown.shown_id, alt_text=picture_words(shown, kind_of(settings, shown))
    )
