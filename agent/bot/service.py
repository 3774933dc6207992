"""The bot as it runs: the app, the way Slack reaches it, and the threads its work is done in."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from slack_bolt import App

from agent.bot.app import build_app
from agent.bot.asking import Asker
from agent.bot.http_mode import HttpMode
from agent.bot.looks import Looks
from agent.bot.socket_mode import SocketMode
from agent.bot.socket_watch import SocketWatch
from agent.errors import AgentError
from agent.notifiers.slack_client import SlackAuthError, make_client
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database

logger = structlog.get_logger()
QUESTIONS_AT_ONCE = 4
IMAGES_AT_ONCE = 2
LISTENERS_AT_ONCE = 10
RATE_LIMIT_RETRIES = 2
LOOK_SECONDS = 1.0
WATCH_SECONDS = 5.0
CLOSE_SECONDS = 5.0


class NoSigningSecretError(AgentError):
    """HTTP mode cannot tell Slack's posts from anybody else's."""

    def __init__(self) -> None:
        super().__init__("slack.mode is http, which needs slack.signing_secret.")


class Bot:
    """A running bot."""

    def __init__(self, app: App, executors: list[ThreadPoolExecutor]) -> None:
        self._app = app
        self._executors = executors
        self._socket: SocketMode | None = None
        self._http: HttpMode | None = None
        self._watch: threading.Thread | None = None

    def serve_http(self, host: str, port: int) -> None:
        """Listen for Slack's posts; raise PortInUseError."""
        http = HttpMode(self._app, host, port)
        http.start()
        self._http = http

    def open_socket(
        self, socket: SocketMode, watch: SocketWatch, stop: threading.Event, clock: Callable[[], datetime]
    ) -> None:
        """Open the socket, go on trying in a thread while Slack is away, and watch it then; raise SlackAuthError."""
        self._socket = socket
        socket.ensure_open(now=clock())
        given = (socket, watch, stop, clock)
        self._watch = threading.Thread(target=_keep_open, args=given, name="socket", daemon=True)
        self._watch.start()

    def close(self) -> None:
        """Stop listening and let what was begun come to its end."""
        if self._watch is not None:
            self._watch.join(CLOSE_SECONDS)
        if self._socket is not None:
            self._socket.close()
        if self._http is not None:
            self._http.stop()
        for executor in self._executors:
            executor.shutdown(cancel_futures=True)


def start_bot(
    settings: Settings,
    database: Database,
    blobs: BlobStore,
    assistant: Asker,
    stop: threading.Event,
    *,
    clock: Callable[[], datetime],
    note: Callable[[str, str | None], None] = lambda *_: None,
    heard: Callable[[str], None] = lambda _: None,
) -> Bot:
    """Start the bot the way the settings say; raise SlackAuthError, PortInUseError or NoSigningSecretError.

    note, heard: told by the socket's watchdog what is wrong, and what came.
    """
    slack = settings.slack
    if slack.mode == "http" and slack.signing_secret is None:
        raise NoSigningSecretError
    questions = ThreadPoolExecutor(QUESTIONS_AT_ONCE, thread_name_prefix="question")
    images = ThreadPoolExecutor(IMAGES_AT_ONCE, thread_name_prefix="image")
    listeners = ThreadPoolExecutor(LISTENERS_AT_ONCE, thread_name_prefix="listener")
    client = make_client(slack, rate_limit_retries=RATE_LIMIT_RETRIES)
    looks = Looks(client, database, blobs, settings, images, clock)
    app = build_app(
        client,
        settings,
        database,
        blobs,
        assistant,
        questions=questions,
        listeners=listeners,
        looks=looks,
        clock=clock,
    )
    bot = Bot(app, [listeners, questions, images])
    try:
        if slack.mode == "http":
            bot.serve_http(slack.host, slack.port)
        elif slack.app_token is not None:
            chance = random.Random()  # noqa: S311 - spreads waits, guards nothing
            socket = SocketMode(app, slack, slack.app_token.get_secret_value(), chance=chance)
            alarm_after = timedelta(minutes=settings.alarms.unsent_minutes)
            watch = SocketWatch(socket, client, database, note=note, heard=heard, alarm_after=alarm_after)
            bot.open_socket(socket, watch, stop, clock)
        else:
            logger.warning("nobody_can_answer", fix="set slack.app_token, or slack.mode: http; alerts are still sent")
    except AgentError:
        bot.close()
        raise
    return bot


def _keep_open(socket: SocketMode, watch: SocketWatch, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    while not socket.is_open and not stop.wait(LOOK_SECONDS):
        try:
            socket.ensure_open(now=clock())
        except SlackAuthError as error:
            logger.error("socket_refused", reason=str(error))  # noqa: TRY400 - the sentence is enough
            break
    while not stop.wait(WATCH_SECONDS):
        try:
            watch.look(now=clock())
        except Exception:  # the edge of a thread: it goes on watching
            logger.exception("socket_not_watched")
