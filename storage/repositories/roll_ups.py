"""Counts a quarter of an hour (some zones need it), written in the transaction of what they count.

They are summed in memory and written at its end, in one order: so that workers who count the same spans wait for each
other only as long as a commit takes, and never in a ring.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    Table,
    bindparam,
    case,
    delete,
    event,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from storage.models import AttributeRollUpRow, CapturedRollUpRow, InspectionRow, RollUpRow, SourceRow

SPAN_MINUTES = 15
PACE_SPAN = timedelta(days=7)
WAITING = "oddspot_counts"
NEWEST = ("newest",)
LONGEST_VALUE = 200
TABLES: tuple[Table, ...] = (RollUpRow.__table__, CapturedRollUpRow.__table__, AttributeRollUpRow.__table__)  # type: ignore[assignment]  # as mapped
KINDS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
Key = tuple[Any, ...]


def _upsert(kind: Any, table: Table) -> Insert:
    statement, keys = kind(table), list(table.primary_key.columns)
    summed = [column for column in table.columns if not column.primary_key]
    sums = {column.name: column + statement.excluded[column.name] for column in summed}
    upsert: Insert = statement.on_conflict_do_update(index_elements=keys, set_=sums)
    return upsert


# Built once: every transaction ends with them.
UPSERTS = {(name, table.name): _upsert(kind, table) for name, kind in KINDS.items() for table in TABLES}
SOURCE: Table = SourceRow.__table__  # type: ignore[assignment]  # as mapped
NOTE = (
    update(SOURCE)
    .where(SOURCE.c.id == bindparam("its_id"))
    .where(or_(SOURCE.c.last_frame_at.is_(None), SOURCE.c.last_frame_at < bindparam("newest")))
    .values(last_frame_at=bindparam("newest"))
)


def count(session: Session, source_id: int, received_at: datetime, **added: int) -> None:
    """Add to the counts of the quarter of an hour in which frames were received; columns of RollUpRow by name."""
    _add(session, TABLES[0], (source_id, span_start(received_at)), added)


def count_captured(
    session: Session,
    source_id: int,
    version_id: int,
    captured_at: datetime,
    *,
    attributes: Mapping[str, str],
    inspections: int = 0,
    faulted: int = 0,
    frames: int = 0,
) -> None:
    """Add to the counts of the quarter in which images were captured, and to those of each attribute they have."""
    place = (source_id, span_start(captured_at), version_id)
    counts = {"inspections": inspections, "faulted": faulted}
    _add(session, TABLES[1], place, counts | {"frames": frames})
    for name, value in attributes.items():
        _add(session, TABLES[2], (name[:LONGEST_VALUE], str(value)[:LONGEST_VALUE], *place), counts)


def note_newest(session: Session, source_id: int, captured_at: datetime) -> None:
    """Let a source know its newest frame; an older one changes nothing."""
    newest = _waiting(session).setdefault(NEWEST, {})
    newest[source_id] = max(captured_at, newest.get(source_id, captured_at))


def span_start(moment: datetime) -> datetime:
    """Return the start of the span a moment falls in."""
    utc = moment.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % SPAN_MINUTES, second=0, microsecond=0)


def write_counts(session: Session) -> None:
    """Write what was counted; it is done at the end of each transaction, and before what counts is read within one."""
    waiting = session.info.pop(WAITING, {})
    if not waiting:
        return
    connection = session.connection()
    newest = sorted(waiting.pop(NEWEST, {}).items())
    if newest:
        connection.execute(NOTE, [{"its_id": key, "newest": captured_at} for key, captured_at in newest])
    for table in TABLES:
        found = sorted((key[1:], sums) for key, sums in waiting.items() if key[0] == table.name)
        if found:
            rows = [_row(table, key, sums) for key, sums in found]
            connection.execute(UPSERTS[connection.dialect.name, table.name], rows)


def _add(session: Session, table: Table, key: Key, added: Mapping[str, int]) -> None:
    sums = _waiting(session).setdefault((table.name, *key), {})
    for name, number in added.items():
        sums[name] = sums.get(name, 0) + number


def _waiting(session: Session) -> dict[Key, dict[Any, Any]]:
    """Return what waits to be written, which the session's commit does."""
    if WAITING not in session.info:
        session.info[WAITING] = {}
        if not event.contains(session, "before_commit", write_counts):
            event.listen(session, "before_commit", write_counts)
    waiting: dict[Key, dict[Any, Any]] = session.info[WAITING]
    return waiting


