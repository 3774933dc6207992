"""An image that somebody asks about is fetched, kept, and handed to the detectors; the answer comes in the thread.

Nothing is posted from here: what there is to say goes through the outbox, once, whatever dies meanwhile.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.alerts.thread_notices import say_in_thread
from agent.bot.askers import Askers
from agent.bot.permissions import Permissions
from agent.bot.question import Question, question_text
from agent.bot.which_source import Named, asks_if_normal, asks_of_the_image, named_sources
from agent.messages.look_message import (
    LOOK_AT,
    NO_SOURCE,
    Refused,
    refused_message,
    which_source_message,
)
from agent.messages.message import Message, message, section
from agent.messages.safe_text import SLACK_AUTHOR
from agent.messages.words import SORRY
from agent.notifiers.slack_errors import SlackTrouble, explain
from agent.notifiers.slack_files import FileRefusedError, SlackFiles
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.queries.judged import judged_sources
from storage.records import NewLook
from storage.repositories.events import is_first_sight
from storage.repositories.looks import add_look

logger = structlog.get_logger()
LOOKING = "is looking at the image..."
MOST_IMAGES = 5
DIRECT = "D"
TOO_MANY = f"I look at {MOST_IMAGES} images of a message at most: the others were left out."
GONE = "it is there no more, or I may not see it"
FILE_ID = re.compile(r"F[A-Z0-9]{2,20}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and where the answer shall stand."""

    user: str
    team: str
    channel: str
    thread_ts: str


