"""What is said in the thread of an image somebody asked about: the verdict and its picture, or why there is none."""

from datetime import datetime

from agent.alerts.outgoing import Outgoing
from agent.alerts.uploading import upload_once
from agent.messages.look_message import look_verdict
from agent.messages.safe_text import clean
from agent.notifiers.port import NotifyError, Place, Upload
from config.settings import Settings
from storage.database import Session
from storage.records import Delivery, DeliveryKind, JobKind, Look, NewDelivery
from storage.repositories.deliveries import add_delivery
from storage.repositories.looks import look_by_id

LOOK_PICTURE = "look_picture"


def add_look_picture(session: Session, settings: Settings, notice: Delivery, thread: Place, *, now: datetime) -> None:
    """Let a verdict that was sent get its picture, where the settings let Slack see one."""
    if notice.payload.get("kind") != JobKind.LOOK:
        return
    look = look_by_id(session, int(notice.payload["job"]))
    if picture_of_look(settings, look) is not None:
        payload = {LOOK_PICTURE: look.id, "place": [thread.channel, thread.ts]}
        add_delivery(session, NewDelivery(DeliveryKind.PICTURE, notice.channel, now, payload=payload), now=now)


def picture_of_look(settings: Settings, look: Look) -> str | None:
    """Return the sha256 of the picture Slack may see; None where it may see none, or there is none."""
    wanted = settings.images_of(look.source)
    if look.result is None or wanted == "none":
        return None
    return look.result.crop if wanted == "crop" else look.result.picture


def is_look_picture(delivery: Delivery) -> bool:
    """Say whether a picture is of an image that was asked about."""
    return LOOK_PICTURE in delivery.payload


def send_look_picture(out: Outgoing, delivery: Delivery) -> None:
    """Upload the picture into the thread; raise NotifyError."""
    upload_once(out, delivery, _upload_of(out, delivery))


def _upload_of(out: Outgoing, delivery: Delivery) -> Upload:
    with out.database.reading() as session:
        look = look_by_id(session, int(delivery.payload[LOOK_PICTURE]))
    sha256 = picture_of_look(out.settings, look)
    if sha256 is None or look.result is None or not out.blobs.path(sha256).exists():
        raise NotifyError(delivery.channel, "the picture is gone", permanent=True)
    words = clean(
        f"Heatmap of {look.name} beside the good image most like it. {look_verdict(look.source, look.result)}", most=500
    )
    return Upload(out.blobs.path(sha256), f"look-{delivery.key[:12]}.png", title=clean(look.name), alt_text=words)
