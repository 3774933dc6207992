"""Who may ask, and which sources a question may see: asking is a right too."""

import threading

import structlog
from slack_sdk import WebClient

from agent.bot.permissions import Permissions
from agent.bot.question import Question
from agent.notifiers.slack_errors import SlackTrouble, explain
from agent.routes.channels import channels_of
from config.settings import Settings
from storage.database import Database
from storage.queries.vocabulary import source_names

logger = structlog.get_logger()


class Askers:
    """Decides by the same settings as for buttons; in a direct message the channel's rules do not count."""

    def __init__(self, client: WebClient, database: Database, settings: Settings) -> None:
        self._client = client
        self._database = database
        self._settings = settings
        self._permissions = Permissions.of(client, settings.slack)
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def refusal(self, question: Question) -> str | None:
        """Return why a question is not answered, None where it is."""
        channel = None if question.is_direct else question.channel
        refusal = self._permissions.refusal(question.user, team=question.home, channel=channel, right="ask")
        if refusal is not None:
            logger.info("question_refused", user=question.user, channel=question.channel)
        return refusal

    def sources(self, question: Question) -> tuple[str, ...] | None:
        """Return the sources a question may see, None for all of them.

        With slack.only_own_sources a channel sees those that may be told in it.
        """
        if question.is_direct or not self._settings.slack.only_own_sources:
            return None
        names = {question.channel, self._name_of(question.channel)}
        with self._database.reading() as session:
            known = source_names(session)
        return tuple(one for one in known if {_bare(c) for c in channels_of(self._settings, one)} & names)

    def _name_of(self, channel: str) -> str:
        """Return a channel's name; one Slack does not tell matches nothing."""
        with self._lock:
            if channel in self._names:
                return self._names[channel]
        try:
            name = str(self._client.conversations_info(channel=channel)["channel"].get("name") or "")
        except SlackTrouble as error:
            logger.warning("channel_not_looked_up", channel=channel, reason=explain(channel, error).reason)
            return ""
        with self._lock:
            self._names[channel] = name
        return name


def _bare(channel: str) -> str:
    return channel.removeprefix("#")
