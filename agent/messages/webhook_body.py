"""What a webhook is sent of an incident: plain JSON, the state as it is when it is told."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from storage.records import Incident, Inspection, Label


def webhook_body(event: str, incident: Incident, worst: Inspection, labels: Sequence[Label], *, now: datetime) -> str:
    """Return the JSON text: type, timestamp, data; the same text is signed, kept and sent."""
    said = {
        "type": event,
        "timestamp": _moment(now),
        "data": {
            "incident": _incident(incident),
            "worst_anomaly": _anomaly(worst),
            "labels": [_label(label) for label in labels],
        },
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.shown_id,
        "source": incident.source,
        "state": incident.state,
        "anomalies": incident.anomalies,
        "opened_at": _moment(incident.opened_at),
        "last_at": _moment(incident.last_at),
        "closed_at": _moment(incident.closed_at),
    }


def _anomaly(worst: Inspection) -> dict[str, Any]:
    return {
        "id": worst.shown_id,
        "image": worst.name,
        "captured_at": _moment(worst.captured_at),
        "detector": worst.detector,
        "score": worst.score,
        "threshold": worst.threshold,
        "p_value": worst.p_value,
        "attributes": worst.attributes,
        "regions": [
            {"x": region.x, "y": region.y, "width": region.width, "height": region.height} for region in worst.regions
        ],
    }


def _label(label: Label) -> dict[str, Any]:
    return {
        "anomaly": f"A-{label.inspection_id}",
        "label": label.kind,
        "class": label.defect_class,
        "author": label.author,
        "at": _moment(label.created_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
