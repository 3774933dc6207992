"""A local server that keeps what is posted to it and answers as it is told: for webhooks and alarms."""

import threading
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

from tests.servers.listener import Listener


@dataclass(frozen=True, slots=True)
class Posted:
    """One request: its path, its headers with names in lower case, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Collector:
    """Use it as a context manager; `answers` are (status, headers), one a request, 200 once they are used up."""

    posts: list[Posted] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = Listener("collector")
        self._came = threading.Condition()
        self._listener.start([web.route("*", "/{path:.*}", self._take)])
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return self._listener.url

    @property
    def port(self) -> int:
        """Its port on loopback."""
        return self._listener.port

    def down(self) -> None:
        """Refuse every connection."""
        self._listener.go_down()

    def up(self) -> None:
        """Listen again, on the same port."""
        self._listener.go_up()

    def wait_for(self, count: int, *, seconds: float = 15.0) -> list[Posted]:
        """Return what came once there are so many; fail where they do not come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.posts) >= count, seconds), f"{len(self.posts)} of {count} came"
            return list(self.posts)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._came:
            self.posts.append(Posted(request.path, headers, body))
            status, answered = self.answers.pop(0) if self.answers else (200, {})
            self._came.notify_all()
        return web.Response(status=status, headers=answered)
