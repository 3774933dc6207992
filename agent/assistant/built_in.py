"""The built-in reader: question -> reading -> tools -> templated answer, with no language model."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.answers.compose import told
from agent.assistant.asking_back import (
    Read,
    asked_back,
    not_left_out,
    replaced,
    supposed,
    unknown_class,
    unknown_person,
    unknown_source,
    unknown_thing,
    which_one,
)
from agent.assistant.from_results import from_results
from agent.assistant.reading.acting import answer_act, says_what_one_is
from agent.assistant.reading.asides import plainly_asked
from agent.assistant.reading.cues import read_by_cues
from agent.assistant.reading.deciding import CERTAIN, decide, sure_of
from agent.assistant.reading.files import with_its_id
from agent.assistant.reading.follow_ups import follow
from agent.assistant.reading.known import KnownNames, known_names
from agent.assistant.reading.language import follow_up_language
from agent.assistant.reading.leader import (
    leader_of,
    names_of,
    still_leading,
    with_leader,
    with_value,
    with_version,
)
from agent.assistant.reading.leaning import written_out
from agent.assistant.reading.leaning_words import leaning_language
from agent.assistant.reading.normal import in_full
from agent.assistant.reading.picking import picked
from agent.assistant.reading.plan import calls_of
from agent.assistant.reading.question import Question
from agent.assistant.reading.reader import MOST_STRANGE, Looked, look, shaped
from agent.assistant.reading.reading import NO_TOOL, Intent, Reading, Slots
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.repairs import repaired
from agent.assistant.reading.scope import in_scope
from agent.assistant.reading.slashed import meant_date, with_date
from agent.assistant.reading.spelling import corrected
from agent.assistant.reading.times import span_text
from agent.assistant.reading.wishes import OF_THRESHOLDS, written_wish
from agent.assistant.replies import CHANGED, HELP, OUTSIDE, example_questions
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import run_tool
from agent.assistant.tools.result import ToolResult
from agent.assistant.windows.problems import AmbiguousDateError, WindowError
from storage.records import Window

FOLLOW_UPS = follow_up_language()
# What is asked of people: a name that nobody has is no word to be passed over.
OF_PEOPLE = {Intent.LABELS, Intent.CHANGES, Intent.INCIDENTS}
SURELY_NOT = 0.6
# How likely it has to be that something is to be done where a verb of doing stands.
LIKELY_ACT = 0.5
WORDS_ALONE = FOLLOW_UPS.alone
# How likely it has to be, where a cue says so, that something is to be done or cannot be known.
LEAST = 0.15
# Without a cue, or with one of what is to be done, less certainty will do than against another cue.
CHANGING = {None, Intent.CHANGE, Intent.COUNT, Intent.LIST, Intent.TREND}
SURELY_CHANGED = 0.95
SURELY_SAID = 0.97


def answer_built_in(text: str, context: ToolContext, last: Remembered | None) -> Read:
    """Answer a question from the record, ask back, or refuse."""
    known = known_names(context)
    try:
        text = plainly_asked(repaired(text, known), known)
        written, file = with_its_id(text, context)
        if file is not None:
            return _of_a_file(written, file, context, known, last)
        return _answered(text, context, known, last)
    except AmbiguousDateError as error:
        meant = meant_date(text, error.readings, known.first, context.now)
        written = text if meant is None else with_date(text, error.said, meant)
        if written != text:
            return answer_built_in(written, context, last)
        choices = tuple(replaced(text, error.said, reading) for reading in error.readings)
        return Read(Answer(f"{error} Which one is meant?", AnswerStatus.ASKED_BACK, choices))
    except WindowError as error:
        return _of_no_time(text, error, context, known)


def _of_no_time(text: str, error: WindowError, context: ToolContext, known: KnownNames) -> Read:
    """Refuse what is to come or to be done, whatever time it names; else ask for the time."""
    if FOLLOW_UPS.foretells.search(text):
        return answer_reading(Reading(Intent.UNKNOWN, Slots()), context)
    clauses = [text, *re.split(r"[,.;] ", text)]
    if any(read_by_cues(corrected(Question(one).masked())) is Intent.CHANGE for one in clauses):
        return answer_reading(Reading(Intent.CHANGE, Slots()), context)
    return Read(Answer(str(error), AnswerStatus.ASKED_BACK, example_questions(known.sources)))


def _of_a_file(text: str, found: ToolResult, context: ToolContext, known: KnownNames, last: Remembered | None) -> Read:
    """Answer what is asked of an image by its file's name: all that is known of it, what is like it, or an act."""
    if not found.ids:
        return Read(from_results(told(Reading(Intent.DETAIL, Slots()), [found]), [found]))
    looked = look(in_full(text, known), context, known)
    if _wants_change(looked, last) or looked.guess.best is Intent.SIMILAR:
        return _answered(text, context, known, last)
    return answer_reading(Reading(Intent.DETAIL, Slots(ids=looked.slots.ids[:1])), context, last)


