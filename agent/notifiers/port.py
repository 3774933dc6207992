"""The port every way of telling the team goes through, and what can go wrong with it."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from agent.errors import AgentError
from agent.messages.message import Message

SLACK_STAMP = re.compile(r"\d+\.\d+")


class NotifyError(AgentError):
    """Something could not be told.

    permanent: trying again is useless. retry_after: seconds the other side asked to wait. ambiguous: it may have
    arrived all the same.
    """

    def __init__(
        self,
        channel: str,
        reason: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(f"Could not notify {channel}: {reason}")
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.ambiguous = ambiguous


class BadContentError(NotifyError):
    """The channel refuses what the message holds; plain text may still go through."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(channel, reason, permanent=True)


class MessageGoneError(NotifyError):
    """The message to change is not there any more."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(channel, reason, permanent=True)


class FileGoneError(NotifyError):
    """The file is not there any more."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(channel, reason, permanent=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands: the channel as the other side names it, and the message's stamp."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on disk, one of our own PNGs or a report, and what to call it; a picture's name ends in .png."""

    path: Path
    name: str
    title: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for our key gave: the message's place, and the file that came with it."""

    place: Place
    file: str | None = None


class Notifier(Protocol):
    """Tells the team; every method may be called from several threads at once."""

    def post(self, channel: str, message: Message, *, key: str, under: Place | None = None) -> Place:
        """Send a new message that carries our key where people do not see it; under: as a reply in that thread.

        Raise BadContentError where plain text may still go through, MessageGoneError where the thread is gone, else
        NotifyError.
        """

    def edit(self, place: Place, message: Message) -> None:
        """Give a message new content, blocks and all.

        Raise MessageGoneError where it was deleted, BadContentError, else NotifyError.
        """

    def upload(self, place: Place, upload: Upload) -> str:
        """Put a picture into a message's thread and return its id; raise MessageGoneError, else NotifyError.

        upload.name is how `find` knows it again.
        """

    def is_usable(self, place: Place, file: str) -> bool:
        """Say whether an uploaded picture can stand in a message of the place's channel yet; raise NotifyError."""

    def remove(self, channel: str, file: str) -> None:
        """Take an uploaded file away; one that is gone already is well; raise NotifyError. channel: where it stands."""

    def find(self, channel: str, key: str, *, since: datetime, under: Place | None = None) -> Found | None:
        """Look for a message of ours with this key, posted after `since`, or in a thread; raise NotifyError."""

    def find_upload(self, place: Place, name: str) -> Found | None:
        """Look for a picture of ours with this name in a message's thread; raise NotifyError."""
