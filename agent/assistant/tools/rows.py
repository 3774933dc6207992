"""Inspections and incidents as rows of a tool's data."""

from typing import Any

from agent.assistant.answer import rfc3339
from agent.assistant.tools.context import plain
from storage.records import Incident, Inspection

SCORE_DIGITS = 6


def inspection_row(found: Inspection) -> dict[str, Any]:
    """Return an inspection in one row."""
    ratio = found.score / found.threshold if found.threshold else None
    row: dict[str, Any] = {
        "id": found.shown_id,
        "source": found.source,
        "captured_at": rfc3339(found.captured_at),
        "score": round(found.score, SCORE_DIGITS),
        "threshold": round(found.threshold, SCORE_DIGITS),
        "ratio": None if ratio is None else round(ratio, 2),
        "verdict": str(found.verdict),
        "label": None if found.label is None else str(found.label),
    }
    if found.defect_class:
        row["defect_class"] = plain(found.defect_class)
    if found.incident_id is not None:
        row["incident"] = f"I-{found.incident_id}"
    return row


def inspection_details(found: Inspection) -> dict[str, Any]:
    """Return everything about an inspection; regions in pixels of the upright original."""
    return inspection_row(found) | {
        "detector": plain(found.detector),
        "p_value": None if found.p_value is None else round(found.p_value, SCORE_DIGITS),
        "fault": found.fault,
        "file": plain(found.name),
        "attributes": {plain(key): plain(value) for key, value in found.attributes.items()},
        "regions": [
            {"x": one.x, "y": one.y, "width": one.width, "height": one.height, "peak": round(one.peak, 3)}
            for one in found.regions[:20]
        ],
        "region_count": len(found.regions),
        "has_heatmap": found.heatmap is not None,
    }


def incident_row(found: Incident) -> dict[str, Any]:
    """Return an incident in one row."""
    row = {
        "id": found.shown_id,
        "source": found.source,
        "state": str(found.state),
        "anomalies": found.anomalies,
        "opened_at": rfc3339(found.opened_at),
        "last_at": rfc3339(found.last_at),
    }
    return row | ({"closed_at": rfc3339(found.closed_at)} if found.closed_at else {})
