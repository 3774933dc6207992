"""Search the labels and scores on record for a better threshold, and register it as a version to be applied."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from config.settings import Settings
from detectors.jobs.workshop import Outcome, Workshop
from detectors.sweep_watch import BUDGET, COMMISSIONING, LABELS
from detectors.threshold_versions import register_threshold
from storage.database import Session
from storage.opening import Stores
from storage.queries.budget import commissioned, false_incidents
from storage.queries.labelled_frames import FEWEST_FALSE_ALARMS, false_alarms_of
from storage.queries.misses import misses
from storage.queries.selection import Selection
from storage.queries.thresholds import (
    Proposal,
    compare_thresholds,
    propose_threshold,
    threshold_for_budget,
    threshold_for_commissioning,
)
from storage.queries.whatif import NoDetectorError, scored_history
from storage.records import DetectorVersion, Job, JobKind, ScoredHistory, Source, VersionProposal, WhatIf, Window
from storage.repositories.jobs import add_job, last_job
from storage.repositories.sources import source_by_id
from storage.repositories.versions import active_version, versions_sharing

ALERT_DAYS, LABEL_DAYS = 7, 90
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Found:
    """A proposal, or why there is none."""

    proposal: VersionProposal | None
    reason: str


def run_sweep(workshop: Workshop, job: Job) -> Outcome:
    """Look for a better threshold; people hear of it where there is one, or where one of them asked."""
    stores, why = workshop.stores, str(job.arguments.get("reason", PERSON))
    found = propose(int(job.arguments["source_id"]), stores, workshop.settings, why=why, now=workshop.clock())
    if found.proposal is None:
        if why == LABELS:
            _ask_for_refit(workshop, job)
        return Outcome({"none": found.reason}, is_told=why == PERSON)
    return Outcome({"proposal": found.proposal.as_json()})


def run_threshold(workshop: Workshop, job: Job) -> Outcome:
    """Make the threshold a person asked for a version, and compare it with the one in use; it judges nothing yet."""
    stores, settings, now = workshop.stores, workshop.settings, workshop.clock()
    with stores.database.reading() as session:
        source, version = _judged(session, int(job.arguments["source_id"]))
    wanted = float(job.arguments["threshold"])
    made = propose_at(wanted, source, version, stores, settings, why=PERSON, now=now)
    return Outcome({"proposal": made.as_json()})


def _ask_for_refit(workshop: Workshop, job: Job) -> None:
    """Where no threshold tells false alarms from defects, let the false alarms be learnt: once for this sweep."""
    source_id, now = int(job.arguments["source_id"]), workshop.clock()
    with workshop.stores.database.transaction() as session:
        last = last_job(session, JobKind.REFIT, source_id)
        is_asked = last is not None and last.id > job.id
        if not is_asked and len(false_alarms_of(session, source_id, now=now)) >= FEWEST_FALSE_ALARMS:
            arguments, kind, by = {"reason": LABELS}, JobKind.REFIT, job.requested_by
            add_job(session, kind, source_id=source_id, arguments=arguments, requested_by=by, now=now)


def propose(source_id: int, stores: Stores, settings: Settings, *, why: str, now: datetime) -> Found:
    """Register the threshold that labels, or the budget, speak for; raise NoDetectorError or BundleError."""
    with stores.database.reading() as session:
        source, version = _judged(session, source_id)
        wanted = _wanted(session, version, settings, why=why, now=now)
    if wanted.threshold is None:
        return Found(None, wanted.reason)
    return Found(propose_at(wanted.threshold, source, version, stores, settings, why=why, now=now), wanted.reason)


def propose_at(
    threshold: float,
    source: Source,
    version: DetectorVersion,
    stores: Stores,
    settings: Settings,
    *,
    why: str,
    now: datetime,
) -> VersionProposal:
    """Register a threshold as a version, and compare it with the one in use; raise BundleError or ThresholdError."""
    data_dir = Path(settings.storage.data_dir)
    moved = register_threshold(version, threshold, stores, data_dir=data_dir, now=now)
    join = timedelta(minutes=settings.alerts.join_minutes)
    weeks, labels = _last(ALERT_DAYS, now), _last(LABEL_DAYS, now)
    with stores.database.reading() as session:
        alerts, labelled = (
            _compared(_history(session, version, window, threshold), threshold, version, window, join)
            for window in (weeks, labels)
        )
        known = misses(session, selection=Selection(window=labels, sources=(source.name,)))
    return VersionProposal(
        source_id=source.id,
        source=source.name,
        why=why,
        version_id=moved.id,
        version=moved.name,
        was_id=version.id,
        was=version.name,
        threshold=threshold,
        threshold_now=version.threshold,
        alerts=alerts.alerts,
        alerts_now=alerts.alerts_now,
        days=ALERT_DAYS,
        defects=labelled.defects,
        defects_below=labelled.defects_below,
        lost=labelled.defects_lost,
        false_alarms=labelled.false_alarms,
        false_alarms_avoided=len(labelled.false_alarms_avoided),
        unlabelled_lost=labelled.unlabelled_lost,
        label_days=LABEL_DAYS,
        promised_rate=moved.promised_rate,
        misses=known.sentence,
    )


def _judged(session: Session, source_id: int) -> tuple[Source, DetectorVersion]:
    source = source_by_id(session, source_id)
    version = active_version(session, source)
    if version is None or version.bundle is None:
        raise NoDetectorError(source.name)
    return source, version


def _wanted(session: Session, version: DetectorVersion, settings: Settings, *, why: str, now: datetime) -> Proposal:
    if why == COMMISSIONING:
        return _commissioned(session, version, settings, now)
    if why != BUDGET:
        window = _last(LABEL_DAYS, now)
        wanted = propose_threshold(_history(session, version, window, version.threshold).scores, version.threshold)
        return _within_budget(session, version, wanted, settings, now)
    own = [one.id for one in versions_sharing(session, version)]
    window = _last(ALERT_DAYS, now)
    incidents = false_incidents(session, source_id=version.source_id, window=window, version_ids=own)
    scores = [[one.score for one in incident] for incident in incidents]
    threshold = threshold_for_budget(scores, int(settings.alerts.budget), now=version.threshold)
    return Proposal(threshold, f"{len(incidents)} false incidents in {ALERT_DAYS} days")


def _commissioned(session: Session, version: DetectorVersion, settings: Settings, now: datetime) -> Proposal:
    """Return the threshold that keeps the budget on the images of commissioning, none of them thought a defect."""
    seen = commissioned(session, version, budget=settings.alerts.budget, now=now)
    window, join = _last(LABEL_DAYS, now), timedelta(minutes=settings.alerts.join_minutes)
    scores = _history(session, version, window, version.threshold).scores
    threshold = threshold_for_commissioning(scores, seen.allowed, now=version.threshold, join=join)
    if threshold <= version.threshold:
        return Proposal(None, f"its threshold keeps the budget on the {seen.images:,} images of its commissioning")
    return Proposal(threshold, f"{seen.images:,} images of its commissioning")


def _within_budget(
    session: Session, version: DetectorVersion, wanted: Proposal, settings: Settings, now: datetime
) -> Proposal:
    """Return the proposal; a lower threshold only where the alerts it adds keep the budget, were all of them false."""
    if wanted.threshold is None or wanted.threshold > version.threshold:
        return wanted
    window, join = _last(ALERT_DAYS, now), timedelta(minutes=settings.alerts.join_minutes)
    history = _history(session, version, window, wanted.threshold)
    added = -_compared(history, wanted.threshold, version, window, join).alerts_saved
    if added <= settings.alerts.budget:
        return wanted
    return Proposal(None, f"a threshold that finds what was missed would add {added} alerts in {ALERT_DAYS} days")


def _history(session: Session, version: DetectorVersion, window: Window, threshold: float) -> ScoredHistory:
    return scored_history(session, version=version, window=window, above=min(threshold, version.threshold))


def _compared(
    history: ScoredHistory, threshold: float, version: DetectorVersion, window: Window, join: timedelta
) -> WhatIf:
    return compare_thresholds(history, threshold, now=version.threshold, window=window, join=join)


def _last(days: int, now: datetime) -> Window:
    return Window(now - timedelta(days=days), now)
