"""Which version judges a source, changed by a person: applied and rolled back, each by compare-and-set and audited."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import AuditRow, DetectorVersionRow, InspectionRow
from storage.records import DetectorVersion, Source, Switch
from storage.repositories.audit import write_audit
from storage.repositories.sources import activate_version, source_by_id
from storage.repositories.versions import NotFitError, active_version, as_version, version_by_id

APPLIED, ROLLED_BACK = "version_applied", "version_rolled_back"


class SwitchError(StorageError):
    """A source's detector was not switched, said in one sentence."""


def version_by_name(session: Session, name: str) -> DetectorVersion:
    """Return one version, as `line-1@4`; raise SwitchError."""
    row = session.scalar(select(DetectorVersionRow).where(DetectorVersionRow.name == name))
    if row is None:
        raise SwitchError(f"There is no detector version {name!r}; `oddspot model list` shows them all.")
    return as_version(row)


def apply_version(
    session: Session, version: DetectorVersion, *, expected: int | None = None, actor: str, now: datetime
) -> Switch | None:
    """Let a version judge its source from now on, with an audit row; None where it does already.

    expected: the version it is to take the place of, by id; None: whichever is active. Raise SwitchError where another
    one is, or the version cannot judge, and NotFitError.
    """
    source = source_by_id(session, version.source_id)
    if source.active_version_id == version.id:
        return None
    if version.bundle is None:
        raise SwitchError(f"{version.name} was imported and has no files to judge by.")
    if not version.may_alert:
        raise NotFitError(source.name, version)
    return _switch(session, source, version, expected=expected, action=APPLIED, actor=actor, now=now)


def roll_back(session: Session, source: Source, *, expected: int | None = None, actor: str, now: datetime) -> Switch:
    """Let the version judge again that the active one took the place of, with an audit row; raise SwitchError.

    expected: the version to be rolled back, by id; None: whichever is active.
    """
    active = active_version(session, source)
    before = None if active is None else _before(session, source, active)
    if active is None or before is None:
        name = active.name if active else source.name
        raise SwitchError(f"{name} took no other's place, so there is nothing to roll back.")
    if before.bundle is None:
        raise SwitchError(f"{before.name} has no files to judge by any more: fit again.")
    wanted = active.id if expected is None else expected
    return _switch(session, source, before, expected=wanted, action=ROLLED_BACK, actor=actor, now=now)


def note_fit(session: Session, version: DetectorVersion, *, was: int, actor: str, now: datetime) -> None:
    """Write an audit row of a fit that took another version's place by itself; was: that version's id."""
    detail = {"was": version_by_id(session, was).name, "by": "fit"}
    write_audit(session, actor=actor, action=APPLIED, subject=version.name, detail=detail, now=now)


def _before(session: Session, source: Source, active: DetectorVersion) -> DetectorVersion | None:
    """Return the version that one took the place of; where no row says so, the newest before it that has judged."""
    applied = [one for one in switches_of(session, active.name) if one.action == APPLIED]
    if applied:
        return version_by_name(session, applied[-1].was)
    judged = exists().where(
        InspectionRow.detector_version_id == DetectorVersionRow.id, InspectionRow.is_shadow.is_(False)
    )
    earlier = (
        select(DetectorVersionRow)
        .where(DetectorVersionRow.source_id == source.id, DetectorVersionRow.number < active.number)
        .where(DetectorVersionRow.bundle.is_not(None), judged)
    )
    row = session.scalar(earlier.order_by(DetectorVersionRow.number.desc()).limit(1))
    return as_version(row) if row is not None and as_version(row).may_alert else None


def switches_of(session: Session, *names: str) -> list[Switch]:
    """Return the switches to versions, oldest first."""
    is_switch = AuditRow.action.in_((APPLIED, ROLLED_BACK))
    query = select(AuditRow).where(AuditRow.subject.in_(names), is_switch).order_by(AuditRow.id)
    return [Switch(row.action, row.subject, row.detail["was"], row.actor, row.at) for row in session.scalars(query)]


def _switch(
    session: Session,
    source: Source,
    version: DetectorVersion,
    *,
    expected: int | None,
    action: str,
    actor: str,
    now: datetime,
) -> Switch:
    standing = source.active_version_id if expected is None else expected
    if not activate_version(session, source.id, version.id, expected=standing):
        judging = active_version(session, source_by_id(session, source.id))
        name = judging.name if judging else "no detector"
        raise SwitchError(f"{source.name} is judged by {name} by now, so nothing was changed.")
    was = version_by_id(session, standing).name if standing is not None else ""
    write_audit(session, actor=actor, action=action, subject=version.name, detail={"was": was}, now=now)
    return Switch(action, version.name, was, actor, now)
