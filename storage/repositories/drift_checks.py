"""What the drift check of a detector version knows, from one look at its inspections to the next."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import DriftCheckRow, InspectionRow
from storage.records import DEFECTS, DriftCheck, ToldDrift


def drift_check_of(session: Session, version_id: int) -> DriftCheck | None:
    """Return what is known of a version, None before the first look."""
    row = session.get(DriftCheckRow, version_id)
    if row is None:
        return None
    told = tuple(_as_told(values) for values in row.told)
    return DriftCheck(row.detector_version_id, row.last_inspection_id, dict(row.state), told)


def save_drift_check(session: Session, check: DriftCheck, *, after: int | None, now: datetime) -> bool:
    """Keep what is known now in place of what was `after` an inspection (None: nothing); False: another was quicker."""
    told = [asdict(one) | {"at": one.at.isoformat()} for one in check.told]
    values = {"last_inspection_id": check.last_inspection_id, "looked_at": now, "state": check.state, "told": told}
    if after is None:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        new = insert(DriftCheckRow).values(detector_version_id=check.detector_version_id, **values)
        statement = new.on_conflict_do_nothing().returning(DriftCheckRow.detector_version_id)
        return session.scalar(statement) is not None
    own = DriftCheckRow.detector_version_id == check.detector_version_id
    unchanged = DriftCheckRow.last_inspection_id == after
    changed = session.execute(update(DriftCheckRow).where(own, unchanged).values(**values))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult


def p_values_after(session: Session, version_id: int, inspection_id: int, *, limit: int) -> list[tuple[int, float]]:
    """Return (inspection id, p-value) of a version's inspections after one, in order; no faults, no known defects."""
    is_no_defect = or_(InspectionRow.label.is_(None), InspectionRow.label.not_in(DEFECTS))
    query = (
        select(InspectionRow.id, InspectionRow.p_value)
        .where(InspectionRow.detector_version_id == version_id, InspectionRow.id > inspection_id)
        .where(InspectionRow.is_shadow.is_(False), InspectionRow.fault.is_(None), is_no_defect)
        .where(InspectionRow.p_value.is_not(None))
        .order_by(InspectionRow.id)
        .limit(limit)
    )
    return [(row_id, float(p_value)) for row_id, p_value in session.execute(query) if p_value is not None]


def _as_told(values: dict[str, Any]) -> ToldDrift:
    return ToldDrift(values["direction"], values["sentence"], datetime.fromisoformat(values["at"]))
