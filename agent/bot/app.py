"""The Bolt app with every listener, the same for Socket Mode and HTTP mode."""

import re
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

import structlog
from slack_bolt import App, BoltResponse
from slack_sdk import WebClient

from agent.bot.askers import Askers
from agent.bot.asking import Asker
from agent.bot.buttons import Buttons
from agent.bot.command import Command
from agent.bot.confirming import Confirming
from agent.bot.conversations import Conversations
from agent.bot.feedback import FeedbackButtons
from agent.bot.home import Home
from agent.bot.looks import Looks
from agent.bot.missed import MissedCommand
from agent.bot.proposals import Proposals
from agent.bot.questions import Answerer
from agent.bot.standing_command import StandingCommand
from agent.bot.thread_files import ThreadFiles
from agent.notifiers.slack_client import quiet_logger
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database

logger = structlog.get_logger()
ANYTHING = re.compile(".*")


def build_app(
    client: WebClient,
    settings: Settings,
    database: Database,
    blobs: BlobStore,
    assistant: Asker,
    *,
    questions: Executor,
    listeners: Executor,
    looks: Looks,
    clock: Callable[[], datetime],
) -> App:
    """Return the app; questions run in their own executor, so that a slow one never delays a button."""
    secret = settings.slack.signing_secret.get_secret_value() if settings.slack.signing_secret else ""
    app = App(
        client=client,
        token=client.token,
        signing_secret=secret,
        token_verification_enabled=False,
        listener_executor=listeners,
        logger=quiet_logger(),
    )
    files = ThreadFiles(client, database, blobs, settings)
    askers = Askers(client, database, settings)
    answerer = Answerer(client, assistant, askers, files, clock)
    conversations = Conversations(database, answerer, questions, clock, looks)
    Buttons(client, database, settings, clock).register(app)
    conversations.register(app)
    looks.register(app)
    Proposals(client, database, settings, clock).register(app)
    Confirming(client, database, settings, clock).register(app)
    FeedbackButtons(client, database, settings, clock).register(app)
    missed, standing = MissedCommand(client, database, settings, clock), StandingCommand(database, settings, clock)
    Command(conversations, missed, standing, askers).register(app)
    Home(client, database, settings, clock).register(app)
    _acknowledge_the_rest(app)
    app.error(_log_error)
    return app


def _acknowledge_the_rest(app: App) -> None:
    """Acknowledge what nothing listens to: Slack sends an unacknowledged envelope again."""
    app.event(ANYTHING)(_ignore_event)
    for kind in (app.action, app.command, app.shortcut, app.view, app.options):
        kind(ANYTHING)(_acknowledge)


def _ignore_event() -> None:
    return


def _acknowledge(ack: Callable[[], object]) -> None:
    ack()


def _log_error(error: Exception) -> BoltResponse:
    logger.error("listener_failed", error=type(error).__name__, exc_info=error)
    return BoltResponse(status=200)
