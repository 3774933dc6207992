"""What a report's message says, and which report a delivery is of."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from agent.messages.message import Message
from agent.reports.making import MadeReport, make_report
from agent.reports.messages import LINES_SHOWN, daily_message, handover_message, period_message
from agent.reports.periods import Period, PeriodKind
from agent.reports.standing import read_standing
from config.settings import Settings
from storage.database import Session
from storage.records import Delivery, Window


class ReportNotice(StrEnum):
    """The reports that are told by themselves."""

    DAILY = "daily_report"
    HANDOVER = "handover"
    WEEKLY = "weekly_report"
    MONTHLY = "monthly_report"


PERIODS = {
    ReportNotice.DAILY: PeriodKind.DAY,
    ReportNotice.HANDOVER: PeriodKind.SHIFT,
    ReportNotice.WEEKLY: PeriodKind.WEEK,
    ReportNotice.MONTHLY: PeriodKind.MONTH,
}
KINDS = frozenset(PERIODS)


def report_payload(notice: ReportNotice, period: Period, sources: tuple[str, ...]) -> dict[str, Any]:
    """Return what a delivery carries of its report; everything it says is read when it is sent."""
    window = period.window
    span = {"start": window.start.isoformat(), "end": window.end.isoformat(), "zone": window.time_zone}
    return {"notice": notice, "sources": list(sources)} | span


def report_of(
    session: Session, settings: Settings, payload: dict[str, Any], *, has_charts: bool = False, now: datetime
) -> MadeReport:
    """Read the report a delivery is of."""
    start, end = (datetime.fromisoformat(payload[end]) for end in ("start", "end"))
    period = Period(PERIODS[ReportNotice(payload["notice"])], Window(start, end, str(payload["zone"])))
    sources = tuple(str(name) for name in payload["sources"])
    return make_report(session, settings, period, sources=sources, has_charts=has_charts, now=now)


def render_report(session: Session, settings: Settings, delivery: Delivery, now: datetime) -> Message:
    """Return a report's message as the database has it now."""
    made = report_of(session, settings, delivery.payload, now=now)
    notice = ReportNotice(delivery.payload["notice"])
    if notice is ReportNotice.DAILY:
        return daily_message(made)
    if notice is not ReportNotice.HANDOVER:
        return period_message(made)
    standing = read_standing(session, settings, sources=made.sources, limit=LINES_SHOWN, now=now)
    return handover_message(made, standing, settings.zone_of)