def _row(table: Table, key: Key, sums: dict[str, Any]) -> dict[str, Any]:
    names = [column.name for column in table.primary_key.columns]
    zeros: dict[str, Any] = {column.name: 0 for column in table.columns if column.name not in names}
    return zeros | dict(zip(names, key, strict=True)) | sums


def recount_captured(session: Session) -> None:
    """Count all inspections anew, where the counts and the rows have come apart."""
    write_counts(session)
    session.execute(delete(CapturedRollUpRow))
    earlier = aliased(InspectionRow)
    is_again = exists().where(earlier.frame_id == InspectionRow.frame_id, earlier.id < InspectionRow.id)
    key = InspectionRow.source_id, _span_of(session), InspectionRow.detector_version_id
    is_counted = InspectionRow.is_shadow.is_(False)
    seen = func.count().filter(is_counted), func.count(InspectionRow.fault).filter(is_counted)
    counted = select(*key, *seen, func.sum(case((is_again, 0), else_=1))).group_by(*key)
    session.execute(insert(CapturedRollUpRow).from_select([column.name for column in TABLES[1].columns], counted))
    session.execute(delete(AttributeRollUpRow))
    session.execute(text(_attributes_anew(session)))


def _attributes_anew(session: Session) -> str:
    is_lite = session.get_bind().dialect.name == "sqlite"
    each = "json_each(frame.attributes)" if is_lite else "LATERAL jsonb_each_text(frame.attributes)"
    value = "CAST(a.value AS TEXT)" if is_lite else "a.value"
    columns = "key, value, source_id, starts_at, detector_version_id, inspections, faulted"
    return (
        f"INSERT INTO attribute_roll_up ({columns})"  # noqa: S608 - words of our own
        f" SELECT substr(a.key, 1, {LONGEST_VALUE}), substr({value}, 1, {LONGEST_VALUE}), inspection.source_id,"
        f" {_span_of(session)}, inspection.detector_version_id, COUNT(*), COUNT(inspection.fault)"
        f" FROM inspection JOIN frame ON frame.id = inspection.frame_id, {each} AS a"
        " WHERE NOT inspection.is_shadow GROUP BY 1, 2, 3, 4, 5"
    )


def _span_of(session: Session) -> ColumnElement[Any]:
    """Return in SQL the start of the span in which an inspection was captured."""
    seconds = SPAN_MINUTES * 60
    if session.get_bind().dialect.name == "sqlite":
        start = f"strftime('%s', inspection.captured_at) / {seconds} * {seconds}"
        return literal_column(f"strftime('%Y-%m-%d %H:%M:%S', {start}, 'unixepoch') || '.000000'")
    return literal_column(f"to_timestamp(floor(extract(epoch FROM inspection.captured_at) / {seconds}) * {seconds})")


def frames_a_day(session: Session, source_id: int, *, now: datetime) -> float | None:
    """Return a source's pace over the last seven days in frames a day; None where it has none."""
    write_counts(session)
    since = now - PACE_SPAN
    own = (RollUpRow.source_id == source_id) & (RollUpRow.starts_at >= since) & (RollUpRow.starts_at < now)
    received, first = session.execute(
        select(func.sum(RollUpRow.received), func.min(RollUpRow.starts_at)).where(own)
    ).one()
    if not received:
        return None
    days = max((now - first) / timedelta(days=1), 1 / 24)
    return float(received) / days


def sources_with_frames(session: Session, *, start: datetime, end: datetime) -> set[int]:
    """Return the ids of the sources that received a frame in the spans that start in [start, end)."""
    within = (RollUpRow.starts_at >= start) & (RollUpRow.starts_at < end) & (RollUpRow.received > 0)
    return set(session.scalars(select(RollUpRow.source_id).where(within).distinct()))
