"""The words of a wish to change something: which act, on what; whether that exists is looked up later."""

import re
from dataclasses import dataclass, replace

from agent.assistant.proposals import ProposedAct
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.names import read_misspelled, read_names
from agent.assistant.reading.places import Places
from agent.assistant.reading.question import MASK, Question
from agent.assistant.tools.context import ToolContext
from storage.database import Session
from storage.records import LabelKind

LEAD = (
    r"(?:[a-z' ]{1,40}[,.;!] +)?"
    r"(?:(?:hi|hey|hello|ok|okay|yes|now|so|then|and|oddspot)[,:!]?\s+)*(?:please\s+|kindly\s+|just\s+)*"
    r"(?:(?:can|could|would|will) you\s+|(?:i|we) (?:want|would like|need) (?:you )?to\s+|let us\s+|lets\s+)?"
    r"(?:please\s+|just\s+)*"
)
VERBS: tuple[tuple[ProposedAct, str], ...] = (
    (ProposedAct.ACKNOWLEDGE, r"acknowledge|ack|take up|take over|take|claim"),
    (ProposedAct.RESOLVE, r"resolve|close|end|finish"),
    (ProposedAct.LABEL, r"label|mark|tag|call|classify|set the label of|relabel"),
    (ProposedAct.SILENCE, r"silence|mute|snooze|quiet|hush|stop (?:the )?alert(?:ing|s)(?: (?:for|of|on|from|about))?"),
    (ProposedAct.THRESHOLD, r"(?:set|change|raise|lower|move|put|increase|decrease|adjust|make)\b.*\bthreshold"),
    (ProposedAct.REFIT, r"refit|re-fit|retrain|re-train|relearn"),
)
ACTS = tuple((act, re.compile(rf"{LEAD}(?P<verb>{verb})\b(?P<rest>.*)")) for act, verb in VERBS)
NEEDS_INCIDENT = re.compile(r"\bincident|\x00|\bit\b|\bi-?\d")
# `A-12 is a false alarm`, `A-12 was really a scratch`
STATEMENT = re.compile(
    r"(?P<subject>\x00+|it|that|this(?: one)?|that one) (?:is|was|shows|looks like) "
    r"(?:really |actually |clearly |just |only )*(?P<label>[\w ,-]{2,60})"
)
RECORD_IT = re.compile(
    r"[,.;]? (?:so )?(?:please |pls |just )?(?:record|note|write|mark|label|log|save|remember|enter) (?:it|that|this)"
    r"(?: down| so| as such| accordingly)*(?: please| thanks)?$"
)
AS = re.compile(
    r"\bas\s+(?P<label>.+)$|"
    r"(?:\x00|\b(?:it|that|this)(?: one| anomaly| image| part)?)\s+(?:to |is |was )?(?:be )?"
    r"(?P<bare>(?!.*\bas )(?!one\b)[a-z][\w ,-]{1,60})$"
)
PLEASE = re.compile(r",? ?\b(?:please|pls|thanks|thx|thank you|then|for me)\b")
ARTICLE = re.compile(r"^(?:a|an|the|being)\s+")
LABELS: dict[LabelKind, str] = {
    LabelKind.FALSE_ALARM: (
        r"false[ _-]?(?:alarm|positive|alert)s?|not (?:a |really a )?defect(?:ive)?|no defect|"
        r"fine|good|ok(?:ay)?|normal|clean|harmless"
    ),
    LabelKind.UNSURE: r"unsure|unclear|uncertain|not sure",
    LabelKind.MISSED: r"missed(?: defect)?|false negative",
    LabelKind.DEFECT: r"(?:real |true |actual )?defect(?:ive)?s?|bad|true positive|confirmed",
}
OF_CLASS = re.compile(
    r"(?:real )?defect(?:ive)?(?: of| with)?(?: class| type| kind)?[:,]? ?"
    r"(?:(?:a|an|the) )?\(?(?P<name>[\w][\w -]{0,38}?)\)?"
)
CLASS_NAME = re.compile(r"[\w][\w -]{0,39}")
ALL = re.compile(r"\b(?:everything|all|every (?:source|line|camera|open|incident|one|single))\b")
IT = re.compile(r"\b(?:it|that one|this one|that|this)\b")
NUMBER = re.compile(r"(?:\bto|\bat|=|\bof)\s*(-?\d+(?:\.\d+)?)(?![\w.]*\w)(?!\s*(?:%|percent|times|x\b))")
FOLLOWS = re.compile(r"^\s*(?:the |source |camera |line )*([a-z][\w.-]*\d[\w.-]*|[a-z][\w.-]{2,})")
PLACED = re.compile(r"\b(?:of|for|on)\s+(?:the )?([a-z][\w.-]*\d[\w.-]*|[a-z][\w.-]{2,})")
# Words that stand where a source's name could, and are none.
COMMON = frozenset(
    {"the", "for", "until", "till", "all", "everything", "alert", "alerts", "alarm", "alarms", "incident", "incidents"}
    | {"source", "sources", "camera", "line", "lines", "this", "that", "next", "minutes", "hours", "one", "two", "half"}
    | {"please", "and", "now", "them", "those", "it", "its", "with", "threshold", "detector"}
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a wish cannot be proposed as it stands, in one sentence, and what could be meant."""

    words: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thing:
    """What a wish is looked up in."""

    session: Session
    context: ToolContext
    known: KnownNames
    subject: int | None


@dataclass(frozen=True, slots=True)
class ActWords:
    """An act with what was named; rest: the words after the verb, lower case, names left in."""

    act: ProposedAct
    text: str
    verb: str
    rest: str
    ids: tuple[int, ...] = ()
    incident: int | None = None
    sources: tuple[str, ...] = ()
    label: LabelKind | None = None
    defect_class: str | None = None
    number: float | None = None
    unknown: str | None = None
    said: str = ""
    named: str = ""
    is_all: bool = False
    is_it: bool = False


def act_words(text: str, known: KnownNames) -> ActWords | None:
    """Read which change a sentence asks for; None for a question and for anything else."""
    question = Question(text)
    places = read_names(question, replace(known, defect_classes=()))
    if places.excluded_sources:
        return None
    return _statement(text, question, places, known) or _wish(text, question, places, known)


def _statement(text: str, question: Question, places: Places, known: KnownNames) -> ActWords | None:
    if text.rstrip().endswith("?") or len(places.ids) > 1:
        return None
    match = STATEMENT.fullmatch(RECORD_IT.sub("", question.rest.strip(" .!")))
    if match is None or (match["subject"].startswith(MASK) and not places.ids):
        return None
    label, defect_class = _label(match["label"], known)
    if label is None or (match["subject"].startswith(MASK) is False and not _is_known(label, defect_class, known)):
        return None
    if defect_class is not None and defect_class not in known.defect_classes:
        return None
    return _made(ProposedAct.LABEL, text, question, places, "label", "", label=label, defect_class=defect_class,
                 said=match["label"])  # fmt: skip


def _wish(text: str, question: Question, places: Places, known: KnownNames) -> ActWords | None:
    for act, pattern in ACTS:
        match = pattern.fullmatch(question.text)
        if match is None:
            continue
        rest = match["rest"]
        if act in {ProposedAct.ACKNOWLEDGE, ProposedAct.RESOLVE}:
            if not (places.incident or places.ids or places.sources or "incident" in rest):
                return None
            return _made(act, text, question, places, match["verb"], rest)
        if act is ProposedAct.LABEL:
            return _labelled(text, question, places, known, match["verb"])
        number = NUMBER.search(question.text) if act is ProposedAct.THRESHOLD else None
        if not places.sources:
            read_misspelled(question, replace(known, defect_classes=()), places)
        unknown = _unknown(rest, places)
        return _made(
            act,
            text,
            question,
            places,
            match["verb"],
            rest,
            number=float(number[1]) if number else None,
            unknown=unknown,
            defect_class=_class_in(text, known),
        )
    return None


def _labelled(text: str, question: Question, places: Places, known: KnownNames, verb: str) -> ActWords | None:
    is_it = IT.search(question.rest) is not None
    if not places.ids and not is_it:
        return None
    said = AS.search(question.rest)
    words = (said["label"] or said["bare"]) if said else ""
    label, defect_class = _label(words, known) if words else (None, None)
    return _made(
        ProposedAct.LABEL, text, question, places, verb, "", label=label, defect_class=defect_class, said=words
    )


def _made(
    act: ProposedAct, text: str, question: Question, places: Places, verb: str, rest: str, **values: object
) -> ActWords:
    digits = re.sub(r"\D", "", places.incident or "")
    return ActWords(
        act=act,
        text=" ".join(text.split()),
        verb=verb,
        rest=rest.strip(),
        ids=tuple(dict.fromkeys(places.ids)),
        incident=int(digits) if digits and int(digits) < 2**63 else None,
        sources=tuple(dict.fromkeys(places.sources)),
        is_all=ALL.search(rest) is not None,
        is_it=IT.search(question.rest) is not None,
        **values,  # type: ignore[arg-type]  # named above, each of its field's type
    )


def _label(words: str, known: KnownNames) -> tuple[LabelKind | None, str | None]:
    """Read a label and, for a defect, its class; a word that is no label is a class."""
    said = ARTICLE.sub("", PLEASE.sub("", words).strip(" .,!\"'"))
    for kind, pattern in LABELS.items():
        if re.fullmatch(pattern, said):
            return kind, None
    named = OF_CLASS.fullmatch(said)
    name = named["name"].strip() if named else said
    name = next((one for one in known.defect_classes if one.casefold() in {name, name.removesuffix("s")}), name)
    if not CLASS_NAME.fullmatch(name) or name.startswith("not "):
        return None, None
    return LabelKind.DEFECT, name


def _class_in(text: str, known: KnownNames) -> str | None:
    """Return the one class of defects that is named."""
    named = read_names(Question(text), known).defect_classes
    return named[0] if len(named) == 1 else None


def _is_known(label: LabelKind, defect_class: str | None, known: KnownNames) -> bool:
    return label is not LabelKind.DEFECT or defect_class is None or defect_class in known.defect_classes


def _unknown(rest: str, places: Places) -> str | None:
    """Return a name said where the source's would stand, which no source has."""
    if places.sources or places.incident:
        return None
    if places.unknown is not None:
        return places.unknown
    match = FOLLOWS.match(rest) or re.search(
        r"\b(?:of|for|on)\s+(?:the )?([a-z][\w.-]*\d[\w.-]*|[a-z][\w.-]{2,})", rest
    )
    said = match[1] if match else None
    return None if said is None or said in COMMON or ALL.search(said) else said
