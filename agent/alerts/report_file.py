"""The files of a report, put into its message's thread: a page, a chart and a table, or the worst of a shift."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.alerts.contact_sheet import contact_sheet
from agent.alerts.outgoing import Outgoing
from agent.alerts.report_notice import KINDS, ReportNotice, report_of
from agent.alerts.search import search
from agent.messages.safe_text import clean
from agent.notifiers.port import Place, Upload
from agent.reports.making import MadeReport
from agent.reports.pictures import crop_of
from agent.reports.table_file import as_csv
from storage.database import Session
from storage.records import Delivery, DeliveryKind, NewDelivery
from storage.repositories.deliveries import add_delivery, mark_sent
from storage.repositories.sending import doubtful_since, keep_in_payload

REPORT_FILE = "report_file"
FILES = {
    ReportNotice.HANDOVER: ("worst",),
    ReportNotice.WEEKLY: ("chart", "page", "table"),
    ReportNotice.MONTHLY: ("chart", "page", "table"),
}


PICTURED = ("page", "worst")
# Of a report's file: the inspections whose pictures it holds.
REPORT_SHOWS = "report_shows"


@dataclass(frozen=True, slots=True)
class Content:
    """A file: its bytes, how its name ends, and what to say of it."""

    content: bytes
    ending: str
    title: str


def add_report_files(session: Session, notice: Delivery, place: Place, *, now: datetime) -> None:
    """Let a report that was sent get its files."""
    kind = notice.payload.get("notice")
    if kind not in KINDS:
        return
    for file in FILES.get(ReportNotice(kind), ()):
        payload = {REPORT_FILE: file, "report": notice.payload, "place": [place.channel, place.ts]}
        add_delivery(session, NewDelivery(DeliveryKind.PICTURE, notice.channel, now, payload=payload), now=now)


def is_report_file(delivery: Delivery) -> bool:
    """Say whether a picture is a report's file, not an incident's heatmap."""
    return REPORT_FILE in delivery.payload


def send_report_file(out: Outgoing, delivery: Delivery) -> None:
    """Upload a report's file into its thread, where there is anything to show; raise NotifyError."""
    channel, ts = delivery.payload["place"]
    place, (upload, shown) = Place(str(channel), str(ts)), _upload_of(out, delivery)
    kept: dict[str, object] = {}
    if upload is not None:
        file = _is_there(out, delivery, place, upload) or out.notifier.upload(place, upload)
        kept = {"file": file, "blob": upload.path.name, REPORT_SHOWS: shown}
    with out.database.transaction() as session:
        keep_in_payload(session, delivery, **kept)
        mark_sent(session, delivery, message_ts=place.ts, now=out.clock())


def _is_there(out: Outgoing, delivery: Delivery, place: Place, upload: Upload) -> str | None:
    if doubtful_since(delivery) is None:
        return None
    found = search(delivery.channel, lambda: out.notifier.find_upload(place, upload.name))
    return found.file if found is not None else None


def _upload_of(out: Outgoing, delivery: Delivery) -> tuple[Upload | None, list[int]]:
    """Return the file, None where there is nothing to show, and the inspections whose pictures it holds."""
    file = str(delivery.payload[REPORT_FILE])
    with out.database.reading() as session:
        made = report_of(session, out.settings, delivery.payload["report"], has_charts=file != "worst", now=out.clock())
    content = MAKERS[file](out, made)
    if content is None:
        return None, []
    path = out.blobs.path(out.blobs.put(content.content))
    name = f"oddspot-{made.period.slug}{content.ending}"
    upload = Upload(path, name, title=clean(content.title), alt_text=clean(content.title, most=500))
    return upload, [one.id for one in made.report.worst] if file in PICTURED else []


def _page(out: Outgoing, made: MadeReport) -> Content:
    from agent.reports.page import as_page  # noqa: PLC0415 - matplotlib is loaded only where a page is made

    return Content(as_page(made, out.blobs).encode("utf-8"), ".html", f"Report: {made.title}")


def _table(_: Outgoing, made: MadeReport) -> Content:
    return Content(as_csv(made).encode("utf-8"), ".csv", f"Table: {made.title}")


def _chart(_: Outgoing, made: MadeReport) -> Content | None:
    from agent.reports.charts import draw_found  # noqa: PLC0415 - the same

    if not made.report.buckets:
        return None
    return Content(draw_found(made.report), ".png", f"Anomalies by what people called them: {made.title}")


def _worst(out: Outgoing, made: MadeReport) -> Content | None:
    worst = made.report.worst
    sheet = contact_sheet([(one.shown_id, png) for one in worst if (png := crop_of(out.blobs, one)) is not None])
    if sheet is None:
        return None
    return Content(sheet, "-worst.png", f"The worst of the shift: {', '.join(one.shown_id for one in worst)}")


MAKERS: dict[str, Callable[[Outgoing, MadeReport], Content | None]] = {
    "page": _page,
    "table": _table,
    "chart": _chart,
    "worst": _worst,
}
