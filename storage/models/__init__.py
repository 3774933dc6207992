"""The typed rows; importing this package makes every table known to `Base.metadata`."""

from storage.models.asked import FeedbackRow
from storage.models.audited import AuditPickRow
from storage.models.base import Base
from storage.models.channels import AlarmRow, ChannelRow
from storage.models.disk import DiskUseRow
from storage.models.found import IncidentRow, InspectionRow, LabelRow
from storage.models.outages import OutageRow
from storage.models.seen import (
    AttributeRollUpRow,
    CapturedRollUpRow,
    DetectorVersionRow,
    DriftCheckRow,
    FrameRow,
    JobRow,
    PinRow,
    RollUpRow,
    SourceRow,
)
from storage.models.told import AuditRow, DeliveryRow, EventRow, SeenEventRow, SilenceRow, ToldReportRow

__all__ = [
    "AlarmRow",
    "AttributeRollUpRow",
    "AuditPickRow",
    "AuditRow",
    "Base",
    "CapturedRollUpRow",
    "ChannelRow",
    "DeliveryRow",
    "DetectorVersionRow",
    "DiskUseRow",
    "DriftCheckRow",
    "EventRow",
    "FeedbackRow",
    "FrameRow",
    "IncidentRow",
    "InspectionRow",
    "JobRow",
    "LabelRow",
    "OutageRow",
    "PinRow",
    "RollUpRow",
    "SeenEventRow",
    "SilenceRow",
    "SourceRow",
    "ToldReportRow",
]
