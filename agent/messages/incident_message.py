"""The one message of an incident, as it stands now."""

from dataclasses import dataclass
from datetime import datetime

from agent.messages.figures import against_good_ones, against_threshold, ago, clock
from agent.messages.incident_buttons import incident_buttons
from agent.messages.message import Message, actions, context, fields, message, picture, section
from agent.messages.region_words import describe_regions
from agent.messages.safe_text import clean, safe, who
from config.counting import several
from storage.records import OPEN_STATES, Act, Incident, IncidentState, Inspection, Label, LabelKind, Silence

ATTRIBUTES_SHOWN = 4
NOTE_SHOWN = 300
SAID = {
    LabelKind.DEFECT: "Defect",
    LabelKind.FALSE_ALARM: "False alarm",
    LabelKind.UNSURE: "Unsure",
    LabelKind.MISSED: "Missed",
}


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """An uploaded heatmap that can stand in a message, and what it shows."""

    file: str
    title: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A confirmed defect that an incident is like, and what was said of it."""

    inspection: Inspection
    label: Label


@dataclass(frozen=True, slots=True)
class IncidentView:
    """Everything an incident's message says, as the database has it at `now`.

    held, held_at: how many later anomalies were held back as like a false alarm of this one, and when the last came.
    acknowledged, undoable: the last acknowledgement, and the last act if it can be taken back.
    """

    incident: Incident
    cover: Inspection
    good_ones: int
    zone: str
    silence_minutes: float
    now: datetime
    labels: tuple[Label, ...] = ()
    silence: Silence | None = None
    picture: ShownPicture | None = None
    seen: Seen | None = None
    held: int = 0
    held_at: datetime | None = None
    acknowledged: Act | None = None
    undoable: Act | None = None


def incident_message(view: IncidentView, *, revision: str) -> Message:
    """Return the message; revision makes the block ids new, as an update needs them."""
    blocks = [
        section(f"*{_headline(view)}*\n{_how_odd(view)}", block_id=f"headline-{revision}"),
        fields(_fields(view), block_id=f"fields-{revision}"),
    ]
    lines = state_lines(view)
    if lines:
        blocks.append(context(lines, block_id=f"state-{revision}"))
    if view.picture is not None:
        shown = view.picture
        blocks.append(
            picture(shown.file, alt_text=shown.alt_text, title=shown.title, block_id=f"picture-{revision}"),
        )
    blocks.append(context([_ids(view)], block_id=f"ids-{revision}"))
    pressed = incident_buttons(
        view.incident,
        silence_minutes=view.silence_minutes,
        defect_class=view.seen.label.defect_class if view.seen else None,
        undoable=view.undoable,
    )
    blocks.append(actions(pressed, block_id=f"buttons-{revision}"))
    return message(_text(view, lines), blocks)


def farewell_message(incident: Incident) -> Message:
    """Return what the message says that an incident was told in before it was told anew."""
    words = f"{safe(incident.source)}: {incident.shown_id} goes on; it is told anew below."
    return message(words, [section(words)])


def picture_words(inspection: Inspection, kind: str = "Heatmap") -> str:
    """Return alt text for an inspection's picture, naming region and score."""
    where = _where(inspection) or "no region marked"
    odd = against_threshold(inspection.score, inspection.threshold)
    return clean(f"{kind} of {inspection.shown_id} from {inspection.source}: {odd}; {where}", most=500)


def sheet_title(incident: Incident) -> str:
    """Return the title of an incident's contact sheet."""
    return f"{incident.shown_id}, its oddest"


def sheet_words(incident: Incident, ids: list[str]) -> str:
    """Return alt text for an incident's contact sheet."""
    return clean(f"What is odd in {', '.join(ids)}, the oddest of {incident.shown_id} from {incident.source}", most=500)


