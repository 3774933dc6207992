"""What people said of earlier anomalies, brought to bear on a new one: held back, silenced, or seen before."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from agent.alerts.evidence import Recalled, recall
from agent.alerts.likeness import cosine_of_all
from config.settings import Settings
from storage.database import Session
from storage.queries.likeness import likeness_by_id
from storage.records import Inspection, Likeness, Silence
from storage.repositories.memory import remembered
from storage.repositories.silences import silences_of


def recall_for(session: Session, settings: Settings, source_id: int, found: Likeness, *, now: datetime) -> Recalled:
    """Compare an anomaly with what its source remembers."""
    since = now - timedelta(days=settings.alerts.remember_days)
    return recall(found, remembered(session, source_id, false_alarms_since=since), alike=settings.alerts.alike)


def silence_over(
    session: Session,
    settings: Settings,
    inspection: Inspection,
    found: Likeness,
    recalled: Recalled,
    *,
    now: datetime,
) -> Silence | None:
    """Return the silence that covers an anomaly, None where it is to be told: none covers a known defect (I12)."""
    if recalled.is_same:
        return None
    standing = silences_of(session, inspection.source_id, now=now)
    return next(
        (one for one in standing if _covers(session, settings, one, inspection, found, _class_of(recalled))), None
    )


def widest(silences: Iterable[Silence]) -> Silence | None:
    """Return the silence that ends last."""
    return max(silences, key=lambda one: one.until, default=None)


def _covers(
    session: Session,
    settings: Settings,
    silence: Silence,
    inspection: Inspection,
    found: Likeness,
    defect_class: str | None,
) -> bool:
    if silence.defect_class is not None and silence.defect_class != defect_class:
        return False
    if silence.attribute is not None and inspection.attributes.get(silence.attribute) != silence.value:
        return False
    if silence.like_inspection_id is None:
        return True
    like = likeness_by_id(session, silence.like_inspection_id)
    return like is not None and cosine_of_all(found, like) >= settings.alerts.alike


def _class_of(recalled: Recalled) -> str | None:
    return recalled.defect.defect_class if recalled.defect else None
