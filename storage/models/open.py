"""The conditions of partial indexes, their values written out: or SQLite cannot see that the index holds for them."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, literal_column, or_, text
from sqlalchemy.orm import InstrumentedAttribute

from storage.models.found import InspectionRow
from storage.models.seen import FrameRow, JobRow
from storage.models.told import DeliveryRow
from storage.records import DeliveryState, FrameState, JobState, Verdict


def _among(column: InstrumentedAttribute[Any], *values: StrEnum) -> ColumnElement[bool]:
    """Say that a column is one of these members of an enumeration, whose values are plain words."""
    return column.in_([_written(value) for value in values])


def _written(value: StrEnum) -> ColumnElement[str]:
    return literal_column(f"'{value.value}'")


FRAME_IS_OPEN = _among(FrameRow.state, FrameState.PENDING, FrameState.LEASED)
JOB_IS_OPEN = _among(JobRow.state, JobState.PENDING, JobState.LEASED)
DELIVERY_IS_OPEN = _among(DeliveryRow.state, DeliveryState.PENDING, DeliveryState.SENDING)
IS_ANOMALOUS: ColumnElement[bool] = InspectionRow.verdict == _written(Verdict.ANOMALOUS)
IS_OVER: ColumnElement[bool] = or_(InspectionRow.score >= InspectionRow.threshold, InspectionRow.threshold < text("0"))
FRAME_IS_NOT_SCORED: ColumnElement[bool] = FrameRow.state != _written(FrameState.SCORED)
