"""The loop of `oddspot talk`: events become incidents, incidents become messages, and the bot listens."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from rich.console import Console

from agent.alerts.alarms import AlarmBell
from agent.alerts.catch_up import fold_what_is_over
from agent.alerts.deliver import CHANNELS_AT_ONCE, Deliverer
from agent.alerts.disk_watch import watch_disk
from agent.alerts.due_reports import add_due_reports
from agent.alerts.outage import tell_outages
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import repeat_untaken, resolve_quiet, route_events
from agent.alerts.untaken_looks import tell_untaken_looks
from agent.bot.asking import Asker
from agent.bot.service import start_bot
from agent.errors import AgentError
from agent.notifiers.console import ConsoleNotifier
from agent.notifiers.other_way import other_way
from agent.notifiers.port import Notifier
from agent.notifiers.slack import SlackNotifier
from agent.notifiers.slack_client import check_bot_token, make_client
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.disk import disk_use
from storage.opening import open_reader
from storage.records import DiskUse
from storage.repositories.events import forget_seen_events
from storage.repositories.set_back import SLACK, forget_the_future
from storage.status.stages import Stages

logger = structlog.get_logger()
POLL_SECONDS = 0.2
CHORES_EVERY = timedelta(seconds=10)
SEEN_FOR = timedelta(days=2)
LONGEST_PAUSE_SECONDS = 30.0


class Talk:
    """Routes and delivers until it is told to stop; a fault in one round never ends the loop."""

    def __init__(
        self,
        out: Outgoing,
        deliverer: Deliverer,
        *,
        bell: AlarmBell | None = None,
        beat: Callable[[], None] = lambda: None,
        poll_seconds: float = POLL_SECONDS,
        look_at_disk: Callable[[Path], DiskUse] = disk_use,
    ) -> None:
        self._out = out
        self._deliverer = deliverer
        self._bell = bell
        self._beat = beat
        self._poll_seconds = poll_seconds
        self._look_at_disk = look_at_disk
        self._chores_due_at: datetime | None = None
        self._last_at: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        faults = 0
        while not stop.wait(min(self._poll_seconds * 2**faults, LONGEST_PAUSE_SECONDS)):
            try:
                self.tick()
                self._beat()
                faults = 0
            except Exception:
                faults = min(faults + 1, 10)
                logger.exception("talk_round_failed", in_a_row=faults)

    def tick(self) -> int:
        """Do one round and return how many deliveries it started."""
        now = self._out.clock()
        if self._last_at is None or now < self._last_at - SLACK:
            self._begin(now)
        self._last_at = now
        self._do_chores(now)
        tell_untaken_looks(self._out.database, now=self._out.clock())
        if not self._deliverer.has_work():
            return 0
        route_events(self._out.database, self._out.settings, now=self._out.clock())
        return self._deliverer.deliver()

    def _begin(self, now: datetime) -> None:
        """Take up what others left when they died, and what a clock put off that was set back since."""
        self._chores_due_at = None
        with self._out.database.transaction() as session:
            forwarded = forget_the_future(session, now=now)
        taken = self._deliverer.take_from_the_gone()
        if forwarded or taken:
            logger.warning("taken_up", sender_gone=taken, put_off_by_another_clock=forwarded)

    def _do_chores(self, now: datetime) -> None:
        if self._chores_due_at is not None and now < self._chores_due_at:
            return
        self._chores_due_at = now + CHORES_EVERY
        resolve_quiet(self._out.database, self._out.settings, now=now)
        repeat_untaken(self._out.database, self._out.settings, now=now)
        tell_outages(self._out.database, self._out.settings, now=now)
        fold_what_is_over(self._out.database, now=now)
        self._watch_disk(now)
        if self._bell is not None:
            self._bell.look()
        with self._out.database.transaction() as session:
            forget_seen_events(session, before=now - SEEN_FOR)
        add_due_reports(self._out.database, self._out.settings, now=now)

    def _watch_disk(self, now: datetime) -> None:
        folder = self._out.settings.storage.data_dir
        try:
            use = self._look_at_disk(folder)
        except OSError as error:
            logger.warning("disk_not_seen", reason=error.strerror)
        else:
            watch_disk(self._out.database, self._out.settings, use, now=now)


def utc_now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


def start_talk(
    settings: Settings,
    database: Database,
    blobs: BlobStore,
    stop: threading.Event,
    *,
    console: Console | None = None,
    assistant: Asker | None = None,
    clock: Callable[[], datetime] = utc_now,
    beat: Callable[[], None] = lambda: None,
    note: Callable[[str, str | None], None] = lambda *_: None,
    heard: Callable[[str], None] = lambda _: None,
    stages: Stages | None = None,
) -> None:
    """Tell and listen until `stop` is set: in Slack with a bot token, else on the console.

    beat: called after every round that went well. note, heard: what the socket's watchdog says.
    stages: measures sending. Raise SlackAuthError for a token Slack refuses, PortInUseError in HTTP mode, AlarmUrlError
    for a bad address.
    """
    chance = random.Random()  # noqa: S311 - spreads waits, guards nothing
    with ExitStack() as stack:
        notifier: Notifier = ConsoleNotifier(console)
        if settings.slack.bot_token is not None:
            client = make_client(settings.slack)
            check_bot_token(client)
            notifier = SlackNotifier(client)
            asked = assistant or _own_assistant(settings)
            bot = start_bot(settings, database, blobs, asked, stop, clock=clock, note=note, heard=heard)
            stack.callback(bot.close)
            _prepare(asked, stack)
        sending = stack.enter_context(ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="sending"))
        out = Outgoing(database, blobs, notifier, settings, clock)
        logger.info("talking", through=type(notifier).__name__)
        ringing = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="alarm"))
        after = timedelta(minutes=settings.alarms.unsent_minutes)
        bell = AlarmBell(database, other_way(settings.alarms), ringing, clock, after, began_at=clock())
        Talk(out, Deliverer(out, sending, chance=chance, stages=stages), bell=bell, beat=beat).run(stop)


def _own_assistant(settings: Settings) -> Asker:
    from agent.assistant.assistant import Assistant  # noqa: PLC0415 - language model libraries take seconds to load

    return Assistant(open_reader(settings), settings)


def _prepare(assistant: object, stack: ExitStack) -> None:
    """Let the assistant learn to read beside everything else, so that a first question finds it ready."""
    from agent.assistant.assistant import Assistant  # noqa: PLC0415 - as above

    if not isinstance(assistant, Assistant):
        return
    is_over = threading.Event()

    def learn() -> None:
        try:
            assistant.prepare(lambda: not is_over.is_set())
        except AgentError as error:
            logger.warning("reader_not_learned", reason=str(error))

    threading.Thread(target=learn, name="reader").start()
    stack.callback(is_over.set)
