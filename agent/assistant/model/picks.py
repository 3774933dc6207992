"""For small models: they only pick what a question wants, out of a closed list; grammar and templates do the rest."""

import json
from functools import lru_cache
from typing import Any

import structlog
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage

from agent.assistant.errors import ModelError
from agent.assistant.model.bounded import LateError, Patience
from agent.assistant.model.opening import in_one_line
from agent.assistant.model.saying import THOUGHT
from agent.assistant.model.usage import LimitError, Meter
from agent.assistant.reading.deciding import decide, fits, sure_of
from agent.assistant.reading.known import known_names
from agent.assistant.reading.language import intent_language
from agent.assistant.reading.reader import Looked, look, shaped
from agent.assistant.reading.reading import NO_TOOL, Intent, Reading
from agent.assistant.tools.context import ToolContext
from agent.assistant.windows.problems import AmbiguousDateError, WindowError

EXAMPLES_EACH = 3
LONGEST_QUESTION = 300

logger = structlog.get_logger(__name__)

SCHEMA: dict[str, Any] = {
    "name": "pick",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"intent": {"type": "string", "enum": [str(intent) for intent in Intent]}},
        "required": ["intent"],
        "additionalProperties": False,
    },
}
HEAD = (
    "Pick what a question about a record of anomalies wants. Answer only with JSON such as "
    '{"intent": "count"}. Words such as qsource, qwindow and qid stand for a camera, a time and an id.\n'
)


class Picker:
    """Asks a model for one intent."""

    def __init__(self, model: BaseChatModel, name: str, patience: Patience) -> None:
        self._model = model
        self._name = name
        self._patience = patience

    def pick(self, looked: Looked, meter: Meter, deadline: float) -> Reading | None:
        """Return the reading that the pick makes of a question; None for a pick that fits nothing of it.

        Raise ModelError where the model does not answer before the deadline.
        """
        messages: list[AnyMessage] = [SystemMessage(instructions()), HumanMessage(looked.masked[:LONGEST_QUESTION])]
        try:
            meter.begin()
            reply = self._patience.run(lambda: self._asked(messages), deadline)
        except (LateError, LimitError) as error:
            raise ModelError(self._name, str(error)) from None
        except Exception as error:  # any provider raises its own errors; the next in line answers
            raise ModelError(self._name, in_one_line(error)) from error
        meter.add(messages, [reply])
        reading = reading_of(str(reply.text), looked)
        logger.info("picked", said=str(reply.text)[:80], is_used=reading is not None)
        return reading

    def _asked(self, messages: list[AnyMessage]) -> AIMessage:
        constrained = self._model.bind(response_format={"type": "json_schema", "json_schema": SCHEMA})
        reply = constrained.invoke(messages)
        if not isinstance(reply, AIMessage):
            raise TypeError("the reply is no message")
        return reply


def needs_pick(text: str, context: ToolContext) -> Looked | None:
    """Return what the readers saw of a question they do not agree on; None where no pick can help."""
    try:
        looked = look(text, context, known_names(context))
    except (AmbiguousDateError, WindowError):
        return None
    return None if looked.places.unknown is not None or sure_of(decide(looked)) else looked


def reading_of(said: str, looked: Looked) -> Reading | None:
    """Read a pick; None where it is none of the list, or wants what the question does not name.

    A pick counts only as the third voice: it has to be one of those the two readers think likely.
    """
    try:
        values = json.loads(THOUGHT.sub("", said))
        intent = Intent(values["intent"])
    except (ValueError, TypeError, KeyError):
        return None
    is_likely = intent in looked.likely or intent in NO_TOOL or intent is looked.guess.best
    return shaped(intent, looked.slots) if is_likely and fits(intent, looked.slots) else None


@lru_cache
def instructions() -> str:
    """Return what the model is told: the list, and a few questions of each kind in turn."""
    by_intent: dict[str, list[str]] = {}
    for intent, example in intent_language().examples:
        by_intent.setdefault(intent, []).append(example)
    lines = []
    for turn in range(EXAMPLES_EACH):
        for intent, examples in by_intent.items():
            at = turn * len(examples) // EXAMPLES_EACH
            if turn < len(examples):
                lines.append(f"{examples[at]} -> {json.dumps({'intent': intent})}")
    return HEAD + "\n".join(lines)
