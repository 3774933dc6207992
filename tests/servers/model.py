"""LocalModel: an OpenAI-compatible server on loopback that says what the test tells it to say."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.servers.listener import Listener, cut
from tests.servers.model_wire import Json, Reply, ToolCall, completion_json, is_orderly, sse_events

Responder = Callable[[Json], Reply | str]
MODEL = "local-model"


@dataclass(frozen=True, slots=True)
class ModelFault:
    """One thing that goes wrong with a completion; a stall alone only delays it.

    drip_seconds: time between two bytes of the reply. body: what is sent in place of a completion.
    """

    status: int | None = None
    retry_after: int | None = None
    stall_seconds: float = 0.0
    drip_seconds: float = 0.0
    body: str | None = None
    is_truncated: bool = False
    is_cut: bool = False


@dataclass(slots=True)
class ModelRequest:
    """What the client sent, without its key; at monotonic seconds."""

    body: Json
    path: str
    at: float = field(default_factory=time.monotonic)

    @property
    def messages(self) -> list[Json]:
        """The conversation so far."""
        messages: list[Json] = self.body.get("messages", [])
        return messages


class LocalModel:
    """A scripted or programmed model; use it as a context manager and give `base_url` to the client.

    Replies are taken from the script first, then from the responder; with neither left the answer is 400.
    """

    def __init__(self, responder: Responder | None = None, *, api_key: str | None = None) -> None:
        self.requests: list[ModelRequest] = []
        self._responder = responder
        self._api_key = api_key
        self._script: deque[Reply] = deque()
        self._faults: deque[ModelFault] = deque()
        self._listener = Listener("local-model")

    def __enter__(self) -> Self:
        self._listener.start(
            [
                web.post("/v1/chat/completions", self._complete),
                web.get("/v1/models", self._models),
                web.route("*", "/{path:.*}", self._unknown),
            ]
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()

    @property
    def base_url(self) -> str:
        """The address for `assistant.base_url`, as OpenAI clients want it."""
        return f"{self._listener.url}/v1"

    def enqueue(self, text: str = "", tool_calls: Sequence[ToolCall] = ()) -> None:
        """Say this next; a call's arguments are a dict, or the raw text of a malformed one."""
        self.say(Reply(text, tuple(tool_calls)))

    def say(self, reply: Reply) -> None:
        """Say a whole reply next."""
        self._script.append(reply)

    def think(self, responder: Responder) -> None:
        """Let a program answer from now on, after what is enqueued."""
        self._responder = responder

    def fail_next(self, fault: ModelFault, *, count: int = 1) -> None:
        """Let the next completions go wrong; what was enqueued stays for later, unless the fault only stalls it."""
        self._faults.extend([fault] * count)

    @property
    def is_spent(self) -> bool:
        """Whether everything enqueued was said."""
        return not self._script

    def down(self) -> None:
        """Refuse every connection."""
        self._listener.go_down()

    def up(self) -> None:
        """Listen again, on the same port."""
        self._listener.go_up()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(ModelRequest(body, request.path))
        if self._api_key is not None and request.headers.get("Authorization") != f"Bearer {self._api_key}":
            return _error(401, "Incorrect API key provided", "invalid_api_key")
        return await self._meet(request, body)

    async def _meet(self, request: web.Request, body: Json) -> web.StreamResponse:
        fault = self._faults.popleft() if self._faults else ModelFault()
        await asyncio.sleep(fault.stall_seconds)
        if fault.status is not None:
            headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            return _error(fault.status, "told to fail", "scripted", headers)
        if fault.is_cut:
            return cut(request)
        if fault.body is not None:
            return web.Response(text=fault.body, content_type="application/json")
        return await self._reply(request, body, fault)

    async def _reply(self, request: web.Request, body: Json, fault: ModelFault) -> web.StreamResponse:
        if not is_orderly(body.get("messages", [])):
            return _error(400, "a call of a tool was never answered", "invalid_request_error")
        reply = self._next_reply(body)
        if reply is None:
            return _error(400, "nothing is scripted for this request", "nothing_scripted")
        if fault.drip_seconds:
            return await _drip(request, completion_json(reply, body), fault.drip_seconds)
        return await _say(request, reply, body, is_truncated=fault.is_truncated)

    async def _models(self, _: web.Request) -> web.Response:
        model = {"id": MODEL, "object": "model", "created": 1, "owned_by": "local"}
        return web.json_response({"object": "list", "data": [model]})

    async def _unknown(self, request: web.Request) -> web.Response:
        self.requests.append(ModelRequest({}, request.path))
        return _error(404, f"there is no {request.path} here", "not_found")

    def _next_reply(self, body: Json) -> Reply | None:
        if self._script:
            return self._script.popleft()
        if self._responder is None:
            return None
        reply = self._responder(body)
        return Reply(reply) if isinstance(reply, str) else reply


async def _say(request: web.Request, reply: Reply, body: Json, *, is_truncated: bool) -> web.StreamResponse:
    if body.get("stream"):
        return await _stream(request, reply, body, is_truncated=is_truncated)
    if is_truncated:
        return await _half(request, completion_json(reply, body))
    return web.json_response(completion_json(reply, body))


async def _stream(request: web.Request, reply: Reply, body: Json, *, is_truncated: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    events = sse_events(reply, body)
    for event in events[: len(events) // 2] if is_truncated else events:
        await response.write(event)
    if is_truncated and request.transport is not None:
        request.transport.abort()
    else:
        await response.write_eof()
    return response


async def _drip(request: web.Request, body: Any, seconds: float) -> web.StreamResponse:
    """Send a byte now and then, so that no single read of the client ever times out."""
    whole = web.json_response(body).body
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for byte in whole if isinstance(whole, bytes) else b"":
        await response.write(bytes([byte]))
        await asyncio.sleep(seconds)
    await response.write_eof()
    return response


async def _half(request: web.Request, body: Any) -> web.StreamResponse:
    whole = web.json_response(body).body
    content = whole if isinstance(whole, bytes) else b""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(content))})
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _error(status: int, message: str, code: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": {"message": message, "type": "local_model", "param": None, "code": code}}
    return web.json_response(body, status=status, headers=headers)
