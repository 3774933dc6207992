"""What each kind of notice says, read from the database as it is now."""

from collections.abc import Callable
from datetime import datetime

from agent.alerts.catch_up import CATCH_UP, QUIET, render_catch_up, render_quiet
from agent.alerts.disk_watch import DISK_NOTICE, render_disk
from agent.alerts.job_notices import render_job
from agent.alerts.report_notice import ReportNotice, render_report
from agent.alerts.thread_notices import SAID, render_said
from agent.alerts.view import digest_view, explained_view, inspection
from agent.messages.looking_messages import explain_message, similar_message
from agent.messages.message import Message
from agent.messages.notices import digest_message, drift_message, job_message
from config.settings import Settings
from storage.database import Session
from storage.queries.inspections import get_inspection
from storage.records import Delivery, EventKind

Render = Callable[[Session, Settings, Delivery, datetime], Message]


def render(session: Session, settings: Settings, delivery: Delivery, *, now: datetime) -> Message:
    """Return what a notice says."""
    return NOTICES[delivery.payload["notice"]](session, settings, delivery, now)


def _digest(session: Session, settings: Settings, delivery: Delivery, now: datetime) -> Message:
    return digest_message(digest_view(session, settings, delivery, now=now))


def _drift(_session: Session, _settings: Settings, delivery: Delivery, _now: datetime) -> Message:
    return drift_message(*(str(delivery.payload[part]) for part in ("detector", "text", "note")))


def _job(session: Session, settings: Settings, delivery: Delivery, now: datetime) -> Message:
    if "text" in delivery.payload:
        return job_message(str(delivery.payload["text"]))
    return render_job(session, settings, int(delivery.payload["job"]), now=now)


def _similar(session: Session, settings: Settings, delivery: Delivery, _now: datetime) -> Message:
    about = inspection(session, int(delivery.payload["inspection"]))
    found = zip(delivery.payload["inspections"], delivery.payload["cosines"], strict=True)
    pairs = [(get_inspection(session, int(one)), float(cosine)) for one, cosine in found]
    known = [(one, cosine) for one, cosine in pairs if one is not None]
    return similar_message(about, known, zone=settings.zone_of(about.source))


def _explain(session: Session, settings: Settings, delivery: Delivery, now: datetime) -> Message:
    return explain_message(explained_view(session, settings, int(delivery.payload["inspection"]), now=now))


NOTICES: dict[str, Render] = {
    EventKind.DIGEST: _digest,
    EventKind.DRIFT: _drift,
    EventKind.JOB_DONE: _job,
    "similar": _similar,
    "explain": _explain,
    CATCH_UP: render_catch_up,
    QUIET: render_quiet,
    SAID: render_said,
    DISK_NOTICE: render_disk,
    **dict.fromkeys(ReportNotice, render_report),
}
