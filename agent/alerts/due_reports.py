"""Which reports are due: each period is told once a channel, by whichever bot is first; an old one is never told."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import structlog

from agent.alerts.report_notice import PERIODS, ReportNotice, report_payload
from agent.assistant.windows.calendar import Calendar
from agent.reports.making import zone_of_report
from agent.reports.periods import Period, PeriodKind, last_ended
from config.settings import Settings
from storage.database import Database, Session
from storage.queries.downtime import first_received
from storage.records import DeliveryKind, NewDelivery, Source
from storage.repositories.deliveries import add_delivery
from storage.repositories.reports import is_report_taken, take_report
from storage.repositories.roll_ups import sources_with_frames
from storage.repositories.sources import list_sources

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report to tell: the latest period that has ended, of the sources that alert into a channel."""

    notice: ReportNotice
    channel: str
    period: Period
    sources: tuple[Source, ...]


def add_due_reports(database: Database, settings: Settings, *, now: datetime) -> int:
    """Let reports that are due be sent and return how many; one with nothing to say is taken and not sent."""
    with database.reading() as session:
        due = [one for one in _due(session, settings, now) if not _is_taken(session, one)]
    added = 0
    for one in due:
        with database.transaction() as session:
            start = one.period.window.start
            if take_report(session, one.notice, channel=one.channel, starts_at=start, now=now):
                added += _add(session, settings, one, now)
    return added


def _due(session: Session, settings: Settings, now: datetime) -> Iterator[DueReport]:
    wanted = wanted_reports(settings)
    if not wanted:
        return
    for channel, sources in _by_channel(settings, list_sources(session)).items():
        zone = zone_of_report(settings, [source.name for source in sources])
        for notice in wanted:
            period = last_ended(PERIODS[notice], zone=zone, shifts=settings.shifts.starts, now=now)
            if now >= _due_at(period, settings):
                yield DueReport(notice, channel, period, tuple(sources))


def wanted_reports(settings: Settings) -> list[ReportNotice]:
    """Return the reports the settings ask for."""
    reports = settings.reports
    asked = {
        ReportNotice.DAILY: reports.daily,
        ReportNotice.HANDOVER: reports.handover,
        ReportNotice.WEEKLY: reports.weekly,
        ReportNotice.MONTHLY: reports.monthly,
    }
    return [notice for notice, is_wanted in asked.items() if is_wanted]


def _by_channel(settings: Settings, sources: Collection[Source]) -> dict[str, list[Source]]:
    channels: dict[str, list[Source]] = {}
    for source in sources:
        channels.setdefault(settings.reports.channel or settings.channel_of(source.name), []).append(source)
    return channels


def _due_at(period: Period, settings: Settings) -> datetime:
    end, zone = period.window.end, period.window.time_zone
    if period.kind is PeriodKind.SHIFT:
        return end
    return Calendar(end, zone).at(end.astimezone(ZoneInfo(zone)).date(), time.fromisoformat(settings.reports.at))


def _is_taken(session: Session, one: DueReport) -> bool:
    return is_report_taken(session, one.notice, channel=one.channel, starts_at=one.period.window.start)


def _add(session: Session, settings: Settings, one: DueReport, now: datetime) -> int:
    names = _told_of(session, settings, one)
    if not names:
        return 0
    payload = report_payload(one.notice, one.period, names)
    add_delivery(session, NewDelivery(DeliveryKind.NOTICE, one.channel, now, payload=payload), now=now)
    logger.info("report_due", report=one.notice, channel=one.channel, period=one.period.slug)
    return 1


def _told_of(session: Session, settings: Settings, one: DueReport) -> tuple[str, ...]:
    """Return the sources that had a frame in the period, and those of the settings that had one before it."""
    window = one.period.window
    first = first_received(session, [source.id for source in one.sources])
    seen = sources_with_frames(session, start=window.start, end=window.end)
    is_known = {source.id for source in one.sources if source.name in settings.sources}
    had_one = {source_id for source_id, at in first.items() if at < window.end}
    return tuple(source.name for source in one.sources if source.id in seen | (is_known & had_one))
