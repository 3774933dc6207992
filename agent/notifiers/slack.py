"""Slack as a channel, through its Web API."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from agent.messages.message import Message
from agent.messages.safe_text import cut
from agent.notifiers.port import SLACK_STAMP, FileGoneError, Found, MessageGoneError, NotifyError, Place, Upload
from agent.notifiers.slack_errors import SlackTrouble, explain
from storage.failpoints import reach

EVENT_TYPE = "oddspot_delivery"
CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{5,}")
CLOCK_SKEW = timedelta(minutes=5)
PAGE = 200
MOST_PAGES = 25
ALT_TEXT = 1000


class SlackNotifier:
    """Posts, edits, uploads and looks for our messages in Slack; remembers channel ids and who we are."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._channel_ids: dict[str, str] = {}
        self._bot_id: str | None = None
        self._lock = threading.Lock()

    def post(self, channel: str, message: Message, *, key: str, under: Place | None = None) -> Place:
        """Send a message whose metadata carries the key; see Notifier for what it raises."""
        if under is not None:
            self._need_stamp(under)
        response = self._call(
            channel,
            self._client.chat_postMessage,
            channel=under.channel if under else channel,
            thread_ts=under.ts if under else None,
            text=message.text,
            blocks=list(message.blocks) or None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        place = Place(str(response["channel"]), str(response["ts"]))
        if under is None:
            with self._lock:
                self._channel_ids[channel] = place.channel
        return place

    def edit(self, place: Place, message: Message) -> None:
        """Give a message new content; without blocks the old ones are taken away, not kept."""
        self._need_stamp(place)
        self._call(
            place.channel,
            self._client.chat_update,
            channel=place.channel,
            ts=place.ts,
            text=message.text,
            blocks=list(message.blocks),
        )

    def upload(self, place: Place, upload: Upload) -> str:
        """Put a picture into a message's thread; Slack makes it usable some time later."""
        self._need_stamp(place)
        response = self._call(
            place.channel,
            self._client.files_upload_v2,
            channel=place.channel,
            thread_ts=place.ts,
            content=upload.path.read_bytes(),
            filename=upload.name,
            title=upload.title,
            alt_txt=cut(upload.alt_text, ALT_TEXT) if upload.name.endswith(".png") else None,
        )
        return str(response["files"][0]["id"])

    def is_usable(self, place: Place, file: str) -> bool:
        """Say whether Slack knows the file's type and has shared it to the channel: before, a block is refused."""
        response = self._call(place.channel, self._client.files_info, file=file)
        shared = response["file"].get("shares") or {}
        channels = {channel for kind in shared.values() for channel in kind}
        return bool(response["file"].get("mimetype")) and place.channel in channels

    def remove(self, channel: str, file: str) -> None:
        """Delete a file of ours everywhere in Slack; one deleted before is well."""
        with suppress(FileGoneError):
            self._call(channel, self._client.files_delete, file=file)

    def find(self, channel: str, key: str, *, since: datetime, under: Place | None = None) -> Found | None:
        """Look through our own messages of a channel, or of a thread, for the key in their metadata."""
        channel_id = under.channel if under else self._id_of(channel)
        oldest = f"{(since - CLOCK_SKEW).timestamp():.6f}"
        asked = {"channel": channel_id, "oldest": oldest, "include_all_metadata": True}
        method: Callable[..., SlackResponse] = self._client.conversations_history
        if under is not None:
            self._need_stamp(under)
            method, asked = self._client.conversations_replies, asked | {"ts": under.ts}
        for message in self._pages(channel, method, "messages", asked):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("key") == key and self._is_ours(message):
                return Found(Place(channel_id, str(message["ts"])))
        return None

    def find_upload(self, place: Place, name: str) -> Found | None:
        """Look through our own replies of a thread for a file of this name."""
        self._need_stamp(place)
        thread = {"channel": place.channel, "ts": place.ts}
        for message in self._pages(place.channel, self._client.conversations_replies, "messages", thread):
            files = message.get("files") or []
            found = next((file for file in files if file.get("name") == name), None)
            if found is not None and self._is_ours(message):
                return Found(place, str(found["id"]))
        return None

    def _id_of(self, channel: str) -> str:
        if CHANNEL_ID.fullmatch(channel):
            return channel
        with self._lock:
            known = self._channel_ids.get(channel)
        if known is not None:
            return known
        listed = {"types": "public_channel,private_channel", "exclude_archived": True}
        for found in self._pages(channel, self._client.conversations_list, "channels", listed):
            if found.get("name") == channel.removeprefix("#"):
                with self._lock:
                    self._channel_ids[channel] = str(found["id"])
                return str(found["id"])
        raise NotifyError(channel, "channel_not_found", permanent=True)

    def _is_ours(self, message: dict[str, Any]) -> bool:
        if self._bot_id is None:
            self._bot_id = str(self._call("Slack", self._client.auth_test)["bot_id"])
        return message.get("bot_id") == self._bot_id

    def _pages(
        self,
        channel: str,
        method: Callable[..., SlackResponse],
        name: str,
        arguments: dict[str, Any],
    ) -> Iterator[dict[str, Any]]:
        cursor = None
        for _ in range(MOST_PAGES):
            response = self._call(channel, method, limit=PAGE, cursor=cursor, **arguments)
            yield from response[name]
            cursor = (response.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _call(self, where: str, method: Callable[..., SlackResponse], /, **arguments: Any) -> SlackResponse:
        reach("slack.called")
        try:
            answer = method(**arguments)
        except SlackTrouble as error:
            raise explain(where, error) from None
        reach("slack.answered")
        return answer

    @staticmethod
    def _need_stamp(place: Place) -> None:
        if not SLACK_STAMP.fullmatch(place.ts):  # told on the console before Slack was set up
            raise MessageGoneError(place.channel, "it never stood in Slack")
