"""Socket Mode: links, hello, envelopes, acknowledgements, pings and disconnects."""

import asyncio
import json
import time
from contextlib import suppress
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.servers.slack.gateway import Gateway
from tests.servers.slack.records import Envelope, Json
from tests.servers.slack.workspace import APP, ApiError, Workspace

MOST_SOCKETS = 10
PING_SECONDS = 10.0
WITH_RESPONSE = {"interactive", "slash_commands"}


class SocketHub:
    """The app's open sockets; an envelope goes to one of them, and waits while there is none."""

    def __init__(self, workspace: Workspace, gateway: Gateway) -> None:
        self.sockets: list[web.WebSocketResponse] = []
        self.last_ping_at: float | None = None
        self.opened = 0
        self._workspace = workspace
        self._gateway = gateway
        self._tickets: set[str] = set()
        self._waiting: list[tuple[Envelope, int, str]] = []
        self._requests: dict[int, web.Request] = {}
        self._turn = 0

    def open_link(self) -> Json:
        """Answer apps.connections.open: a link that is good once."""
        if len(self.sockets) >= MOST_SOCKETS:
            raise ApiError("too_many_websockets")
        ticket = uuid4().hex
        self._tickets.add(ticket)
        address = self._workspace.base_url.replace("http://", "ws://")
        return {"url": f"{address}/link/?ticket={ticket}&app_id={APP}"}

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        self._requests[id(socket)] = request
        await socket.prepare(request)
        await self._welcome(socket)
        pings = asyncio.create_task(_ping(socket))
        try:
            await self._listen(socket)
        finally:
            pings.cancel()
            self._forget(socket)
        return socket

    async def send(self, envelope: Envelope, *, retry: int, reason: str) -> None:
        """Send an envelope over the next socket in turn, or keep it for the first that opens."""
        with self._workspace.changing():
            sockets = [socket for socket in self.sockets if not socket.closed]
            if not sockets:
                self._waiting.append((envelope, retry, reason))
                return
            self._turn += 1
            socket = sockets[self._turn % len(sockets)]
            envelope.sent_at.append(time.monotonic())
        with suppress(ConnectionError):
            await socket.send_str(json.dumps(_framed(envelope, retry, reason)))

    async def disconnect(self, reason: str) -> None:
        """Ask the app to open a new socket, as Slack does every hour or so."""
        for socket in list(self.sockets):
            host = {"host": "local"}
            await socket.send_str(json.dumps({"type": "disconnect", "reason": reason, "debug_info": host}))

    async def cut(self) -> None:
        """End every socket without a word."""
        for socket in list(self.sockets):
            request = self._requests[id(socket)]
            self._forget(socket)
            if request.transport is not None:
                request.transport.abort()

    async def _welcome(self, socket: web.WebSocketResponse) -> None:
        with self._workspace.changing():
            self.sockets.append(socket)
            self.opened += 1
            waiting, self._waiting = self._waiting, []
        info = {"app_id": APP}
        hello = {"type": "hello", "num_connections": len(self.sockets), "connection_info": info}
        await socket.send_str(
            json.dumps(hello | {"debug_info": {"host": "local", "approximate_connection_time": 18060}})
        )
        for envelope, retry, reason in waiting:
            await self.send(envelope, retry=retry, reason=reason)

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for received in socket:
            if received.type is WSMsgType.PING:
                self.last_ping_at = time.monotonic()
                await socket.pong(received.data)
            elif received.type is WSMsgType.TEXT:
                body = json.loads(received.data)
                self._gateway.acknowledge(str(body.get("envelope_id")), body.get("payload"))

    def _forget(self, socket: web.WebSocketResponse) -> None:
        with self._workspace.changing():
            if socket in self.sockets:
                self.sockets.remove(socket)
            self._requests.pop(id(socket), None)


async def _ping(socket: web.WebSocketResponse) -> None:
    with suppress(ConnectionError):
        while not socket.closed:
            await asyncio.sleep(PING_SECONDS)
            await socket.ping(b"Ping from local")


def _framed(envelope: Envelope, retry: int, reason: str) -> Json:
    body: Json = {
        "envelope_id": envelope.id,
        "type": envelope.kind,
        "payload": envelope.payload,
        "accepts_response_payload": envelope.kind in WITH_RESPONSE,
    }
    return body | ({"retry_attempt": retry, "retry_reason": reason} if envelope.kind == "events_api" else {})
