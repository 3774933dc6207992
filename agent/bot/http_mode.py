"""HTTP mode: a small server in a thread that hands Slack's signed posts to the app."""

import asyncio
import threading
from collections.abc import Sequence

import structlog
from aiohttp import web
from slack_bolt import App, BoltRequest, BoltResponse

from agent.errors import AgentError

logger = structlog.get_logger()
MOST_BYTES = 1_000_000
PATH = "/slack/events"
STAMP = "X-Slack-Request-Timestamp"
START_SECONDS = 10.0


class PortInUseError(AgentError):
    """The server cannot listen where the settings say."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Cannot listen on {host}:{port} ({reason}); change slack.host or slack.port.")


class HttpMode:
    """Serves `POST /slack/events` and `GET /healthz`; Bolt checks signature and age of every post."""

    def __init__(self, app: App, host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="slack-http", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._runner.addresses[0][1]) if self._runner else self._port

    def start(self) -> None:
        """Listen from now on; raise PortInUseError."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(START_SECONDS)
        except OSError as error:
            self._end()
            raise PortInUseError(self._host, self._port, error.strerror or type(error).__name__) from error
        logger.info("listening", host=self._host, port=self.port)

    def stop(self) -> None:
        """Stop listening."""
        self._end()

    async def _start(self) -> None:
        server = web.Application(client_max_size=MOST_BYTES)
        server.router.add_post(PATH, self._receive)
        server.router.add_get("/healthz", _healthy)
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def _receive(self, request: web.Request) -> web.Response:
        stamp = request.headers.get(STAMP, "")
        if not (stamp.isascii() and stamp.isdigit()):  # Bolt's check of it would break, loudly, for anybody
            return web.Response(status=401)
        body = (await request.read()).decode("utf-8", errors="replace")
        headers: dict[str, str | Sequence[str]] = {name: request.headers.getall(name) for name in request.headers}
        bolt_request = BoltRequest(body=body, query=request.query_string, headers=headers)
        response: BoltResponse = await self._loop.run_in_executor(None, self._app.dispatch, bolt_request)
        return _as_web(response)

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _end(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


def _as_web(response: BoltResponse) -> web.Response:
    content_type = response.first_headers().get("content-type", "text/plain").split(";")[0]
    return web.Response(status=response.status, text=response.body, content_type=content_type)
