"""A change a person asks for in words, read as a proposal that a person has to confirm; nothing is done here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.assistant.answer import Answer, AnswerStatus, rfc3339
from agent.assistant.proposals import Proposal, ProposedAct
from agent.assistant.reading.acts import ActWords, Problem, Thing, act_words
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.until import UntilProblem, read_until
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.names import nearest
from agent.assistant.windows.calendar import Calendar
from storage.queries.incidents import incident_by_id, list_incidents
from storage.queries.inspections import get_inspection
from storage.queries.labelled_frames import FEWEST_FALSE_ALARMS, false_alarms_of
from storage.records import OPEN_STATES, Incident, Inspection
from storage.repositories.sources import source_by_name
from storage.repositories.versions import active_version

CONFIRM = "Nothing has changed yet: a person has to confirm it."
ONE_EACH = "A change of one incident at a time can be proposed, as in"
MOST_OFFERED = 3
HOUR, TWO_DAYS = 60.0, 2880.0
Read = Proposal | Problem | None


def answer_act(text: str, context: ToolContext, known: KnownNames, *, subject: int | None = None) -> Answer | None:
    """Answer a wish to change something, which is never done here; None where it is no such wish.

    The answer refuses it: with a proposal that a person may confirm, or with why there is none and what may be meant.

    subject: the inspection a thread spoke of last, which `it` means.
    """
    read = _read(text, context, known, subject)
    if read is None:
        return None
    if isinstance(read, Problem):
        return Answer(f"{read.words} Nothing was changed.", AnswerStatus.REFUSED, read.choices)
    return Answer(f"{read.words} {CONFIRM}", AnswerStatus.REFUSED, proposal=read)


def read_proposal(text: str, context: ToolContext, known: KnownNames, *, subject: int | None = None) -> Proposal | None:
    """Read the change a sentence asks for; None where it asks for none that can be proposed as it stands."""
    read = _read(text, context, known, subject)
    return read if isinstance(read, Proposal) else None


def says_what_one_is(text: str, known: KnownNames | None = None) -> bool:
    """Say whether a sentence calls one inspection something, as `A-12 is a false alarm`."""
    words = act_words(text, known or KnownNames(()))
    return words is not None and words.act is ProposedAct.LABEL


def _read(text: str, context: ToolContext, known: KnownNames, subject: int | None) -> Read:
    words = act_words(text, known)
    if words is None:
        return None
    with context.database.reading() as session:
        return READERS[words.act](words, Thing(session, context, known, subject))


def _acknowledge(words: ActWords, thing: Thing) -> Read:
    found = _incident(words, thing)
    if not isinstance(found, Incident):
        return found
    if found.state not in OPEN_STATES:
        return Problem(f"{found.shown_id} is {found.state} already.")
    shown = f"{_told_of(found)}, so that it is not told again"
    return Proposal(ProposedAct.ACKNOWLEDGE, {"incident": found.shown_id}, f"Acknowledge {shown}?")


def _resolve(words: ActWords, thing: Thing) -> Read:
    found = _incident(words, thing)
    if not isinstance(found, Incident):
        return found
    if found.state not in OPEN_STATES:
        return Problem(f"{found.shown_id} is {found.state} already.")
    return Proposal(ProposedAct.RESOLVE, {"incident": found.shown_id}, f"Call {_told_of(found)} over?")


def _label(words: ActWords, thing: Thing) -> Read:
    found = _inspection(words, thing)
    if not isinstance(found, Inspection):
        return found
    if words.label is None:
        return Problem(
            f"What is {found.shown_id}? Say it as 'label {found.shown_id} as false alarm'.",
            (f"label {found.shown_id} as defect", f"label {found.shown_id} as false alarm"),
        )
    if (found.label, found.defect_class) == (words.label, words.defect_class):
        return Problem(f"{found.shown_id} is labelled {words.label.replace('_', ' ')} already.")
    named = f"defect of class {plain(words.defect_class)}" if words.defect_class else words.label.replace("_", " ")
    parameters = {"anomaly": found.shown_id, "label": str(words.label), "defect_class": words.defect_class}
    now = "" if found.label is None else f"; it is labelled {found.label.replace('_', ' ')} now"
    return Proposal(ProposedAct.LABEL, parameters, f"Label {found.shown_id} ({found.source}) as {named}{now}?")


def _silence(words: ActWords, thing: Thing) -> Read:
    source = _source(words, thing)
    if isinstance(source, Problem):
        return source
    context = thing.context
    zone = context.zone((source,) if source else ())
    calendar = Calendar(context.now, zone)
    until = read_until(words.rest, calendar, context.settings.shifts.starts)
    if isinstance(until, UntilProblem):
        return Problem(until.words)
    if until is None:
        until = calendar.now + timedelta(minutes=context.settings.alerts.silence_minutes)
    what = f"everything like a {plain(words.defect_class)} on" if words.defect_class else ""
    where = source or "every source"
    span = _span((until - context.now).total_seconds() / 60)
    parameters = {"source": source, "until": rfc3339(until), "time_zone": zone, "defect_class": words.defect_class}
    shown = f"Silence {what} {where} until {_clock(until, context.now, zone)} ({span})?"
    return Proposal(ProposedAct.SILENCE, parameters, " ".join(shown.split()))


def _threshold(words: ActWords, thing: Thing) -> Read:
    source = _source(words, thing)
    if not isinstance(source, str):
        return source or Problem("Which source's threshold?", _each("set the threshold of {} to ", thing, words))
    version = active_version(thing.session, source_by_name(thing.session, source))
    if version is None or version.bundle is None:
        return Problem(f"{source} has no fitted detector, so it has no threshold to change.")
    if words.number is None:
        return Problem(f"To which value? The threshold of {source} is {version.threshold:.4g} now.")
    if not 0 < words.number < 1e9:  # noqa: PLR2004 - far above any score
        return Problem("A threshold is a number above 0.")
    if words.number == version.threshold:
        return Problem(f"The threshold of {source} is {version.threshold:.4g} already.")
    shown = (
        f"Make a version of {source}'s detector with the threshold {words.number:g} instead of "
        f"{version.threshold:.4g}, and compare the two? It judges nothing until a person applies it."
    )
    return Proposal(ProposedAct.THRESHOLD, {"source": source, "threshold": words.number}, shown)


def _refit(words: ActWords, thing: Thing) -> Read:
    source = _source(words, thing)
    if not isinstance(source, str):
        return source or Problem("Which source?", _each("refit {}", thing, words))
    row = source_by_name(thing.session, source)
    version = active_version(thing.session, row)
    if version is None or version.bundle is None:
        return Problem(f"{source} has no fitted detector; `oddspot fit {source} --good DIR` makes one.")
    known = len(false_alarms_of(thing.session, row.id, now=thing.context.now))
    if known < FEWEST_FALSE_ALARMS:
        return Problem(
            f"{source} has {known} labelled false alarms to learn from; a refit needs {FEWEST_FALSE_ALARMS}."
        )
    shown = (
        f"Let {source}'s detector learn its {known} labelled false alarms as good, as a new version? "
        "It judges nothing until a person applies it."
    )
    return Proposal(ProposedAct.REFIT, {"source": source}, shown)


def _incident(words: ActWords, thing: Thing) -> Incident | Problem:
    """Find the incident that is meant: by its id, by an anomaly's, or as the only open one of a source."""
    visible = thing.context.visible_sources(thing.session)
    number = words.incident
    if number is None and words.ids:
        one = _inspection(words, thing)
        if isinstance(one, Problem):
            return one
        if one.incident_id is None:
            return Problem(f"{one.shown_id} belongs to no incident.")
        number = one.incident_id
    if number is None:
        return _only_open(words, thing)
    found = incident_by_id(thing.session, number)
    if found is None or found.source not in visible or found.opened_at > thing.context.now:
        return Problem(f"There is no incident I-{number}.")
    return found


