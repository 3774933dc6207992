"""Silences: until when, and for what, no alert is sent."""

from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import InspectionRow, SilenceRow, SourceRow
from storage.records import Silence
from storage.repositories.audit import write_audit

# A silence that ends so little later is the same click again, or a retry.
SAME_CLICK = timedelta(minutes=1)


class UnknownSilenceError(StorageError):
    """No silence has that id."""

    def __init__(self, silence_id: int) -> None:
        super().__init__(f"There is no silence S-{silence_id}.")


class SilencesNothingError(StorageError):
    """What a silence is to cover is not there to be covered."""


def add_silence(
    session: Session,
    *,
    source_id: int | None,
    until: datetime,
    author: str,
    comment: str,
    now: datetime,
    defect_class: str | None = None,
    like_inspection_id: int | None = None,
    attribute: tuple[str, str] | None = None,
    incident_id: int | None = None,
) -> int:
    """Silence a source (None: all), or what is like one anomaly or has an attribute there, with an audit row.

    One already as long by the same person is kept. incident_id: what the act was about. Raise SilencesNothingError for
    an anomaly that is not there, or is of another source.
    """
    if like_inspection_id is not None:
        _need_anomaly(session, like_inspection_id, source_id)
    key, value = attribute or (None, None)
    wanted = {
        SilenceRow.source_id: source_id,
        SilenceRow.defect_class: defect_class,
        SilenceRow.like_inspection_id: like_inspection_id,
        SilenceRow.attribute: key,
        SilenceRow.value: value,
    }
    same = [column.is_(None) if given is None else column == given for column, given in wanted.items()]
    standing = session.scalar(
        select(SilenceRow.id)
        .where(
            *same,
            SilenceRow.author == author,
            SilenceRow.until >= until - SAME_CLICK,
            SilenceRow.starts_at <= now + SAME_CLICK,
        )
        .limit(1),
    )
    if standing is not None:
        return standing
    row = SilenceRow(
        source_id=source_id,
        defect_class=defect_class,
        starts_at=now,
        until=until,
        author=author,
        comment=comment,
        like_inspection_id=like_inspection_id,
        attribute=key,
        value=value,
    )
    session.add(row)
    session.flush()
    detail = {"source_id": source_id, "until": until.isoformat(), "defect_class": defect_class}
    detail |= {"silence_id": row.id, "like": like_inspection_id, "attribute": key, "value": value}
    subject = f"silence-{row.id}"
    write_audit(
        session, actor=author, action="silence", subject=subject, detail=detail, incident_id=incident_id, now=now
    )
    return row.id


def _need_anomaly(session: Session, inspection_id: int, source_id: int | None) -> None:
    found = session.get(InspectionRow, inspection_id)
    if found is None:
        raise SilencesNothingError(f"There is no inspection A-{inspection_id}.")
    if source_id is not None and found.source_id != source_id:
        raise SilencesNothingError(f"A-{inspection_id} is of another source.")
    if found.vectors is None:
        raise SilencesNothingError(f"What A-{inspection_id} looks like is not on record, so nothing is like it.")


def end_silence(session: Session, silence_id: int, *, author: str, now: datetime) -> bool:
    """End a silence now; False where it was over already. The caller writes the audit; raise UnknownSilenceError."""
    row = session.get(SilenceRow, silence_id, with_for_update=True)
    if row is None:
        raise UnknownSilenceError(silence_id)
    if row.until <= now:
        return False
    row.until, row.ended_by = now, author
    session.flush()
    return True


def count_hit(session: Session, silence_id: int) -> None:
    """Count an alert that a silence has kept back."""
    own = SilenceRow.id == silence_id
    session.execute(
        update(SilenceRow).where(own).values(hits=SilenceRow.hits + 1).execution_options(synchronize_session=False)
    )


def is_silenced(session: Session, *, source_id: int, now: datetime) -> bool:
    """Say whether a whole source is silenced now."""
    return any(is_whole(one) for one in silences_of(session, source_id, now=now))


def is_whole(silence: Silence) -> bool:
    """Say whether a silence covers everything of its source."""
    return silence.defect_class is None and silence.like_inspection_id is None and silence.attribute is None


def silences_of(session: Session, source_id: int, *, now: datetime) -> list[Silence]:
    """Return the silences in force that may cover something of a source, soonest to end first."""
    own = or_(SilenceRow.source_id == source_id, SilenceRow.source_id.is_(None))
    return [as_silence(row, name) for row, name in session.execute(_in_force(now).where(own))]


def active_silences(session: Session, *, now: datetime) -> list[Silence]:
    """Return the silences in force, soonest to end first."""
    return [as_silence(row, name) for row, name in session.execute(_in_force(now))]


def as_silence(row: SilenceRow, source: str | None) -> Silence:
    """Turn a row into the record."""
    return Silence(
        id=row.id,
        source=source,
        defect_class=row.defect_class,
        starts_at=row.starts_at,
        until=row.until,
        author=row.author,
        comment=row.comment,
        like_inspection_id=row.like_inspection_id,
        attribute=row.attribute,
        value=row.value,
        hits=row.hits,
    )


def _in_force(now: datetime) -> Select[SilenceRow, str]:
    return (
        select(SilenceRow, SourceRow.name)
        .outerjoin(SourceRow, SourceRow.id == SilenceRow.source_id)
        .where(SilenceRow.starts_at <= now, SilenceRow.until > now)
        .order_by(SilenceRow.until)
    )
