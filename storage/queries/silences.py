"""Silences as they stand at a moment: in force, or over."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from storage.models import SilenceRow, SourceRow
from storage.records import Silence
from storage.repositories.silences import as_silence


def list_silences(
    session: Session,
    *,
    now: datetime,
    limit: int,
    sources: tuple[str, ...] | None = None,
    is_active: bool | None = None,
) -> list[Silence]:
    """Return silences begun by `now`, the newest first; those of every source belong to any."""
    query = (
        select(SilenceRow, SourceRow.name)
        .outerjoin(SourceRow, SourceRow.id == SilenceRow.source_id)
        .where(*_chosen(now, sources, is_active=is_active))
        .order_by(SilenceRow.until.desc(), SilenceRow.id.desc())
        .limit(limit)
    )
    return [as_silence(row, name) for row, name in session.execute(query)]


def count_silences(
    session: Session, *, now: datetime, sources: tuple[str, ...] | None = None, is_active: bool | None = None
) -> tuple[int, int]:
    """Return how many silences there are, and how many alerts they have kept back."""
    query = (
        select(func.count(SilenceRow.id), func.coalesce(func.sum(SilenceRow.hits), 0))
        .outerjoin(SourceRow, SourceRow.id == SilenceRow.source_id)
        .where(*_chosen(now, sources, is_active=is_active))
    )
    number, hits = session.execute(query).one()
    return int(number), int(hits)


def _chosen(now: datetime, sources: tuple[str, ...] | None, *, is_active: bool | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [SilenceRow.starts_at <= now]
    if sources is not None:
        wanted.append(or_(SilenceRow.source_id.is_(None), SourceRow.name.in_(sources)))
    if is_active is not None:
        wanted.append(SilenceRow.until > now if is_active else SilenceRow.until <= now)
    return wanted
