"""The heatmap: uploaded into the thread, then shown in the message; the text alert never waits for it."""

from datetime import datetime

from agent.alerts.contact_sheet import MOST_TILES
from agent.alerts.look_notices import is_look_picture, send_look_picture
from agent.alerts.outgoing import NotYetError, Outgoing, place_of, render_incident
from agent.alerts.report_file import is_report_file, send_report_file
from agent.alerts.repost import post_again
from agent.alerts.search import search
from agent.alerts.sheet import is_sheet, send_sheet, sheet_file
from agent.alerts.shown import kind_of, may_show, picture_of
from agent.alerts.view import SHEET_OF, inspection
from agent.messages.incident_message import picture_words, sheet_title, sheet_words
from agent.notifiers.port import BadContentError, MessageGoneError, NotifyError, Place, Upload
from config.settings import Settings
from storage.database import Session
from storage.queries.anomalies import anomalies_of_incident
from storage.records import Delivery, DeliveryKind, DeliveryState, Incident, NewDelivery
from storage.repositories.deliveries import add_delivery, mark_sent
from storage.repositories.incidents import incident_by_id
from storage.repositories.sending import doubtful_since, keep_in_payload, last_picture

CLEARLY_WORSE = 1.25
LOOK_SECONDS = 0.5
MOST_LOOKS = 300
# So many alike get a contact sheet, and so many a fuller one.
SHEET_FROM = (3, 9)
NOT_SHOWN = (DeliveryState.PENDING, DeliveryState.SENDING)


def send_picture(out: Outgoing, delivery: Delivery) -> None:
    """Upload a heatmap, and show it once it is usable; raise NotYetError until then, else NotifyError."""
    if is_sheet(delivery):
        send_sheet(out, delivery)
        return
    if is_report_file(delivery):
        send_report_file(out, delivery)
        return
    if is_look_picture(delivery):
        send_look_picture(out, delivery)
        return
    place = place_of(out, delivery)
    try:
        delivery = _uploaded(out, place, delivery)
        if not out.notifier.is_usable(place, delivery.payload["file"]):
            _look_later(out, delivery)
        delivery = _keep(out, delivery, is_usable=True)
        _show(out, place, delivery)
    except MessageGoneError:
        post_again(out, delivery)
        return
    with out.database.transaction() as session:
        mark_sent(session, delivery, message_ts=place.ts, now=out.clock())


def add_picture(session: Session, settings: Settings, incident: Incident, channel: str, *, now: datetime) -> None:
    """Let an incident's message get the picture of its worst anomaly, or a contact sheet once there are several."""
    cover = inspection(session, incident.cover_inspection_id or 0)
    if not may_show(settings, cover) or not _is_wanted(session, incident, cover.score):
        return
    payload = {SHEET_OF: _sheet_of(session, incident)} if incident.anomalies >= SHEET_FROM[0] else {}
    wanted = NewDelivery(
        DeliveryKind.PICTURE, channel, now, incident_id=incident.id, inspection_id=cover.id, payload=payload
    )
    add_delivery(session, wanted, now=now)


def _is_wanted(session: Session, incident: Incident, score: float) -> bool:
    """Say whether the message has no picture on its way, or one of a frame much less odd than the worst."""
    last = last_picture(session, incident.id)
    if last is None or last.inspection_id is None:
        return True
    if last.state in NOT_SHOWN:
        return False
    if last.state is DeliveryState.SENT and (last.message_ts != incident.message_ts or "file" not in last.payload):
        return True  # it stands elsewhere, or its file was taken away because an image on it was forgotten
    if any(len(last.payload.get(SHEET_OF, ())) < size <= incident.anomalies for size in SHEET_FROM):
        return True
    return score > inspection(session, last.inspection_id).score * CLEARLY_WORSE


def _sheet_of(session: Session, incident: Incident) -> list[int]:
    worst = anomalies_of_incident(session, incident_id=incident.id, limit=MOST_TILES)
    return [one.id for one in worst if one.crops or one.heatmap]


def _uploaded(out: Outgoing, place: Place, delivery: Delivery) -> Delivery:
    if "file" in delivery.payload:
        return delivery
    upload = _upload_of(out, delivery)
    found = None
    if doubtful_since(delivery) is not None:
        found = search(delivery.channel, lambda: out.notifier.find_upload(place, upload.name))
    file = found.file if found is not None and found.file is not None else out.notifier.upload(place, upload)
    return _keep(out, delivery, file=file, blob=upload.path.name)


def _show(out: Outgoing, place: Place, delivery: Delivery) -> None:
    try:
        out.notifier.edit(place, render_incident(out, delivery))
    except BadContentError as error:
        _keep(out, delivery, is_usable=False)
        raise NotifyError(delivery.channel, error.reason) from error


def _upload_of(out: Outgoing, delivery: Delivery) -> Upload:
    if delivery.payload.get(SHEET_OF):
        return _sheet(out, delivery)
    with out.database.reading() as session:
        shown = inspection(session, delivery.inspection_id or 0)
    content = picture_of(out.settings, out.blobs, shown)
    if content is None:
        raise NotifyError(delivery.channel, f"the picture of {shown.shown_id} is gone", permanent=True)
    name = f"{shown.shown_id}-{delivery.key[:8]}.png"
    words = picture_words(shown, kind_of(out.settings, shown))
    return Upload(out.blobs.path(out.blobs.put(content)), name, title=shown.shown_id, alt_text=words)


def _sheet(out: Outgoing, delivery: Delivery) -> Upload:
    """Paste what is odd in each of the worst into one picture."""
    with out.database.reading() as session:
        incident = incident_by_id(session, delivery.incident_id or 0)
        frames = [inspection(session, one) for one in delivery.payload[SHEET_OF]]
    sheet = sheet_file(out, frames, crops=True)
    if sheet is None:
        raise NotifyError(delivery.channel, f"the pictures of {incident.shown_id} are gone", permanent=True)
    ids = [frame.shown_id for frame in frames]
    name = f"{incident.shown_id}-{delivery.key[:8]}.png"
    return Upload(sheet, name, title=sheet_title(incident), alt_text=sheet_words(incident, ids))


def _look_later(out: Outgoing, delivery: Delivery) -> None:
    looks = int(delivery.payload.get("looks", 0)) + 1
    if looks > MOST_LOOKS:
        raise NotifyError(delivery.channel, "the picture never became usable", permanent=True)
    _keep(out, delivery, looks=looks)
    raise NotYetError(delivery.channel, "the picture is not usable yet", seconds=LOOK_SECONDS)


def _keep(out: Outgoing, delivery: Delivery, **values: object) -> Delivery:
    with out.database.transaction() as session:
        return keep_in_payload(session, delivery, **values)
