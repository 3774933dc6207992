"""Seconds between two moments, in SQL of either database."""

from typing import Any

from sqlalchemy import ColumnElement, Float, func
from sqlalchemy.orm import Session

SECONDS_A_DAY = 86_400


def seconds_between(session: Session, start: Any, end: Any) -> ColumnElement[float]:
    """Return the seconds from one column or expression to another; SQLite tells them to a tenth of a millisecond."""
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(end) - func.julianday(start)) * SECONDS_A_DAY
    return func.date_part("epoch", end - start, type_=Float())
