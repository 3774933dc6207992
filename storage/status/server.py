"""`/healthz`, `/readyz` and `/metrics` of one process, behind a token where it is heard beyond this machine."""

import hmac
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from config.keeping import StatusSettings
from storage.database import Database
from storage.errors import StorageError
from storage.migrate import current, head
from storage.status.metrics import metrics_text
from storage.status.pulse import Pulse

logger = structlog.get_logger()
JSON = "application/json"
Page = tuple[int, str, bytes]


class StatusPortError(StorageError):
    """The status cannot be served where the settings say."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Cannot listen on {host}:{port} ({reason}); change status.host or status.port.")


@contextmanager
def serve_status(
    settings: StatusSettings, database: Database, pulse: Pulse, *, offset: int = 0, own: Sequence[Collector] = ()
) -> Iterator["StatusServer | None"]:
    """Serve the status as long as the block runs, where the settings name a port; raise StatusPortError."""
    if settings.port is None:
        yield None
        return
    server = StatusServer(
        settings, database, _utc_now, pulse.trouble, offset=offset, in_the_way=pulse.in_the_way, own=own
    )
    try:
        yield server
    finally:
        server.close()


class StatusServer:
    """Answers in threads of its own until it is closed.

    trouble: says what is wrong with this process, None where it is well. offset: added to the port of the settings, so
    that several processes of one machine have one each. in_the_way: what keeps it from its work though it is well
    itself. own: what this process measured.
    """

    def __init__(
        self,
        settings: StatusSettings,
        database: Database,
        clock: Callable[[], datetime],
        trouble: Callable[[], str | None],
        *,
        offset: int = 0,
        in_the_way: Callable[[], str | None] = lambda: None,
        own: Sequence[Collector] = (),
    ) -> None:
        self._in_the_way = in_the_way
        self._own = own
        self._database = database
        self._clock = clock
        self._trouble = trouble
        self._token = settings.token.get_secret_value() if settings.token else None
        port = (settings.port or 0) and (settings.port or 0) + offset
        try:
            self._server = ThreadingHTTPServer((settings.host, port), self._handler())
        except OSError as error:
            raise StatusPortError(settings.host, port, error.strerror or type(error).__name__) from error
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="status", daemon=True).start()
        logger.info("status_served", host=settings.host, port=self.port)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def page(self, path: str, authorization: str) -> Page:
        """Return status code, type and body of a page."""
        if path == "/healthz":  # says nothing about the house, so that a load balancer needs no token
            trouble = self._trouble()
            return _json(503 if trouble else 200, {"status": trouble or "ok"})
        if not self._may(authorization):
            return _json(401, {"status": "a token is needed: Authorization: Bearer TOKEN"})
        if path == "/readyz":
            return self._ready()
        if path == "/metrics":
            try:
                return 200, CONTENT_TYPE_LATEST, metrics_text(self._database, self._clock, self._own)
            except StorageError as error:
                return _json(503, {"status": str(error)})
        return _json(404, {"status": "there are /healthz, /readyz and /metrics"})

    def _ready(self) -> Page:
        trouble = self._trouble() or self._in_the_way()
        try:
            found = current(self._database)
        except Exception as error:  # noqa: BLE001 - each driver has its own; what it says may hold the address
            logger.warning("not_ready", reason=type(error).__name__)
            trouble = trouble or f"the database does not answer ({type(error).__name__})"
        else:
            trouble = trouble or (None if found == head() else "the database is not of this version: migrate it")
        return _json(503 if trouble else 200, {"status": trouble or "ready"})

    def _may(self, authorization: str) -> bool:
        wanted = f"Bearer {self._token}"
        return self._token is None or hmac.compare_digest(authorization.encode(), wanted.encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page = self.page

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                code, kind, body = page(self.path.partition("?")[0], self.headers.get("Authorization") or "")
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: a scrape every few seconds is no news."""

        return Handler


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _json(code: int, values: dict[str, str]) -> Page:
    return code, JSON, json.dumps(values).encode()