def _only_open(words: ActWords, thing: Thing) -> Incident | Problem:
    source = _source(words, thing, may_be_all=True)
    if isinstance(source, Problem):
        return source
    chosen = (source,) if source else thing.context.allowed
    found = list_incidents(thing.session, limit=MOST_OFFERED + 1, states=tuple(OPEN_STATES), sources=chosen)
    if not found:
        return Problem(f"No incident is open{f' on {source}' if source else ''}.")
    if len(found) == 1 and source:
        return found[0]
    verb = "acknowledge" if words.act is ProposedAct.ACKNOWLEDGE else "resolve"
    if words.is_all:
        return Problem(f"{ONE_EACH} '{verb} {found[0].shown_id}'.")
    return Problem("Which incident?", tuple(f"{verb} {one.shown_id}" for one in found[:MOST_OFFERED]))


def _inspection(words: ActWords, thing: Thing) -> Inspection | Problem:
    ids = words.ids or ((thing.subject,) if words.is_it and thing.subject is not None else ())
    if len(ids) != 1:
        shown = tuple(f"label A-{one} as {words.said or 'defect'}" for one in ids[:MOST_OFFERED])
        return Problem("One at a time, please: which?" if ids else "Which one? Say its id, as in A-1042.", shown)
    found = get_inspection(thing.session, ids[0])
    visible = thing.context.visible_sources(thing.session)
    if found is None or found.source not in visible or found.captured_at > thing.context.now:
        return Problem(f"There is no inspection A-{ids[0]}.")
    return found


