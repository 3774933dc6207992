"""The state of the local Slack, behind one lock; every change wakes whoever waits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.servers.slack.records import Call, Channel, Json, Message, Person, StoredFile, Version

TEAM, APP, BOT_USER, BOT = "T0ODDSPOT", "A0ODDSPOT", "U0ODDSPOT", "B0ODDSPOT"
ANNA, BEN, GUEST, STRANGER = "U0ANNA", "U0BEN", "U0GUEST", "U0STRANGER"
TRIGGER_SECONDS = 3.0
RESPONSE_URL_USES = 5


class ApiError(Exception):
    """A method's refusal, as Slack words it."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.body: Json = {"ok": False, "error": error, **extra}


class RateLimitedError(Exception):
    """Too many calls; answered with HTTP 429."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


class Workspace:
    """People, channels, messages, files, views and the log of calls."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes
        self.base_url = ""
        self.file_delay_seconds = 0.05
        self.enforces_rate = False
        self.people = {person.id: person for person in _people()}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, list[str]] = {}
        self.messages: list[Message] = []
        self.ephemerals: list[Json] = []
        self.files: dict[str, StoredFile] = {}
        self.views: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self.statuses: list[Json] = []
        self.prompts: list[Json] = []
        self.calls: list[Call] = []
        self.triggers: dict[str, tuple[str, float]] = {}
        self.response_urls: dict[str, Json] = {}
        self.rate_breaches: list[tuple[str, float]] = []
        self.publish: Callable[[Json], object] = lambda _event: None
        self.later: Callable[[float, Callable[[], None]], object] = lambda _seconds, act: act()
        self.change_count = 0
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._last_ts = 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock, and wake everybody who waits at the end."""
        with self._changed:
            try:
                yield
            finally:
                self.change_count += 1
                self._changed.notify_all()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the lock and wake nobody: one who waits by reading would wake itself for ever."""
        with self._lock:
            yield

    def wait_for_change(self, seen: int, seconds: float) -> None:
        """Return as soon as anything changed after `seen`, or when the seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self.change_count != seen, seconds)

    def next_ts(self) -> str:
        """Return a message time stamp no other message has."""
        with self._lock:
            self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def channel(self, name: Any) -> Channel:
        """Return a channel by id, by name, or the direct one of a user id; raise ApiError."""
        name = str(name or "")
        if name in self.channels:
            return self.channels[name]
        if name in self.people:
            return self.direct(name)
        for channel in self.channels.values():
            if channel.name == name.removeprefix("#") and not channel.is_im:
                return channel
        raise ApiError("channel_not_found")

    def direct(self, user: str) -> Channel:
        """Return the direct conversation with one person, opening it if need be."""
        for channel in self.channels.values():
            if channel.user == user:
                return channel
        channel = Channel(id=f"D{user[1:]}", name=user, user=user)
        self.channels[channel.id] = channel
        return channel

    def add_message(self, channel: Channel, user: str, text: str, **values: Any) -> Message:
        """Store a message and return it."""
        now, wall = time.monotonic(), datetime.now(UTC)
        blocks = values.pop("blocks", [])
        message = Message(channel.id, self.next_ts(), user, text, blocks, now, wall, **values)
        message.versions.append(Version(text, blocks, now, wall))
        self.messages.append(message)
        return message

    def message(self, channel: Channel, ts: Any) -> Message:
        """Return one message; raise ApiError."""
        for message in self.messages:
            if message.channel == channel.id and message.ts == str(ts) and not message.is_deleted:
                return message
        raise ApiError("message_not_found")

    def has_file(self, reference: Json) -> bool:
        """Tell whether a slack_file names a file whose upload is complete."""
        wanted = reference.get("id") or reference.get("url")
        return any(
            stored.is_ready and wanted in {stored.id, self.file_url(stored), self.permalink(stored)}
            for stored in self.files.values()
        )

    def file_url(self, stored: StoredFile) -> str:
        """Return where a file's bytes are, for holders of the token."""
        return f"{self.base_url}/files-pri/{TEAM}-{stored.id}/download/{stored.name}"

    def permalink(self, stored: StoredFile) -> str:
        """Return a file's page."""
        return f"{self.base_url}/files/{stored.user}/{stored.id}/{stored.name}"

    def new_trigger(self, user: str) -> str:
        """Return a trigger id, good once and for three seconds."""
        trigger = f"{uuid4().int % 10**12}.{uuid4().hex}"
        self.triggers[trigger] = (user, time.monotonic() + TRIGGER_SECONDS)
        return trigger

    def use_trigger(self, trigger: Any) -> str:
        """Spend a trigger id and return whose it was; raise ApiError."""
        user, expires = self.triggers.get(str(trigger), ("", -1.0))
        if not user:
            raise ApiError("invalid_trigger_id")
        if expires == 0.0:
            raise ApiError("exchanged_trigger_id")
        if expires < time.monotonic():
            raise ApiError("expired_trigger_id")
        self.triggers[str(trigger)] = (user, 0.0)
        return user

    def new_response_url(self, channel: str, message_ts: str | None, user: str) -> str:
        """Return a response URL, good for five posts."""
        key = uuid4().hex
        self.response_urls[key] = {"channel": channel, "ts": message_ts, "user": user, "left": RESPONSE_URL_USES}
        return f"{self.base_url}/actions/{TEAM}/{key}"


def _people() -> list[Person]:
    return [
        Person(BOT_USER, "oddspot", is_bot=True),
        Person(ANNA, "anna"),
        Person(BEN, "ben"),
        Person(GUEST, "guest", is_restricted=True),
        Person(STRANGER, "stranger", is_stranger=True),
    ]
