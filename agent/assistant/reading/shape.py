"""What shapes a question: figure, label filters, grouping, order, how many, states."""

import re
from dataclasses import dataclass

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.reading.language import SlotLanguage, slot_language
from agent.assistant.reading.question import Question

NUMBER = r"\d{1,3}"
LABELS = {"defect", "false_alarm", "unsure", "unlabelled"}
SHORTEST_KEY = 4
TWICE, THRICE = 2.0, 3.0


@dataclass(slots=True)
class Shape:
    """The shape of a question; None where it says nothing; key: an attribute's key that is spoken of, as `lots`."""

    figure: str | None = None
    labels: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    group_by: str | None = None
    attribute: str | None = None
    limit: int | None = None
    order: str | None = None
    states: tuple[str, ...] = ()
    min_ratio: float | None = None
    min_score: float | None = None
    action: str | None = None
    period: str | None = None
    is_ranked: bool = False
    key: str | None = None


def read_shape(question: Question, known: KnownNames) -> Shape:
    """Read the shape from what names and times have left; grouping is covered, the rest stays for the intent."""
    language, shape = slot_language(), Shape()
    _ratio(question, language, shape)
    _score(question, language, shape)
    _group(question, language, known, shape)
    _focus(question, language, shape)
    _limit(question, language, shape)
    text = question.left()
    shape.order = next((kind for kind, pattern in language.order if pattern.search(text)), None)
    _states(text, language, shape)
    shape.key = next((key for key in known.attributes if _is_spoken_of(key, question.text)), shape.attribute)
    shape.action = next((name for name, pattern in language.acts_on_record if pattern.search(question.text)), None)
    shape.period = next((name for name, pattern in language.periods if pattern.search(question.text)), None)
    return shape


def _ratio(question: Question, language: SlotLanguage, shape: Shape) -> None:
    match = language.threshold_ratio.search(question.rest)
    if match is not None:
        spoken = TWICE if "twice" in match[0] or "double" in match[0] else THRICE
        shape.min_ratio = next((float(one) for one in match.groups() if one and one[0].isdigit()), spoken)
        question.cover(match.start(), match.end(), "")


def _score(question: Question, language: SlotLanguage, shape: Shape) -> None:
    match = language.least_score.search(question.rest)
    if match is not None:
        shape.min_score = float(match["score"] or match["scored"])
        question.cover(match.start(), match.end(), "")


def _group(question: Question, language: SlotLanguage, known: KnownNames, shape: Shape) -> None:
    groups = {**{key: key_pattern(key) for key in known.attributes}, **language.groups}
    spoken = {
        "label": language.which_labels,
        "verdict": language.which_verdicts,
        "shift": language.which_shifts,
        "reviewer": language.which_people,
        "defect_class": language.which_classes,
        "hour_of_day": language.what_hour,
    }
    for name, pattern in spoken.items():
        if match := pattern.search(question.rest):
            _cover_group(question, match, shape, name, known)
            return
    for name, words in groups.items():
        led = rf"(?:{language.group_lead}) (?:the )?(?:{words})"
        most = language.which_most.replace("{group}", f"(?:{words})")
        alone = rf"^(?:and |which |what |also |on |from |at |where )*(?:the )?(?:{words})$"
        either = f"{led}|{alone}" if name == "source" else f"{led}|{most}|{alone}"
        if match := re.search(rf"(?<!\w)(?:{either})(?!\w)", question.rest):
            shape.is_ranked = name != "source" and re.fullmatch(led, match[0]) is None
            _cover_group(question, match, shape, _round(name, match[0]), known)
            return
    for word, name in language.adverbs.items():
        if match := re.search(rf"(?<!\w){re.escape(word)}(?!\w)(?! report)", question.rest):
            _cover_group(question, match, shape, name, known)
            return


