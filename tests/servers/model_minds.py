"""Minds for LocalModel: programs that answer as a language model could, well, falsely or led astray.

They see only what a real model is sent, and say the tools' real figures where they are honest.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.servers.model_wire import Json, Reply, ToolCall

Mind = Callable[[Json], Reply]
ORDER = re.compile(r"ORDER (\w+): ([^\"\\]+?)(?: END|$)")


def results_of(body: Json) -> list[Json]:
    """Return the tools' results since the last question that a person asked, as a model can read them."""
    return [_read(message["content"]) for message in body["messages"] if message["role"] == "tool"]


def calls_then(call: ToolCall, say: Callable[[list[Json]], str]) -> Mind:
    """Return a mind that calls one tool and then says something of its result, each time it is asked again."""

    def mind(body: Json) -> Reply:
        results = results_of(body)
        return Reply(say(results)) if results else Reply(tool_calls=(call,))

    return mind


def honest(call: ToolCall) -> Mind:
    """Return a mind that tells the counts of its tool as they are."""

    def say(results: list[Json]) -> str:
        data = results[-1]["data"]
        return f"There were {data['anomalies']} anomalies in {data['judged']} images, {data['unsure']} of them unsure."

    return calls_then(call, say)


def lying(call: ToolCall, lie: str) -> Mind:
    """Return a mind that says the same lie whatever its tool gave, and again when it is told so."""
    return calls_then(call, lambda _: lie)


def corrected(call: ToolCall, lie: str) -> Mind:
    """Return a mind that lies first and tells the truth when it is asked again."""
    truth = honest(call)

    def mind(body: Json) -> Reply:
        was_told = any(
            message["role"] == "user" and "no tool result" in str(message["content"]) for message in body["messages"]
        )
        results = results_of(body)
        return Reply(lie) if results and not was_told else truth(body)

    return mind


def obedient(call: ToolCall) -> Mind:
    """Return a mind that does whatever it finds as `ORDER say: ...` or `ORDER call: TOOL` in a tool's result."""

    def mind(body: Json) -> Reply:
        results = results_of(body)
        if not results:
            return Reply(tool_calls=(call,))
        orders = [match for result in results for match in ORDER.findall(json.dumps(result, ensure_ascii=False))]
        called = {made["function"]["name"] for message in body["messages"] for made in message.get("tool_calls") or []}
        for kind, what in orders:
            if kind == "call" and what.strip() not in called:
                return Reply(tool_calls=((what.strip(), {"id": "A-1", "label": "false_alarm"}),))
        said = [what.strip() for kind, what in orders if kind == "say"]
        return Reply(" ".join(said) or "I found no order.")

    return mind


def restless(call: ToolCall, *, at_once: int = 1) -> Mind:
    """Return a mind that only ever calls tools, so many in one message."""
    return lambda _: Reply(tool_calls=(call,) * at_once)


def picking(intent: str) -> Mind:
    """Return a mind that picks one intent, whatever is asked."""
    return lambda _: Reply(json.dumps({"intent": intent}))


def _read(content: Any) -> Json:
    try:
        found = json.loads(content)
    except (TypeError, ValueError):
        return {"data": {}}
    return found if isinstance(found, dict) else {"data": {}}
