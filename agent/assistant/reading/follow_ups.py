"""Follow-ups in a thread: `and yesterday?`, `only line-2`, `show me the second one`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent.assistant.reading.language import slot_language
from agent.assistant.reading.reader import Looked, shaped
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.reading.times import resolve_times, span_text
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.groups import previous
from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.reader import find_times
from storage.records import Window

LEAD = re.compile(
    r"^(?:and|also|but|then|now|so|ok|okay|or|same|what about|how about|and what about|and how about|only|just|"
    r"what if|instead|without|excluding|except|more|next|further)\b"
)
PRONOUN = re.compile(r"\b(?:them|those|these|they|it|its|that|ones|one|of which|the same|there|all of them|the rest)\b")
BARE = re.compile(r"^(?:please )?(?:show|list|give|display|which|the worst|worst|top)\b")
WHOLE = re.compile(r"\b(?:all|any|every|everything|ever|overall|anywhere)\b")
SUBJECT = re.compile(r"\b(?:it|its|this one|that one|this anomaly|that anomaly)\b")
MORE = re.compile(
    r"^(?:show |list |give me |see )?(?:me )?(?:some |the )?(?:more|next|further|rest|next page|next ones|others)\b"
)
BEFORE = re.compile(
    r"\b(?:the )?(?P<unit>day|week|month|year|hour)? ?before(?: that)?$|\b(?:the )?previous (?:one|period|window|time)$"
)
FILLER = re.compile(
    r"\b(?:and|also|but|then|now|so|ok|okay|or|same|what|about|how|only|just|instead|without|excluding|except|the|for|on|in|at|of|"
    r"from|with|by|per|to|is|it|this|that|please|me|show|again|ones|one|a|an|again|qsource|qwindow|qclass|qattribute|qgroup|"
    r"qnumber|qdetector|question|if|there|were|was|are|did|do|all|any|not|thing|time|during|instead|anomalies|anomaly)\b"
)
SETTLED = {Intent.DETAIL, Intent.SIMILAR, Intent.INCIDENT, Intent.CHANGE, Intent.HELP, Intent.UNKNOWN, Intent.HEALTH}
NARROWED = ("confirmed", "false_alarms", "unsure", "unlabelled", "missed")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a thread remembers of its last answer; subject: the inspection spoken of last."""

    reading: Reading
    asked_at: datetime
    ids: tuple[str, ...] = ()
    window: Window | None = None
    subject: int | None = None


def follow(looked: Looked, last: Remembered, context: ToolContext, first: datetime | None) -> Reading | None:
    """Read a question as the continuation of the last one; None where it stands on its own. Raise WindowError."""
    picked = _picked(looked, last.ids) or _spoken_of(looked, last.subject)
    if picked is not None:
        return picked
    text = looked.masked
    if MORE.search(text) and last.reading.intent in {Intent.LIST, Intent.INCIDENTS}:
        return Reading(last.reading.intent, _next_page(last.reading.slots, len(last.ids)))
    if looked.agreed in SETTLED or looked.by_cues in {Intent.CHANGE, Intent.DETAIL, Intent.INCIDENT}:
        return None
    is_short = not FILLER.sub("", text).strip(" ,") or _only_figure(looked)
    names_a_place = bool(looked.slots.windows or looked.slots.sources or WHOLE.search(text))
    is_led = LEAD.search(text) is not None or PRONOUN.search(text) is not None
    is_bare = looked.agreed is Intent.LIST and BARE.search(text) is not None and not names_a_place
    is_narrowing = looked.slots.figure in NARROWED and not looked.slots.windows and not looked.slots.sources
    if not (is_short or is_led or is_narrowing or is_bare):
        return None
    own = None if is_short else looked.agreed or looked.by_cues
    if own is None and last.reading.intent in SETTLED:
        own = Intent.COUNT
    merged = _merged(last, looked, is_same=own in {None, last.reading.intent})
    return shaped(own or last.reading.intent, _in_zone(merged, looked, last, context, first))