class Looks:
    """Takes up messages with images, once each."""

    def __init__(
        self,
        client: WebClient,
        database: Database,
        blobs: BlobStore,
        settings: Settings,
        executor: Executor,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._database = database
        self._blobs = blobs
        self._settings = settings
        self._executor = executor
        self._clock = clock
        slack = settings.slack
        self._askers = Askers(client, database, settings)
        self._files = SlackFiles(slack)
        self._permissions = Permissions.of(client, settings.slack)

    def register(self, app: App) -> None:
        """Listen to the buttons that name a source."""
        app.action(re.compile(f"^{LOOK_AT}"))(self._on_choice)

    def take(self, body: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        """Take up a message that asks about what is attached to it; False for any other, which is not ours."""
        text = question_text(str(event.get("text") or ""))
        files = _files_of(event)
        if files and not asks_of_the_image(text):
            return False
        if not files and event.get("thread_ts") and asks_if_normal(text):
            files = self._files_above(str(event["channel"]), str(event["thread_ts"]))
        if not files:
            return False
        asked = Asked(
            user=str(event["user"]),
            team=str(body.get("team_id") or ""),
            channel=str(event["channel"]),
            thread_ts=str(event.get("thread_ts") or event["ts"]),
        )
        self._once(str(body["event_id"]), asked, lambda: self._ask(asked, files, text))
        return True

    def _on_choice(self, ack: Callable[[], object], body: dict[str, Any]) -> None:
        ack()
        container, action = body.get("container") or {}, body["actions"][0]
        option = action.get("selected_option") or action
        source, _, files = str(option.get("value") or "").partition("|")
        stands = str(container.get("message_ts") or "")
        asked = Asked(
            user=str(body["user"]["id"]),
            team=str((body.get("team") or {}).get("id") or ""),
            channel=str(body["channel"]["id"]),
            thread_ts=str(container.get("thread_ts") or stands),
        )
        ids = [one for one in files.split(",") if FILE_ID.fullmatch(one)]
        if source.isascii() and source.isdigit() and ids:
            sight = f"look:{asked.channel}:{stands}:{source}:{asked.user}"
            self._once(sight, asked, lambda: self._choose(asked, ids, int(source)))

    def _once(self, sight: str, asked: Asked, work: Callable[[], None]) -> None:
        with self._database.transaction() as session:
            is_new = is_first_sight(session, sight, now=self._clock())
        if is_new:
            self._executor.submit(self._try, asked, work)

    def _try(self, asked: Asked, work: Callable[[], None]) -> None:
        """Do it if the person may; whatever happens, they hear something."""
        try:
            channel = None if asked.channel.startswith(DIRECT) else asked.channel  # a channel's rule is not for it
            refusal = self._permissions.refusal(asked.user, team=asked.team, channel=channel, right="ask")
            if refusal is not None:
                logger.info("act_refused", act="look", user=asked.user)
                self._say(asked, _said(refusal))
                return
            self._set_status(asked)
            work()
        except Exception:  # the edge of a listener: it is logged, and told
            logger.exception("image_not_taken", channel=asked.channel)
            self._say(asked, _said(SORRY))

    def _ask(self, asked: Asked, files: Sequence[Mapping[str, Any]], text: str) -> None:
        known = self._judged(asked)
        if not known:
            self._say(asked, _said(NO_SOURCE))
            return
        named = named_sources(text, list(known))
        if not named.sources and not named.unknown and len(known) == 1:
            named = Named(tuple(known))
        if len(named.sources) != 1:
            shown = named.sources or tuple(known)
            ids = ",".join(str(file.get("id")) for file in files[:MOST_IMAGES])
            self._say(asked, which_source_message([(known[one], one) for one in shown], ids, unknown=named.unknown))
            return
        self._look(asked, files, named.sources[0], known[named.sources[0]])

    def _judged(self, asked: Asked) -> dict[str, int]:
        """Return the sources with a detector that this channel may see, by name."""
        seen = self._askers.sources(Question("", asked.team, asked.channel, asked.thread_ts, user=asked.user))
        with self._database.reading() as session:
            return {one.name: one.id for one in judged_sources(session) if seen is None or one.name in seen}

    def _choose(self, asked: Asked, ids: Sequence[str], source_id: int) -> None:
        name = next((name for name, known in self._judged(asked).items() if known == source_id), None)
        if name is None:
            self._say(asked, _said(NO_SOURCE))
            return
        self._look(asked, [{"id": one} for one in ids], name, source_id)

    def _look(self, asked: Asked, files: Sequence[Mapping[str, Any]], source: str, source_id: int) -> None:
        """Keep every image and ask for its verdict; say of the others why not."""
        refused = []
        for file in files[:MOST_IMAGES]:
            try:
                self._take_one(asked, self._whole(file), source, source_id)
            except FileRefusedError as error:
                logger.info("file_refused", channel=asked.channel, reason=error.reason)
                refused.append(Refused(_name_of(file), error.reason))
        note = TOO_MANY if len(files) > MOST_IMAGES else ""
        if refused or note:
            self._say(asked, refused_message(refused, note=note))

    def _take_one(self, asked: Asked, file: Mapping[str, Any], source: str, source_id: int) -> None:
        content = self._files.fetch(file, most_bytes=self._settings.limits_of(source).max_bytes)
        look = NewLook(
            source_id=source_id,
            source=source,
            sha256=self._blobs.put(content),
            name=_name_of(file),
            requested_by=f"{SLACK_AUTHOR}{asked.user}",
            thread=(asked.channel, asked.thread_ts),
        )
        with self._database.transaction() as session:
            look_id = add_look(session, look, now=self._clock())
        logger.info("image_taken", look=look_id, source=source, size_bytes=len(content))

    def _whole(self, file: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all that Slack says of a file: of some, events and buttons carry the id alone."""
        if file.get("url_private") and file.get("file_access") != "check_file_info":
            return file
        try:
            found: Mapping[str, Any] = self._client.files_info(file=str(file.get("id")))["file"]
        except SlackTrouble as error:
            logger.warning("file_not_looked_up", reason=explain("Slack", error).reason)
            raise FileRefusedError(GONE) from None
        return found

    def _files_above(self, channel: str, thread_ts: str) -> list[dict[str, Any]]:
        """Return what a person attached to the first message of a thread."""
        try:
            found = self._client.conversations_replies(channel=channel, ts=thread_ts, limit=1)["messages"]
        except SlackTrouble as error:
            logger.warning("thread_not_looked_up", reason=explain(channel, error).reason)
            return []
        return [] if not found or found[0].get("bot_id") else _files_of(found[0])

    def _set_status(self, asked: Asked) -> None:
        try:
            self._client.assistant_threads_setStatus(
                channel_id=asked.channel, thread_ts=asked.thread_ts, status=LOOKING
            )
        except SlackTrouble as error:  # older workspaces and test servers have no status
            logger.debug("no_status", reason=explain(asked.channel, error).reason)

    def _say(self, asked: Asked, what: Message) -> None:
        with self._database.transaction() as session:
            say_in_thread(session, (asked.channel, asked.thread_ts), what, now=self._clock())


def _said(words: str) -> Message:
    return message(words, [section(words)])


def _files_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [file for file in message.get("files") or [] if isinstance(file, dict)]


def _name_of(file: Mapping[str, Any]) -> str:
    return str(file.get("name") or file.get("title") or "the file")
