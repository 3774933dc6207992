"""The thread, the loop and the listening socket of a local server."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

CALL_SECONDS = 15.0
SHUTDOWN_SECONDS = 0.5
MOST_BYTES = 64_000_000


class Listener:
    """Serves HTTP on loopback from a thread of its own; can go down and come back on the same port."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, routes: list[web.RouteDef]) -> None:
        """Serve the routes from now on."""
        self._thread.start()
        self.run(self._start(routes))

    def stop(self) -> None:
        """End every connection and the thread."""
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the loop and wait for its end."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(CALL_SECONDS)

    def go_down(self) -> None:
        """Refuse every connection."""
        self.run(self._go_down())

    def go_up(self) -> None:
        """Listen again, on the same port."""
        self.run(self._go_up())

    async def _start(self, routes: list[web.RouteDef]) -> None:
        app = web.Application(middlewares=[self._refuse_when_down], client_max_size=MOST_BYTES)
        app.router.add_routes(routes)
        self._runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        await self._go_up()

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _go_up(self) -> None:
        if self._site is None and self._runner is not None:
            site = web.TCPSite(self._runner, "127.0.0.1", self.port)
            await site.start()
            self._site, self.port = site, self._runner.addresses[0][1]

    async def _go_down(self) -> None:
        if self._site is not None:
            await self._site.stop()
            self._site = None

    @web.middleware
    async def _refuse_when_down(
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        if self._site is None:
            return cut(request)
        response: web.StreamResponse = await handler(request)
        return response


def cut(request: web.Request) -> web.Response:
    """End the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