def _answered(text: str, context: ToolContext, known: KnownNames, last: Remembered | None) -> Read:
    text = in_full(text, known)
    if last is not None:
        text = with_value(_asked_last(text, context, known), last.reading.slots, known.values)
    text = _leaning(text, context, last)
    looked = look(text, context, known)
    if _wants_change(looked, last) or says_what_one_is(text, known):
        wish = written_wish(text, last, looked.slots)
        acting = answer_act(wish, context, known, subject=last.subject if last else None)
        if acting is not None:
            return Read(acting)
    nobody = _not_left_out(looked) or _of_nobody(text, looked, known, is_first=last is None)
    if nobody is not None:
        return Read(nobody, supposed(looked, context) if last is None else None)
    if _wants_change(looked, last):
        return answer_reading(Reading(Intent.CHANGE, looked.slots), context)
    readings = _readings(looked, last, context, known)
    is_timely = looked.unread_time is None or (bool(readings) and readings[0].intent in NO_TOOL)
    if not readings or not is_timely:
        return asked_back(looked, context, known)
    if readings[0].intent is Intent.SIMILAR and not readings[0].slots.ids:
        subject = None if last is None else last.subject or _only_one(last.ids)
        if subject is None:
            return Read(which_one(last))
        readings = (Reading(Intent.SIMILAR, replace(readings[0].slots, ids=(subject,), windows=(), sources=())),)
    return answer_reading(readings[0], context, last, also=readings[1:])


def _asked_last(text: str, context: ToolContext, known: KnownNames) -> str:
    """Return only `and yesterday?` of what came after words that name nothing of the record, or were put right."""
    text = FOLLOW_UPS.not_this.sub(r"\g<meant>", FOLLOW_UPS.not_that.sub("", text))
    match = FOLLOW_UPS.asked_last.search(text)
    if match is None:
        return text
    is_again = match["asked"].lower().startswith("same") and "?" not in match["told"]
    return match["asked"] if is_again or not look(match["told"], context, known).has_slots else text


def _leaning(text: str, context: ToolContext, last: Remembered | None) -> str:
    """Write out what leans on the answer before: `that lot`, `the same day`."""
    if last is not None and last.leader is not None:
        text = with_leader(text, last.leader)
    for name in names_of(last.reading.slots) if last is not None else ():
        text = with_leader(text, name)
    if last is not None:
        text = with_version(text, last.reading.slots)
    if last is not None and last.reading.intent in OF_THRESHOLDS:
        text = leaning_language().supposed_at.sub(_supposed, text)
    if last is None or last.window is None:
        return text
    shifts = context.settings.shifts.starts
    return written_out(text, last.window, shown=len(last.ids), now=context.now, shifts=shifts)


def _supposed(match: re.Match[str]) -> str:
    return f"what if the threshold were {match['said'] or match['number'] or match['instead']}"


