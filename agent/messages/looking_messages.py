"""Answers to the buttons that only look: what is similar, and why it was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.messages.figures import against_good_ones, against_threshold, day_and_time
from agent.messages.message import Message, message, section
from agent.messages.region_words import describe_region
from agent.messages.safe_text import safe
from storage.records import DetectorVersion, Inspection

REGIONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Explained:
    """An anomaly, the version that judged it, and the labelled ones most like it, each with its cosine."""

    inspection: Inspection
    version: DetectorVersion | None
    similar: tuple[tuple[Inspection, float], ...]
    zone: str
    now: datetime


def similar_message(inspection: Inspection, similar: Sequence[tuple[Inspection, float]], *, zone: str) -> Message:
    """Return the anomalies most like one, the most like first."""
    if not similar:
        return _paragraph(
            f"Nothing on record from {safe(inspection.source)} can be compared with {inspection.shown_id}."
        )
    lines = [f"*Most like {inspection.shown_id}* (1 is the same):"]
    lines += [_line(one, cosine, zone) for one, cosine in similar]
    return _paragraph("\n".join(lines))


def explain_message(view: Explained) -> Message:
    """Return why an anomaly was told: score, threshold, what good ones do, where, and what it is like."""
    one = view.inspection
    odd = against_threshold(one.score, one.threshold)
    lines = [
        f"*Why {one.shown_id}*: it scored {one.score:.4g}, {odd} ({one.threshold:.4g}) of {safe(one.detector)}.",
    ]
    good_ones = view.version.training_images if view.version else 0
    compared = against_good_ones(one.p_value, good_ones)
    if compared and one.p_value is not None:
        least = f"{1 / (good_ones + 1):.3g}"
        lines.append(f"It is {compared} held out at the fit (p = {one.p_value:.3g}, and never less than {least}).")
    if view.version is not None:
        lines.append(f"Of good images it tells at most {view.version.promised_rate:.2%}, as promised at the fit.")
    lines += [_region(one, number) for number in range(min(len(one.regions), REGIONS_SHOWN))]
    lines += [f"Like {_line(other, cosine, view.zone)}" for other, cosine in view.similar]
    return _paragraph("\n".join(lines))


def _region(inspection: Inspection, number: int) -> str:
    region = inspection.regions[number]
    where = describe_region(region, width=inspection.width, height=inspection.height)
    nearest = region.nearest
    good = f"; the good photo most like it there is {safe(nearest.image)}" if nearest else ""
    return f"• {'Oddest' if number == 0 else 'Also odd'}: {where}, {region.peak:.4g} at its peak{good}."


def _line(inspection: Inspection, cosine: float, zone: str) -> str:
    label = inspection.label.replace("_", " ") if inspection.label else "not labelled"
    kind = f" {safe(inspection.defect_class)}" if inspection.defect_class else ""
    return f"{inspection.shown_id}: {label}{kind}, {day_and_time(inspection.captured_at, zone)} ({cosine:.2f})"


def _paragraph(text: str) -> Message:
    return message(text, [section(text)])
