"""The answer to "is this one normal?": the verdict, how far from the threshold, where, and what to make of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.messages.figures import against_good_ones, against_threshold
from agent.messages.message import Block, Message, actions, button, context, message, section
from agent.messages.region_words import region_words
from agent.messages.safe_text import clean, safe
from storage.records import Look, LookResult, RejectReason, Verdict

LOOK_AT = "look_at_"
BUTTONS = 20
OPTIONS = 100
OPTION_TEXT = 75
SOURCES_NAMED = 10
WHICH = "Which source is this image of?"
NO_SOURCE = "No source has a fitted detector yet, so I cannot judge an image. `oddspot fit` makes one."
NOBODY_SCORES = (
    "Nobody is scoring just now: is `oddspot detect` running? The answer comes here as soon as it has been scored."
)
NOT_COUNTED = "asked about, so counted nowhere"
REASONS = {
    RejectReason.EMPTY: "the file is empty",
    RejectReason.TRUNCATED: "the file is damaged or stops before its end",
    RejectReason.NOT_AN_IMAGE: "it is no image",
    RejectReason.FORMAT_NOT_ALLOWED: "it is of a kind I do not open; JPEG, PNG, TIFF, BMP and WebP are fine",
    RejectReason.TOO_LARGE: "the file is larger than the settings allow",
    RejectReason.TOO_MANY_PIXELS: "it has more pixels than the settings allow",
    RejectReason.BAD_ASPECT: "it is far too long for its width",
    RejectReason.NOT_FINITE: "it holds values that are no numbers",
    RejectReason.DECODER_CRASH: "opening it took more memory than the settings allow, or broke the decoder",
    RejectReason.DECODER_TIMEOUT: "opening it took longer than the settings allow",
    RejectReason.SETTINGS_MISMATCH: "its source's `bit_depth` is another than at the fit; fit it again",
}
UNREADABLE = "the file cannot be read"


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not looked at, and why."""

    name: str
    reason: str


def look_message(look: Look) -> Message:
    """Return what came of an image that was asked about."""
    result = look.result
    if result is None or result.verdict is None:
        words = f"I could not judge {safe(look.name)} for {safe(look.source)}: {_why_not(result)}."
        return message(words, [section(words)])
    verdict = safe(look_verdict(look.source, result))
    return message(verdict, [section(f"*{verdict}*"), context([safe(look_note(look, result), most=1000)])])


def look_verdict(source: str, result: LookResult) -> str:
    """Return the verdict on one line, as in `Anomalous for line-1: 2.3x the threshold, top left`."""
    score, threshold = result.score or 0.0, result.threshold or 0.0
    if result.verdict is not Verdict.ANOMALOUS:
        return f"Normal for {source}: {_below(score, threshold)}"
    return f"Anomalous for {source}: {against_threshold(score, threshold)}{_where(result)}"


def look_note(look: Look, result: LookResult) -> str:
    """Return what stands small below the verdict: the file, the detector, and every caution there is."""
    parts = [clean(look.name), result.detector or "", against_good_ones(result.p_value, result.good_ones), NOT_COUNTED]
    cautions = []
    if not result.may_alert:
        cautions.append("Its detector was judged not fit, so do not rely on this.")
    if result.fault:
        cautions.append(f"The image has a fault ({result.fault}), so do not rely on this.")
    if result.verdict is not Verdict.ANOMALOUS and result.picture:
        cautions.append("Outlined is where it is oddest.")
    return " ".join(["; ".join(part for part in parts if part) + ".", *cautions])


def look_failure(look: Look) -> str:
    """Return in one sentence why an image has no verdict."""
    return f"I could not judge {clean(look.name)} for {look.source}: {_why_not(look.result)}."


def refused_message(refused: Sequence[Refused], *, note: str = "") -> Message:
    """Return why files are not looked at."""
    lines = [f"I cannot look at {safe(one.name)}: {one.reason}." for one in refused] + ([note] if note else [])
    return message("\n".join(lines), [section("\n".join(lines))])


def which_source_message(sources: Sequence[tuple[int, str]], files: str, *, unknown: str | None = None) -> Message:
    """Ask back of which source the image is; what is pressed carries the source's id and the files' ids."""
    said = f"I know no source {safe(unknown)!r}. {WHICH}" if unknown else WHICH
    if len(sources) <= BUTTONS:
        pressed: list[Block] = [
            button(clean(name), action_id=f"{LOOK_AT}{number}", value=f"{source_id}|{files}")
            for number, (source_id, name) in enumerate(sources)
        ]
        return message(said, [section(said), actions(pressed)])
    options = [_option(clean(name, most=OPTION_TEXT), f"{source_id}|{files}") for source_id, name in sources[:OPTIONS]]
    menu = {"type": "static_select", "action_id": f"{LOOK_AT}menu", "options": options}
    return message(said, [section(said), actions([menu])])


def _option(name: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": name, "emoji": False}, "value": value}


def _why_not(result: LookResult | None) -> str:
    if result is None:
        return "it is not judged yet"
    if result.rejected is not None:
        return REASONS.get(result.rejected, UNREADABLE)
    return (result.failure or UNREADABLE).rstrip(".")


def _below(score: float, threshold: float) -> str:
    """Say how near a normal score comes, never rounded up to the threshold itself."""
    if threshold <= 0:
        return f"score {score:.3g}, threshold {threshold:.3g}"
    if score >= threshold:
        return "exactly at the threshold"
    return f"{math.floor(max(0.0, score / threshold) * 100) / 100:.2f}".lstrip("0") + " of the threshold"


def _where(result: LookResult) -> str:
    if not result.regions:
        return ""
    worst = max(result.regions, key=lambda region: region.peak)
    place, more = region_words(worst, width=result.width, height=result.height).strip(", "), len(result.regions) - 1
    return f", {place}" + (f" and {more} more" if more else "") if place else ""
