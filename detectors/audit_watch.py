"""The daily audit: pick yesterday's frames called normal once the day is over, and have their pictures made."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.settings import Settings
from storage.database import Database
from storage.records import JobKind, Source, SourceState, Window
from storage.repositories.audit_picks import pick_for_audit
from storage.repositories.jobs import add_job
from storage.repositories.sources import list_sources

BY_SETTING = "setting:alerts.audit_frames"


def start_audits(database: Database, settings: Settings, *, now: datetime) -> list[str]:
    """Start the audit of the day before for every live source whose clock says so; return the sources' names."""
    if settings.alerts.audit_frames == 0:
        return []
    with database.reading() as session:
        sources = [source for source in list_sources(session) if _is_audited(source, settings)]
    return [source.name for source in sources if _start(database, settings, source, now)]


def _is_audited(source: Source, settings: Settings) -> bool:
    own = settings.sources.get(source.name)
    return source.state is SourceState.LIVE and (own is None or own.mode == "live")


def _start(database: Database, settings: Settings, source: Source, now: datetime) -> bool:
    zone = ZoneInfo(settings.zone_of(source.name))
    local = now.astimezone(zone)
    if local.time() < time.fromisoformat(settings.alerts.audit_time):
        return False
    day = local.date() - timedelta(days=1)
    window = Window(_midnight(day, zone), _midnight(local.date(), zone), zone.key)
    with database.transaction() as session:
        frames = settings.alerts.audit_frames
        picked = pick_for_audit(session, source, day=day.isoformat(), window=window, frames=frames, now=now)
        if picked:
            arguments = {"inspections": picked, "day": day.isoformat()}
            kind = JobKind.AUDIT
            add_job(session, kind, source_id=source.id, arguments=arguments, requested_by=BY_SETTING, now=now)
    return bool(picked)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
