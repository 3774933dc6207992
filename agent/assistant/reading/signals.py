"""What the rules see in a question, as named signals a learned reader can weigh."""

import re
from collections import Counter
from collections.abc import Iterator

from agent.assistant.reading.reading import Intent
from agent.assistant.reading.shape import Shape

MASK = re.compile(r"\bq(?:source|window|id|incident|class|attribute|person|detector|threshold|group|number)\b")
# What a placeholder reads like in a sentence.
SPOKEN = {
    "qsource": "the line",
    "qwindow": "yesterday",
    "qclass": "scratches",
    "qattribute": "lot 7",
    "qnumber": "5",
    "qid": "A-1042",
    "qincident": "I-12",
    "qperson": "Anna",
    "qgroup": "by shift",
    "qdetector": "version 3",
    "qthreshold": "0.5",
}


def spoken(masked: str) -> str:
    """Return a masked question with everyday words in the place of its placeholders."""
    return MASK.sub(lambda match: SPOKEN[match[0]], masked)


def name_signals(masked: str) -> Iterator[str]:
    """Yield which placeholders a masked question holds, and which of them more than once."""
    for mask, times in Counter(MASK.findall(masked)).items():
        yield mask
        if times > 1:
            yield f"{mask}s"


def rule_signals(cue: Intent | None, shape: Shape) -> Iterator[str]:
    """Yield what the rules make of a question."""
    found = {
        "cue": cue,
        "figure": shape.figure,
        "group": shape.group_by,
        "order": shape.order,
        "states": shape.states[0] if shape.states else None,
        "without": shape.excluded_labels[0] if shape.excluded_labels else None,
        "period": shape.period,
    }
    yield from (f"{name}:{value}" for name, value in found.items() if value)
    if shape.key:
        yield "key"
    if shape.limit:
        yield "limit"
    if shape.min_ratio or shape.min_score:
        yield "ratio"