def key_pattern(key: str) -> str:
    """Return the pattern of an attribute's key said whole where it is short for that: tech, technician."""
    longer = rf"|{re.escape(folded(key))}[a-z]{{2,8}}" if len(key) >= SHORTEST_KEY and key.isalpha() else ""
    return rf"(?:{plural_of(key)}{longer})"


def plural_of(key: str) -> str:
    """Return the pattern of an attribute's key, one or many: lot, lots, batches, assemblies."""
    said = re.escape(folded(key)).replace("_", "[ _-]")
    return rf"(?:{said}(?:e?s)?|{said[:-1]}ies)" if said.endswith("y") else rf"{said}(?:e?s)?"


def _round(name: str, said: str) -> str:
    """Read `which hour had most` as an hour of the day only where it says so; else as one hour of the window."""
    return (
        name if name not in {"hour", "day"} or "of the" not in said else {"hour": "hour_of_day", "day": "weekday"}[name]
    )


def _cover_group(question: Question, match: re.Match[str], shape: Shape, name: str, known: KnownNames) -> None:
    shape.group_by = "attribute" if name in known.attributes else name
    shape.attribute = name if name in known.attributes else None
    question.cover(match.start(), match.end(), "qgroup")


def _focus(question: Question, language: SlotLanguage, shape: Shape) -> None:
    text = question.rest
    labels, excluded = [], []
    for focus in language.focus:
        match = focus.pattern.search(text)
        if match is None:
            continue
        if focus.label and language.exclude.search(text[: match.start()]):
            excluded.append(focus.label)
        else:
            shape.figure = shape.figure or focus.figure
            if focus.label in LABELS:
                labels.append(focus.label)
        text = text[: match.start()] + "\x00" * (match.end() - match.start()) + text[match.end() :]
    shape.labels, shape.excluded_labels = tuple(labels), tuple(excluded)


def _limit(question: Question, language: SlotLanguage, shape: Shape) -> None:
    text = question.left()
    number = f"{NUMBER}|" + "|".join(sorted(language.numbers, key=len, reverse=True))
    forms = (
        rf"(?:{language.rank_words}) ({number})(?! ?(?:x|times|%|percent|hours?|days?|weeks?|months?|minutes?))(?!\w)",
        rf"(?<!\w)({number}) (?:\w+ )?(?:{language.rank_words})(?!\w)",
        rf"(?:show|list|give|get|display|find|see)(?: me| us)?(?: the| only| just| up to| at most)* ({number})(?!\w)",
        rf"(?<!\w)which ({number})(?!\w)",
        rf"(?<!\w)({number}) ids?(?!\w)",
        rf"(?<!\w)the (?!one\b)({number}) (?:(?:{language.rows}) )?(?:which|that|most)(?!\w)",
        rf"(?<!\w)({number}) (?:of them )?(?:are enough|is enough|will do|would do|suffices?)(?!\w)",
        rf"(?<!\w)(?:up to|at most|only|just|limit(?:ed)? to|max(?:imum)?) ({number})(?!\w)",
    )
    for form in forms:
        if match := re.search(form, text):
            shape.limit = max(1, int(match[1]) if match[1].isdigit() else language.numbers[match[1]])
            return
    singular = (
        r"anomaly|alert|alarm|defect|inspection|detection|incident|image|picture|one|source|camera|line|result|finding"
        r"|thing|part|piece|frame|module|shot|hit|offender"
    )
    if re.search(rf"(?:{language.rank_words}) (?:\w+ ){{0,2}}(?:{singular})(?!\w)(?! first)", text) or re.search(
        r"(?<!\w)which (?:\S+ )?incident(?!\w).*\b(?:has|had|holds?|held|with) the most\b", text
    ):
        shape.limit = 1


def _is_spoken_of(key: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){plural_of(key)}(?![\w-])(?! \w*\d)", text) is not None


def _states(text: str, language: SlotLanguage, shape: Shape) -> None:
    if language.unacknowledged.search(text):
        shape.states = ("open",)
        return
    for states, pattern in language.states:
        match = pattern.search(text)
        if match is not None:
            shape.states = states
            return