def _source(words: ActWords, thing: Thing, *, may_be_all: bool = False) -> str | Problem | None:
    """Return the one source that is meant, None for all of them."""
    if words.unknown is not None:
        near = nearest(words.unknown, thing.known.sources)
        instead = tuple(words.text.replace(words.unknown, name) for name in near)
        return Problem(
            f"There is no source {plain(words.unknown)!r}; the nearest: {', '.join(near) or 'none'}.", instead
        )
    if len(words.sources) == 1:
        return words.sources[0]
    if words.incident is not None and not words.sources:
        found = _incident(words, thing)
        return found if isinstance(found, Problem) else found.source
    if len(words.sources) > 1:
        each = tuple(words.text.replace(words.named, name) for name in words.sources) if words.named else ()
        return Problem("One source at a time, please.", each)
    if may_be_all or (words.is_all and thing.context.allowed is None):
        return None
    return Problem("Which source?", _each(f"{words.verb} {{}} {words.rest}", thing, words))


def _each(form: str, thing: Thing, _: ActWords) -> tuple[str, ...]:
    return tuple(" ".join(form.format(name).split()) for name in thing.known.sources[:MOST_OFFERED])


def _told_of(found: Incident) -> str:
    count = "1 anomaly" if found.anomalies == 1 else f"{found.anomalies:,} anomalies"
    return f"{found.shown_id} ({found.source}, {count})"


def _clock(until: datetime, now: datetime, zone: str) -> str:
    local, today = until.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    return local.strftime("%H:%M" if local.date() == today.date() else "%a %Y-%m-%d %H:%M")


def _span(minutes: float) -> str:
    if minutes < HOUR:
        return f"{max(1, round(minutes))} min"
    if minutes < TWO_DAYS:
        return f"{round(minutes / HOUR, 1):g} h"
    return f"{round(minutes / HOUR / 24, 1):g} days"


READERS: dict[ProposedAct, Callable[[ActWords, Thing], Read]] = {
    ProposedAct.ACKNOWLEDGE: _acknowledge,
    ProposedAct.RESOLVE: _resolve,
    ProposedAct.LABEL: _label,
    ProposedAct.SILENCE: _silence,
    ProposedAct.THRESHOLD: _threshold,
    ProposedAct.REFIT: _refit,
}