def _in_zone(
    slots: Slots,
    looked: Looked,
    last: Remembered,
    context: ToolContext,
    first: datetime | None,
) -> Slots:
    """Resolve the words about time once more where the sources now named have another zone."""
    asked, zone = looked.slots, context.zone(slots.sources)
    if asked.windows:
        if zone == context.zone(asked.sources):
            return slots
        resolved = resolve_times(looked.times, slots.sources, context, first)
        return replace(slots, windows=tuple(span_text(one.window) for one in resolved))
    is_kept = slots.windows == last.reading.slots.windows and len(slots.spoken) == len(slots.windows)
    if not is_kept or not slots.spoken or zone == context.zone(last.reading.slots.sources):
        return slots
    then = replace(context, now=last.asked_at)
    found = [words for spoken in slots.spoken for words in find_times(spoken)[:1]]
    resolved = resolve_times(found, slots.sources, then, first)
    return replace(slots, windows=tuple(span_text(one.window) for one in resolved)) if resolved else slots


def _spoken_of(looked: Looked, subject: int | None) -> Reading | None:
    """Read `is it confirmed?` after an inspection was shown as a question about that inspection."""
    if subject is None or looked.slots.ids:
        return None
    if looked.by_cues is Intent.SIMILAR:
        return Reading(Intent.SIMILAR, replace(looked.slots, ids=(subject,)))
    if looked.has_slots_but_figure or SUBJECT.search(looked.masked) is None:
        return None
    return Reading(Intent.DETAIL, Slots(ids=(subject,)))


def _only_figure(looked: Looked) -> bool:
    """Whether nothing but a figure is said: `what about false alarms`."""
    rest = looked.masked
    for focus in slot_language().focus:
        rest = focus.pattern.sub("", rest)
    return (
        looked.slots.figure is not None
        and not FILLER.sub("", rest).strip(" ,")
        and LEAD.search(looked.masked) is not None
    )


def _picked(looked: Looked, ids: Sequence[str]) -> Reading | None:
    """Read `the second one` as the second of the ids just shown."""
    ordinals = slot_language().ordinals
    thing = r"(?: (?:one|anomaly|incident|image|picture|of (?:them|those|these)))?"
    match = re.search(rf"\b(?:the )?({'|'.join(ordinals)}){thing}$", looked.masked)
    is_elsewhere = looked.slots.windows or looked.slots.sources or looked.slots.ids
    if match is None or not ids or is_elsewhere:
        return None
    place = ordinals[match[1]]
    if place > len(ids):
        return None
    chosen = ids[place - 1 if place > 0 else place]
    if chosen.startswith("I-"):
        return Reading(Intent.INCIDENT, Slots(incident=chosen))
    return Reading(Intent.DETAIL, Slots(ids=(int(chosen.removeprefix("A-")),)))


def _next_page(slots: Slots, shown: int) -> Slots:
    return replace(slots, offset=slots.offset + shown)


def _merged(last: Remembered, looked: Looked, *, is_same: bool) -> Slots:
    old, new = last.reading.slots, looked.slots
    windows, spoken = (new.windows, new.spoken) if new.windows else (old.windows, old.spoken)
    moved = _moved_back(looked, last.window)
    if moved is not None and not new.windows:
        windows, spoken = (span_text(moved),), ()
    names_all = slot_language().all_sources.search(looked.question.text) is not None
    return replace(
        new,
        windows=windows,
        spoken=spoken,
        sources=new.sources or (() if names_all or new.excluded_sources else old.sources),
        excluded_sources=new.excluded_sources or old.excluded_sources,
        detectors=new.detectors or old.detectors,
        defect_classes=new.defect_classes or old.defect_classes,
        attributes=new.attributes or old.attributes,
        figure=new.figure or (old.figure if is_same else None),
        labels=new.labels or (old.labels if new.figure is None else ()),
        excluded_labels=new.excluded_labels or old.excluded_labels,
        group_by=new.group_by or (old.group_by if is_same else None),
        attribute=new.attribute or (old.attribute if is_same else None),
        limit=new.limit or (old.limit if is_same else None),
        order=new.order or (old.order if is_same else None),
        states=new.states or (old.states if is_same else ()),
        min_ratio=new.min_ratio or old.min_ratio,
    )


def _moved_back(looked: Looked, window: Window | None) -> Window | None:
    """Return the window before the last one, for `and the week before?`."""
    match = BEFORE.search(looked.question.text)
    if match is None or window is None:
        return None
    unit = match.groupdict().get("unit")
    if unit is None:
        return previous(window)
    calendar = Calendar(window.start, window.time_zone)
    return calendar.window(calendar.back(window.start, 1, unit), calendar.back(window.end, 1, unit))
