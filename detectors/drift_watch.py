"""Look at what each source's detector said since the last look, and tell once where its scores drifted.

Only images that follow one another tell: a late row that slips in behind the last one looked at is left out.
"""

from collections.abc import Collection
from datetime import datetime

from detectors.drift import SURETY, Drift, follow, judge_drift, restore_drift_check, start_drift_check
from storage.database import Database, Session
from storage.records import DetectorVersion, DriftCheck, EventKind, Source, ToldDrift
from storage.repositories.drift_checks import drift_check_of, p_values_after, save_drift_check
from storage.repositories.events import add_event
from storage.repositories.sources import list_sources
from storage.repositories.versions import active_version

MOST_AT_ONCE = 2000


def watch_drift(database: Database, *, batch: Collection[str] = (), now: datetime) -> list[str]:
    """Carry on the drift check of every source with a detector of its own; return the sources that are told now.

    batch: sources whose images come in bulk and late, so that their scores follow no course of time.
    """
    with database.reading() as session:
        sources = [source for source in list_sources(session) if source.name not in batch]
    return [source.name for source in sources if _watch(database, source, now)]


def _watch(database: Database, source: Source, now: datetime) -> bool:
    """Look at a source's new inspections; the look, and what has to be told of it, are written together or not."""
    with database.reading() as session:
        version = active_version(session, source)
        if version is None or version.bundle is None:
            return False
        before = drift_check_of(session, version.id)
        after = before.last_inspection_id if before else 0
        found = p_values_after(session, version.id, after, limit=MOST_AT_ONCE)
    if not found:
        return False
    known = before or _first_check(version)
    state, best = follow(restore_drift_check(known.state), [p_value for _, p_value in found])
    drift = judge_drift(state, best, told=[one.direction for one in known.told])
    is_new = drift.direction is not None
    told = (*known.told, ToldDrift(str(drift.direction), drift.sentence, now)) if is_new else known.told
    check = DriftCheck(version.id, found[-1][0], state.as_json(), told)
    with database.transaction() as session:
        is_kept = save_drift_check(session, check, after=before.last_inspection_id if before else None, now=now)
        if is_kept and is_new and version.may_alert:
            _tell(session, source, version, drift, now)
    return is_kept and is_new


def _first_check(version: DetectorVersion) -> DriftCheck:
    calibration = int(version.details.get("calibration_images", version.training_images))
    return DriftCheck(version.id, 0, start_drift_check(calibration).as_json())


def _tell(session: Session, source: Source, version: DetectorVersion, drift: Drift, now: datetime) -> None:
    payload = {"detector": version.name, "direction": str(drift.direction), "text": drift.sentence, "note": SURETY}
    add_event(session, EventKind.DRIFT, source_id=source.id, payload=payload, now=now)