def _not_left_out(looked: Looked) -> Answer | None:
    """Say that a value cannot be left out where none that counts is named."""
    places = looked.places
    named = {*places.attributes, *(key for key, _ in places.sides)}
    return None if places.left_out is None or places.left_out[0] in named else not_left_out(*places.left_out)


def _of_nobody(text: str, looked: Looked, known: KnownNames, *, is_first: bool) -> Answer | None:
    """Say that a thing, a source or a person spoken of is not there, None where all are."""
    places = looked.places
    is_of_record = looked.by_cues not in NO_TOOL and looked.guess.intents[Intent.UNKNOWN] < SURELY_NOT
    if is_of_record and places.unknown_class is not None:
        return unknown_class(text, places.unknown_class, known)
    thing = (
        looked.unknown_thing
        or (looked.unknown_key if is_of_record else None)
        or (looked.foreign[0] if looked.is_an_unknown_word and not is_first else None)
    )
    if looked.by_cues not in {Intent.CHANGE, Intent.HELP} and thing is not None:
        return unknown_thing([thing], known)
    if is_of_record and places.unknown is not None:
        return unknown_source(text, places.unknown, known)
    if is_of_record and looked.is_of_another_thing(is_first=is_first):
        return unknown_thing(looked.foreign[:2], known)
    is_of_people = looked.guess.best in OF_PEOPLE or places.is_surely_person
    if places.unknown_person is not None and is_of_people:
        return unknown_person(text, places.unknown_person, known)
    return None


def _wants_change(looked: Looked, last: Remembered | None) -> bool:
    """Say whether something is to be done; in a thread `take line-2` goes on with the question before it."""
    if last is not None and FOLLOW_UPS.moves_on.search(looked.masked):
        return False
    if last is not None and FOLLOW_UPS.opens.search(looked.masked) and picked(looked, last.ids):
        return False
    chance = looked.guess.intents[Intent.CHANGE]
    is_act = chance >= LIKELY_ACT and FOLLOW_UPS.acting.search(looked.question.text) is not None
    is_said = last is not None and looked.by_cues is None and chance >= SURELY_SAID
    is_said = is_said and not (looked.slots.sources or looked.slots.excluded_sources or looked.slots.windows)
    least_alone = CERTAIN if looked.by_cues in CHANGING else SURELY_CHANGED
    is_likely = is_act or is_said or (last is None and chance >= least_alone)
    least = 0.0 if FOLLOW_UPS.acts_on.search(looked.masked) else LEAST
    return is_likely or (looked.by_cues is Intent.CHANGE and chance >= least)


def needs_no_model(text: str) -> bool:
    """Say whether a question wants a change or help: no language model ever sees these."""
    return says_what_one_is(text) or read_by_cues(corrected(Question(text).masked())) in {Intent.CHANGE, Intent.HELP}


def answer_reading(
    reading: Reading, context: ToolContext, last: Remembered | None = None, *, also: Sequence[Reading] = ()
) -> Read:
    """Run a reading's tools and tell their results; `also` are others that may be meant as well."""
    if reading.intent is Intent.CHANGE:
        return Read(Answer(CHANGED, AnswerStatus.REFUSED))
    if reading.intent is Intent.HELP:
        return Read(Answer(HELP, AnswerStatus.ANSWERED))
    if reading.intent is Intent.UNKNOWN:
        return Read(Answer(OUTSIDE, AnswerStatus.REFUSED))
    results = _run(reading, context)
    others = [(one, _run(one, context)) for one in also]
    text = "\n\n".join([told(reading, results), *(told(one, its_results) for one, its_results in others)])
    is_pair = len(results) > 1 and reading.intent is Intent.COMPARE
    answer = from_results(text, [*results, *(one for _, more in others for one in more)], is_pair=is_pair)
    if reading.slots.is_future:
        answer = replace(answer, text=f"That time has not come yet. {answer.text}", status=AnswerStatus.NO_DATA)
    return Read(answer, _remembered(reading, answer, context, last))


