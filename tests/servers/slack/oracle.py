"""What tests may ask the local Slack: copies of everything it was told, and a wait with a deadline."""

import copy
import time
from collections.abc import Callable
from typing import TypeVar

from tests.servers.slack.records import Call, Message, StoredFile
from tests.servers.slack.workspace import Workspace

T = TypeVar("T")
POLL_SECONDS = 0.05
WAIT_SECONDS = 40.0


class Oracle:
    """Answers from the workspace; what it returns are copies that never change."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def messages(self, channel: str | None = None, *, is_deleted: bool = False) -> list[Message]:
        """Return copies of a channel's messages in order, from people and bots; deleted ones only if asked for."""
        with self.workspace.reading():
            place = None if channel is None else self.workspace.channel(channel).id
            found = [m for m in self.workspace.messages if place in {None, m.channel} and m.is_deleted == is_deleted]
            return copy.deepcopy(found)

    def bot_messages(self, channel: str | None = None) -> list[Message]:
        """Return copies of what the app posted."""
        return [message for message in self.messages(channel) if message.is_from_bot]

    def thread(self, message: Message) -> list[Message]:
        """Return copies of the replies under a message."""
        root = message.thread_ts or message.ts
        return [reply for reply in self.messages(message.channel) if reply.thread_ts == root]

    @property
    def files(self) -> list[StoredFile]:
        """Copies of every file, in order of their first step."""
        with self.workspace.reading():
            return copy.deepcopy(list(self.workspace.files.values()))

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API so far."""
        with self.workspace.reading():
            return list(self.workspace.calls)

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of one method."""
        return [call for call in self.calls if call.method == method]

    def wait_for(self, predicate: Callable[[], T], timeout: float = WAIT_SECONDS) -> T:
        """Return the predicate's first true value; raise TimeoutError with what was last seen."""
        deadline = time.monotonic() + timeout
        while True:
            seen = self.workspace.change_count
            value = predicate()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(self._last_seen(timeout))
            self.workspace.wait_for_change(seen, min(left, POLL_SECONDS))

    def _last_seen(self, timeout: float) -> str:
        calls = [f"{call.method}: {call.error or 'ok'}" for call in self.calls[-8:]]
        return f"Nothing of the kind within {timeout} s; last calls: {calls or 'none'}"
