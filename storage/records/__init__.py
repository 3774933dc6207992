"""The frozen records that cross packages: what was seen, found, said and still has to be told."""

from storage.records.alarms import Alarm, Unsent
from storage.records.asked import Job, Window
from storage.records.found import (
    Incident,
    IncidentState,
    Inspection,
    Label,
    LabelKind,
    NearestNormal,
    NewInspection,
    Region,
    Verdict,
)
from storage.records.seen import (
    NOT_FIT,
    DetectorVersion,
    Frame,
    FrameState,
    Lease,
    NewFrame,
    RejectReason,
    Source,
    SourceState,
)
from storage.records.told import Delivery, DeliveryKind, DeliveryState, Event, EventKind, NewDelivery, Silence
from storage.records.watched import Check, DriftCheck, ToldDrift

__all__ = [
    "NOT_FIT",
    "Alarm",
    "Check",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "DetectorVersion",
    "DriftCheck",
    "Event",
    "EventKind",
    "Frame",
    "FrameState",
    "Incident",
    "IncidentState",
    "Inspection",
    "Job",
    "Label",
    "LabelKind",
    "Lease",
    "NearestNormal",
    "NewDelivery",
    "NewFrame",
    "NewInspection",
    "Region",
    "RejectReason",
    "Silence",
    "Source",
    "SourceState",
    "ToldDrift",
    "Unsent",
    "Verdict",
    "Window",
]