def _run(reading: Reading, context: ToolContext) -> list[ToolResult]:
    return [run_tool(context, name, arguments) for name, arguments in calls_of(reading)]


def _remembered(reading: Reading, answer: Answer, context: ToolContext, last: Remembered | None) -> Remembered:
    """Remember the reading; one shown inspection leaves the list it was picked from as it was."""
    if reading.intent not in {Intent.DETAIL, Intent.SIMILAR}:
        earlier, leader = last.reading if last else None, leader_of(reading, answer.results)
        leader = leader or (still_leading(last.leader, reading.slots) if last else None)
        window = _kept_window(reading, last) or answer.window
        subject = _only_one(answer.ids) if reading.intent is Intent.LIST else None
        return Remembered(reading, context.now, answer.ids, window, subject, earlier=earlier, leader=leader)
    subject = reading.slots.ids[0]
    if last is not None and reading.intent is Intent.DETAIL:
        return replace(last, subject=subject)
    earlier = last.reading if last is not None else None
    return Remembered(reading, context.now, answer.ids, answer.window, subject, earlier=earlier)


def _only_one(ids: Sequence[str]) -> int | None:
    """Return the anomaly that was shown alone."""
    shown = [one for one in ids if one.startswith("A-")]
    return int(shown[0].removeprefix("A-")) if len(shown) == 1 else None


def _kept_window(reading: Reading, last: Remembered | None) -> Window | None:
    """Return the window a thread is about still, where it was only held against another."""
    if reading.intent is not Intent.COMPARE or last is None or last.window is None:
        return None
    return last.window if span_text(last.window) in reading.slots.windows else None


def _readings(looked: Looked, last: Remembered | None, context: ToolContext, known: KnownNames) -> tuple[Reading, ...]:
    """Return the reading to answer, two where either may be meant and both can be told at once, or none."""
    if last is not None:
        followed = follow(looked, last, context, known.first)
        if followed is not None:
            return (followed,)
    if looked.strange_share > MOST_STRANGE:
        return ()
    is_little = last is not None and looked.by_cues is None and looked.guess.best is Intent.UNKNOWN
    is_little = is_little and looked.guess.intents[Intent.UNKNOWN] < CERTAIN
    if is_little and looked.has_slots:
        return ()  # too little said to call it unknowable: `the late one of that day`
    readings = _standing_alone(looked, last)
    if last is None:
        return readings
    return tuple(in_scope(reading, looked, last, context, known.first) for reading in readings)


def _standing_alone(looked: Looked, last: Remembered | None) -> tuple[Reading, ...]:
    is_unknown = looked.by_cues is Intent.UNKNOWN and looked.guess.intents[Intent.UNKNOWN] >= LEAST
    if is_unknown or FOLLOW_UPS.foretells.search(looked.masked):
        return (Reading(Intent.UNKNOWN, looked.slots),)
    rest = WORDS_ALONE.sub("", looked.masked).strip(" ,.;:")
    is_one_more = rest == "qid" and (last is None or last.reading.intent is not Intent.SIMILAR)
    if looked.has_slots and (rest == "" or is_one_more):
        return (_bare(looked),)
    if looked.guess.best is Intent.SIMILAR and not looked.slots.ids:
        return (Reading(Intent.SIMILAR, looked.slots),)
    return sure_of(decide(looked))


def _bare(looked: Looked) -> Reading:
    """Read `line-2 last week`, with no verb at all, as what happened there, and `dents last week` as how many."""
    slots = looked.slots
    if slots.ids or slots.incident:
        return shaped(Intent.INCIDENT if slots.incident else Intent.DETAIL, slots)
    if slots.group_by:
        return shaped(Intent.GROUP, slots)
    is_counted = slots.figure or slots.defect_classes or slots.attributes or FOLLOW_UPS.anomalies.search(looked.masked)
    return shaped(Intent.COUNT if is_counted else Intent.SUMMARY, slots)
