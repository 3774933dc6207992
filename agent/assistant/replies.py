"""What is said where no tool is needed."""

from collections.abc import Sequence

LONGEST_QUESTION = 1000

HELP = (
    "I answer from what the cameras recorded: how many anomalies, which ones, trends, comparisons, the worst sources, "
    "incidents, false alarms, and how detectors are doing. Ask, for example, 'How many anomalies since Monday 6am?', "
    "'Show the worst anomalies of last week', 'Show A-1042' or 'Is everything ok?'."
)
CHANGED = (
    "Nothing was changed: I change nothing by myself, and this is nothing I can propose. A person does that: with the "
    "buttons Defect, False alarm and Silence under an alert in Slack, or in a terminal with `oddspot label A-ID "
    "false_alarm`, `oddspot source pause NAME` or `oddspot fit NAME`."
)
UNSURE = "I am not sure what you mean. Is it one of these?"
UNREAD_TIME = "I do not know which time {time!r} means here. Is it one of these?"
OUTSIDE = (
    "I cannot know that: the record holds images, scores, verdicts, labels and incidents, not causes, people, costs or "
    "the future. I can tell how many anomalies there were, which ones, and how that changed."
)
EMPTY = "What would you like to know? Ask, for example, how many anomalies there were yesterday."
TOO_LONG = f"That question is too long; please ask it in at most {LONGEST_QUESTION:,} characters."
ONE_AT_A_TIME = "(You asked several things; this answers one of them. Ask me the others next.)"
FAILED = "I could not read the record just now: {reason} Please try again."
MODEL_FAILED = "(The language model did not answer, so the built-in reader did.)"


def example_questions(sources: Sequence[str]) -> tuple[str, ...]:
    """Return questions that can be answered, with a source that exists."""
    place = f" on {sources[0]}" if sources else ""
    return (
        f"How many anomalies{place} today?",
        f"List the newest anomalies{place}?",
        "Is everything ok?",
    )
