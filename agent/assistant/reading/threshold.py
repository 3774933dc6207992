"""The threshold of `what if the threshold of line-1 were 2.5`."""

import re

from agent.assistant.reading.question import Question

SUPPOSES = re.compile(
    r"\b(?:what if|suppose|supposing|imagine|would|hypothetical\w*|had|if the threshold|happens? (?:if|at|with)"
    r"|(?:with|using|under|at) (?:a |another )?threshold|(?:instead of|rather than) \d)"
)
OTHER_UNIT = r"(?!\.?\d|[:/-]\d|\s?(?:x\b|times|%|percent|minutes?|hours?|days?|weeks?|months?))"
NUMBER = re.compile(
    r"\b(?:thresholds?\b[^\d?!;]{0,80}?"
    r"|(?:suppose|supposing|imagine|what if|if|had (?:we|it|they|this|that))\b[^?.]{0,60}?"
    r"\b(?:at|to|of|with|on(?= \d+\.\d)) "
    r"|(?:suppose|supposing|imagine|what if|if) (?:it|that|this) (?:were|was|had been|is) (?:set to |at )?)"
    rf"(\d+(?:\.\d+)?){OTHER_UNIT}"
)

CALLED = re.compile(
    rf"(?<![\w.-])(\d+(?:\.\d+)?){OTHER_UNIT} (?:be|as|is|for|being) (?:(?:a|the|our|its|another) )?(?:\w+ )?threshold"
)
# `at 1.3 instead`, and no score above 1.3 instead.
INSTEAD = re.compile(rf"\b(?:at|on|with|to|were|was) (\d+\.\d+){OTHER_UNIT} instead\b(?! of)")
MOVED = re.compile(rf"\bfrom \d+\.\d+ (?:up |down )?to (\d+(?:\.\d+)?){OTHER_UNIT}")


def take_threshold(question: Question) -> float | None:
    """Take the supposed threshold out of a question, None where none is supposed."""
    match = MOVED.search(question.rest) or INSTEAD.search(question.rest)
    if match is None and SUPPOSES.search(question.text):
        match = CALLED.search(question.rest) or NUMBER.search(question.rest)
    if match is None:
        return None
    question.cover(match.start(1), match.end(1), "qthreshold")
    return float(match[1])
