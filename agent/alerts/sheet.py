"""The pictures of a digest: one contact sheet of its oddest frames, put into its thread."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.alerts.contact_sheet import contact_sheet
from agent.alerts.outgoing import Outgoing
from agent.alerts.shown import crop_of, kind_of, may_show, picture_of
from agent.alerts.uploading import upload_once
from agent.alerts.view import inspection
from agent.messages.safe_text import clean
from agent.notifiers.port import NotifyError, Place, Upload
from config.settings import Settings
from storage.database import Session
from storage.queries.inspections import get_inspection
from storage.records import Delivery, DeliveryKind, Inspection, NewDelivery
from storage.repositories.deliveries import add_delivery


def add_sheet(session: Session, settings: Settings, notice: Delivery, place: Place, *, now: datetime) -> None:
    """Let a digest that was sent get its pictures, where any of its frames has one that may be shown."""
    frames = [get_inspection(session, int(one)) for one in notice.payload.get("inspections", [])]
    shown = [frame.id for frame in frames if frame is not None and may_show(settings, frame)]
    if shown:
        payload = {"sheet": shown, "place": [place.channel, place.ts]}
        payload |= {"title": "The frames"} if "job" in notice.payload else {}
        payload |= notice.payload.get("pictures", {})
        add_delivery(session, NewDelivery(DeliveryKind.PICTURE, notice.channel, now, payload=payload), now=now)


def is_sheet(delivery: Delivery) -> bool:
    """Say whether a picture is a digest's sheet, not an incident's heatmap."""
    return "sheet" in delivery.payload


def send_sheet(out: Outgoing, delivery: Delivery) -> None:
    """Upload the sheet into the digest's thread; raise NotifyError."""
    upload_once(out, delivery, _upload_of(out, delivery))


def _upload_of(out: Outgoing, delivery: Delivery) -> Upload:
    with out.database.reading() as session:
        frames = [inspection(session, one) for one in delivery.payload["sheet"]]
    sheet = sheet_file(out, frames, crops=bool(delivery.payload.get("crops")))
    if sheet is None:
        raise NotifyError(delivery.channel, "the pictures are gone", permanent=True)
    ids = ", ".join(frame.shown_id for frame in frames)
    kind = kind_of(out.settings, frames[0]) if all(frame.heatmap for frame in frames) else "Picture"
    words = clean(f"{kind}s of {ids} from {frames[0].source}", most=500)
    title = str(delivery.payload.get("title", "Oddest frames"))
    return Upload(sheet, f"frames-{delivery.key[:8]}.png", title=title, alt_text=words)


def sheet_file(out: Outgoing, frames: Sequence[Inspection], *, crops: bool) -> Path | None:
    """Paste what Slack may see of the frames, or what is odd in them, into one PNG; None where nothing is there."""
    read = crop_of if crops else picture_of
    shown = [(frame.shown_id, content) for frame in frames if (content := read(out.settings, out.blobs, frame))]
    sheet = contact_sheet(shown)
    return None if sheet is None else out.blobs.path(out.blobs.put(sheet))
