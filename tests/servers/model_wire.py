"""How an OpenAI-compatible server writes a reply: as one object, or as server-sent events."""

import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

Json = dict[str, Any]
ToolCall = tuple[str, Json | str]
PIECE = 12


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says: text, calls of tools by name and arguments (a dict, or raw text), or both.

    is_cut_short: its tokens ran out in the middle of it. has_usage: it tells how many tokens there were.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    is_cut_short: bool = False
    has_usage: bool = True

    @property
    def finish_reason(self) -> str:
        """Why the model stopped."""
        if self.is_cut_short:
            return "length"
        return "tool_calls" if self.tool_calls else "stop"


def is_orderly(messages: list[Json]) -> bool:
    """Say whether every call of a tool was answered before anything else was said, as the real servers want it."""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            waiting.discard(message.get("tool_call_id", ""))
        elif waiting:
            return False
        waiting |= {call["id"] for call in message.get("tool_calls") or []}
    return not waiting


def completion_json(reply: Reply, body: Json) -> Json:
    """Return a whole chat.completion."""
    message: Json = {"role": "assistant", "content": reply.text or None}
    if reply.tool_calls:
        message["tool_calls"] = _calls(reply)
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}
    usage = {"usage": _usage(reply, body)} if reply.has_usage else {}
    return _frame(body, "chat.completion") | {"choices": [choice]} | usage


def sse_events(reply: Reply, body: Json) -> list[bytes]:
    """Return the events of a streamed reply, text and arguments in small pieces, [DONE] last."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in _pieces(reply.text)]
    for index, call in enumerate(_calls(reply)):
        arguments = call["function"].pop("arguments")
        opening = call | {"index": index, "function": call["function"] | {"arguments": ""}}
        deltas.append({"tool_calls": [opening]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": p}}]} for p in _pieces(arguments)]
    frame = _frame(body, "chat.completion.chunk")
    chunks = [frame | {"choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in deltas]
    chunks.append(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append(frame | {"choices": [], "usage": _usage(reply, body)})
    return [*(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks), b"data: [DONE]\n\n"]


def _frame(body: Json, kind: str) -> Json:
    model = body.get("model", "local-model")
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _calls(reply: Reply) -> list[Json]:
    return [
        {
            "id": f"call_{uuid4().hex[:16]}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for name, given in reply.tool_calls
    ]


def _pieces(text: str) -> list[str]:
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def _usage(reply: Reply, body: Json) -> Json:
    asked = len(json.dumps(body.get("messages", []))) // 4
    said = (len(reply.text) + sum(len(str(given)) for _, given in reply.tool_calls)) // 4
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
