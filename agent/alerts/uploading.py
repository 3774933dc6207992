"""A file put into a message's thread once, however often its delivery is tried."""

from agent.alerts.outgoing import Outgoing
from agent.alerts.search import search
from agent.notifiers.port import Place, Upload
from storage.records import Delivery
from storage.repositories.deliveries import mark_sent
from storage.repositories.sending import doubtful_since, keep_in_payload


def upload_once(out: Outgoing, delivery: Delivery, upload: Upload) -> None:
    """Upload a file to the place its delivery names, unless an earlier try did, and note which; raise NotifyError."""
    channel, ts = delivery.payload["place"]
    place, found = Place(str(channel), str(ts)), None
    if doubtful_since(delivery) is not None:
        found = search(delivery.channel, lambda: out.notifier.find_upload(place, upload.name))
    file = found.file if found is not None and found.file is not None else out.notifier.upload(place, upload)
    with out.database.transaction() as session:
        keep_in_payload(session, delivery, file=file, blob=upload.path.name)
        mark_sent(session, delivery, message_ts=place.ts, now=out.clock())
