"""What the local Slack keeps of people, channels, messages, files and calls; tests read copies of these."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Person:
    """A member, a guest or somebody of another company."""

    id: str
    name: str
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_deleted: bool = False
    time_zone: str = "Europe/Berlin"


@dataclass(slots=True)
class Channel:
    """A conversation; `user` is the person at the other end of a direct one."""

    id: str
    name: str
    is_private: bool = False
    is_member: bool = True
    is_archived: bool = False
    user: str | None = None

    @property
    def is_im(self) -> bool:
        """Whether it is a direct conversation."""
        return self.user is not None

    @property
    def kind(self) -> str:
        """The word Slack uses in scopes and event names: im, groups or channels."""
        return "im" if self.is_im else "groups" if self.is_private else "channels"


@dataclass(frozen=True, slots=True)
class Version:
    """A message's content from `at` (monotonic seconds) on."""

    text: str
    blocks: list[Json]
    at: float
    wall: datetime


@dataclass(slots=True)
class Message:
    """A message with every version it ever had; posted_at is monotonic seconds, posted_wall aware UTC."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json]
    posted_at: float
    posted_wall: datetime
    thread_ts: str | None = None
    metadata: Json | None = None
    bot_id: str | None = None
    subtype: str | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    arguments: Json = field(default_factory=dict)
    is_deleted: bool = False

    @property
    def edits(self) -> list[Version]:
        """What chat.update made of it, in order."""
        return self.versions[1:]

    @property
    def is_from_bot(self) -> bool:
        """Whether the app under test posted it."""
        return self.bot_id is not None

    def rewrite(self, text: str, blocks: list[Json], at: float) -> None:
        """Give it new content."""
        self.text, self.blocks = text, blocks
        self.versions.append(Version(text, blocks, at, datetime.now(UTC)))


@dataclass(slots=True)
class StoredFile:
    """A file; it shows its type and its shares only once it is ready."""

    id: str
    name: str
    length: int
    user: str
    title: str = ""
    alt_text: str = ""
    content: bytes | None = None
    mimetype: str = ""
    is_completed: bool = False
    is_ready: bool = False
    shares: list[tuple[str, str, str | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Web API, without its token; error is None where it was answered well."""

    method: str
    args: Json
    at: float
    error: str | None


@dataclass(slots=True)
class Envelope:
    """Something that happened, on its way to the app; at monotonic seconds."""

    id: str
    kind: str
    payload: Json
    sent_at: list[float] = field(default_factory=list)
    acked_at: list[float] = field(default_factory=list)
    response: Json | None = None
    status: int | None = None

    @property
    def is_acked(self) -> bool:
        """Whether the app acknowledged it at least once."""
        return bool(self.acked_at)

    @property
    def ack_seconds(self) -> float | None:
        """Time from the first sending to the first acknowledgement."""
        return self.acked_at[0] - self.sent_at[0] if self.acked_at and self.sent_at else None
