"""What each kind of notice says, read from the database as it is now."""

from collections.abc import Callable
from datetime import datetime

from agent.alerts.report_notice import ReportNotice, render_report
from agent.alerts.view import digest_view
from agent.messages.message import Message
from agent.messages.notices import digest_message, drift_message, job_message
from config.settings import Settings
from storage.database import Session
from storage.records import Delivery, EventKind

Render = Callable[[Session, Settings, Delivery, datetime], Message]


def render(session: Session, settings: Settings, delivery: Delivery, *, now: datetime) -> Message:
    """Return what a notice says."""
    return NOTICES[delivery.payload["notice"]](session, settings, delivery, now)


def _digest(session: Session, settings: Settings, delivery: Delivery, now: datetime) -> Message:
    return digest_message(digest_view(session, settings, delivery, now=now))


def _drift(_session: Session, _settings: Settings, delivery: Delivery, _now: datetime) -> Message:
    return drift_message(*(str(delivery.payload[part]) for part in ("detector", "text", "note")))


def _job(_session: Session, _settings: Settings, delivery: Delivery, _now: datetime) -> Message:
    return job_message(str(delivery.payload.get("text", "")))


NOTICES: dict[str, Render] = {
    EventKind.DIGEST: _digest,
    EventKind.DRIFT: _drift,
    EventKind.JOB_DONE: _job,
    **dict.fromkeys(ReportNotice, render_report),
}
