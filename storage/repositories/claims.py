"""Which frames are leased next: every source with something to do gets its share, and no frame is held by two.

The statements are built once, as every look at the ledger runs them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, or_, select
from sqlalchemy.orm import Session

from storage.models import DetectorVersionRow, FrameRow, SourceRow
from storage.models.open import FRAME_IS_OPEN
from storage.records import FrameState, SourceState
from storage.repositories.leases import LONGEST_LEASE, is_outside

FRAME: Table = FrameRow.__table__  # type: ignore[assignment]  # as mapped
JUDGED_STATES = (SourceState.COMMISSIONING, SourceState.LIVE)
IS_JUDGED = SourceRow.state.in_(JUDGED_STATES) & DetectorVersionRow.bundle.is_not(None)
RAN_OUT = is_outside(FRAME.c.lease_until, bindparam("clock"), bindparam("latest"))
IS_FREE: ColumnElement[bool] = or_(FRAME.c.state == FrameState.PENDING, (FRAME.c.state == FrameState.LEASED) & RAN_OUT)


def choose_frames(session: Session, clock: datetime, limit: int) -> Sequence[Row[Any]]:
    """Lock each source's share of what may be leased, and of the rest what has waited longest; return it oldest first.

    What others are about to lease is skipped.
    """
    session.flush()
    connection, now = session.connection(), {"clock": clock, "latest": clock + LONGEST_LEASE}
    shares = _shares(connection, now, limit)
    rows: list[Row[Any]] = []
    has_more = len(shares) == limit
    for source_id, share in shares:
        own = connection.execute(OF_SOURCE, now | {"its_source": source_id, "most": share}).all()
        has_more |= len(own) == share
        rows += own
    left = limit - len(rows)
    if left and has_more:  # others hold a source's oldest, or a source has fewer than its share
        rows += connection.execute(OTHERS, now | {"taken": [row.id for row in rows], "most": left})
    return sorted(rows, key=lambda row: row.id)


def _shares(connection: Connection, now: dict[str, datetime], limit: int) -> list[tuple[int, int]]:
    """Divide what may be leased among the judged sources with something to lease, the longest waiting first.

    Return each source's id and how much it gets.
    """
    oldest = connection.execute(OLDEST, now)
    waiting = sorted((first, source_id) for source_id, first in oldest if first is not None)[:limit]
    share, left = divmod(limit, len(waiting) or 1)
    return [(source_id, share + (place < left)) for place, (_, source_id) in enumerate(waiting)]


def _oldest() -> Select[Any]:
    """Select each judged source with the first of its frames that may be leased."""
    oldest = (
        select(FRAME.c.id)
        .where(FRAME_IS_OPEN, FRAME.c.source_id == SourceRow.id, IS_FREE)
        .order_by(FRAME.c.id)
        .limit(1)
        .correlate(SourceRow)
        .scalar_subquery()
    )
    sources = select(SourceRow.id, oldest)
    return sources.join(DetectorVersionRow, DetectorVersionRow.id == SourceRow.active_version_id).where(IS_JUDGED)


def _claimable(*conditions: ColumnElement[bool]) -> Select[Any]:
    free = select(FRAME).where(FRAME_IS_OPEN, IS_FREE, *conditions).order_by(FRAME.c.id).limit(bindparam("most"))
    return free.with_for_update(skip_locked=True, of=FRAME)


def _judged(query: Select[Any]) -> Select[Any]:
    version = DetectorVersionRow.id == SourceRow.active_version_id
    return query.join(SourceRow, SourceRow.id == FRAME.c.source_id).join(DetectorVersionRow, version).where(IS_JUDGED)


OLDEST = _oldest()
OF_SOURCE = _claimable(FRAME.c.source_id == bindparam("its_source"))
OTHERS = _judged(_claimable(FRAME.c.id.not_in(bindparam("taken", expanding=True))))
