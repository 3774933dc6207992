"""When to search for a better threshold: after so many labels, by a broken budget, at the end of commissioning."""

from datetime import datetime, timedelta

from config.settings import Settings
from storage.database import Database, Session
from storage.queries.budget import commissioned, false_incidents
from storage.queries.label_counts import count_labelled_since
from storage.records import DetectorVersion, Job, JobKind, Source, SourceState, Window
from storage.repositories.jobs import add_job, last_job
from storage.repositories.sources import list_sources
from storage.repositories.versions import active_version

LABELS, BUDGET, COMMISSIONING = "labels", "budget", "commissioning"
WEEK = timedelta(days=7)


def start_sweeps(database: Database, settings: Settings, *, now: datetime) -> list[tuple[str, str]]:
    """Ask for a sweep of every source that is due one; return (source, why)."""
    started = []
    with database.transaction() as session:
        for source in list_sources(session):
            why = _why(session, source, settings, now)
            if why is not None:
                setting = "setting:alerts.sweep_labels" if why == LABELS else "setting:alerts.budget"
                arguments = {"reason": why}
                kind = JobKind.SWEEP
                add_job(session, kind, source_id=source.id, arguments=arguments, requested_by=setting, now=now)
                started.append((source.name, why))
    return started


def _why(session: Session, source: Source, settings: Settings, now: datetime) -> str | None:
    version = active_version(session, source)
    if version is None or version.bundle is None:
        return None
    if source.state is SourceState.LIVE and _breaks_budget(session, source, settings, now):
        return BUDGET
    if source.state is SourceState.COMMISSIONING and _is_commissioned(session, source, version, settings, now):
        return COMMISSIONING
    wanted = settings.alerts.sweep_labels
    last = last_job(session, JobKind.SWEEP, source.id)
    since = None if last is None else last.created_at
    if wanted and count_labelled_since(session, source_id=source.id, since=since) >= wanted:
        return LABELS
    return None


def _breaks_budget(session: Session, source: Source, settings: Settings, now: datetime) -> bool:
    if _is_younger(last_job(session, JobKind.SWEEP, source.id, reason=BUDGET), now - WEEK):
        return False
    window = Window(now - WEEK, now)
    return len(false_incidents(session, source_id=source.id, window=window)) > settings.alerts.budget


def _is_commissioned(
    session: Session, source: Source, version: DetectorVersion, settings: Settings, now: datetime
) -> bool:
    """Say whether a version has seen so much that the budget can be promised, once for each version."""
    last = last_job(session, JobKind.SWEEP, source.id, reason=COMMISSIONING)
    if _is_younger(last, version.created_at):
        return False
    return commissioned(session, version, budget=settings.alerts.budget, now=now).can_promise


def _is_younger(job: Job | None, moment: datetime) -> bool:
    return job is not None and job.created_at is not None and job.created_at > moment