def state_lines(view: IncidentView) -> list[str]:
    """Say what people did, and how the incident stands."""
    lines = [
        f"{safe(_said(label), most=NOTE_SHOWN)}, says {who(label.author)} (A-{label.inspection_id}, "
        f"{clock(label.created_at, view.zone, today=view.now)})"
        for label in view.labels
    ]
    if view.acknowledged is not None and view.incident.state is IncidentState.ACKNOWLEDGED:
        at = clock(view.acknowledged.at, view.zone, today=view.now)
        lines.append(f"Acknowledged by {who(view.acknowledged.actor)} ({at})")
    if view.silence is not None:
        until = clock(view.silence.until, view.zone, today=view.now)
        lines.append(f"Silenced until {until} by {who(view.silence.author)}")
    if view.held and view.held_at is not None:
        last = clock(view.held_at, view.zone, today=view.now)
        lines.append(f"Held back since, as like this: {several(view.held, 'anomaly')}, last {last}")
    if view.incident.reopened:
        lines.append(f"Came back {several(view.incident.reopened, 'time')} after it was resolved")
    if view.incident.state not in OPEN_STATES:
        closed = view.incident.closed_at or view.now
        lines.append(f"{view.incident.state.capitalize()} {clock(closed, view.zone, today=view.now)}")
    return lines


def _headline(view: IncidentView) -> str:
    count = view.incident.anomalies
    what = "an anomaly" if count == 1 else f"{count} alike"
    if view.incident.is_storm:
        what = f"a storm, {several(count, 'anomaly')} unlike the others told"
    return f"{safe(view.incident.source)}: {what}"


def _how_odd(view: IncidentView) -> str:
    parts = [against_threshold(view.cover.score, view.cover.threshold)]
    parts += [words for words in (against_good_ones(view.cover.p_value, view.good_ones),) if words]
    return "; ".join(parts)


def _where(inspection: Inspection) -> str:
    return describe_regions(inspection.regions, width=inspection.width, height=inspection.height)


def _good_one(inspection: Inspection) -> str:
    """Return the name of the good image most like the worst region, empty where none is known."""
    worst = max(inspection.regions, key=lambda region: region.peak, default=None)
    return worst.nearest.image if worst and worst.nearest else ""


def _fields(view: IncidentView) -> list[str]:
    shown = [f"*When*\n{_when(view)}"]
    where = _where(view.cover)
    shown += [f"*Where*\n{where}"] if where else []
    shown += [f"*Image*\n{safe(view.cover.name)}"]
    shown += [f"*Seen before*\n{_seen(view.seen, view)}"] if view.seen else []
    good_one = _good_one(view.cover)
    shown += [f"*Compare with the good one*\n{safe(good_one)}"] if good_one else []
    attributes = list(view.cover.attributes.items())[:ATTRIBUTES_SHOWN]
    return shown + [f"*{safe(key.capitalize())}*\n{safe(value)}" for key, value in attributes]


def _seen(seen: Seen, view: IncidentView) -> str:
    kind = f", {safe(seen.label.defect_class)}" if seen.label.defect_class else ""
    when = ago(seen.inspection.captured_at, now=view.now)
    return f"{seen.inspection.shown_id}{kind}, {when}, says {who(seen.label.author)}"


def _when(view: IncidentView) -> str:
    first = clock(view.incident.opened_at, view.zone, today=view.now)
    if view.incident.anomalies == 1:
        return f"{clock(view.cover.captured_at, view.zone, today=view.now)} ({view.zone})"
    last = clock(view.incident.last_at, view.zone, today=view.now)
    return f"{first}, last {last} ({view.zone})"


def _ids(view: IncidentView) -> str:
    worst = f"worst of {view.incident.anomalies}: " if view.incident.anomalies > 1 else ""
    return f"{view.incident.shown_id} · {worst}{view.cover.shown_id} · {safe(view.cover.detector)}"


def _said(label: Label) -> str:
    kind = SAID[label.kind]
    said = f"{kind} ({label.defect_class})" if label.defect_class else kind
    return f"{said}: {label.note}" if label.note else said


def _text(view: IncidentView, lines: list[str]) -> str:
    parts = [f"{_headline(view)}, {_how_odd(view)}", _where(view.cover), _when(view)]
    good_one = _good_one(view.cover)
    parts += [f"Seen before: {_seen(view.seen, view)}"] if view.seen else []
    parts += [f"Compare with the good one {safe(good_one)}"] if good_one else []
    parts += [f"{view.incident.shown_id}, {view.cover.shown_id}", *lines]
    return ". ".join(part for part in parts if part) + "."
