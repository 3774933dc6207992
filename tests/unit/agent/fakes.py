"""A notifier that remembers what it was told and fails when asked to, and an executor that works at once."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.messages.message import Message
from agent.notifiers.port import Found, MessageGoneError, NotifyError, Place, Upload


@dataclass
class FakeNotifier:
    """Keeps every version of every message; `failures` are raised one by one, `lost` ones after accepting."""

    messages: dict[Place, list[Message]] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    replies: dict[Place, Place] = field(default_factory=dict)
    uploads: dict[str, tuple[Place, Upload]] = field(default_factory=dict)
    failures: list[NotifyError] = field(default_factory=list)
    lost: list[NotifyError] = field(default_factory=list)
    unusable_looks: int = 0
    uploaded: int = 0
    lost_uploads: list[NotifyError] = field(default_factory=list)

    def post(self, channel: str, message: Message, *, key: str, under: Place | None = None) -> Place:
        self._fail()
        if under is not None:
            self._there(under)
        place = Place(channel.removeprefix("#").upper(), f"{len(self.messages) + 1}.0")
        self.messages[place] = [message]
        self.replies |= {place: under} if under else {}
        self.keys[key] = place
        if self.lost:
            raise self.lost.pop(0)
        return place

    def edit(self, place: Place, message: Message) -> None:
        self._fail()
        self._there(place).append(message)

    def upload(self, place: Place, upload: Upload) -> str:
        self._fail()
        self._there(place)
        self.uploaded += 1
        self.uploads[f"F{self.uploaded}"] = (place, upload)
        if self.lost_uploads:
            raise self.lost_uploads.pop(0)
        return f"F{self.uploaded}"

    def is_usable(self, place: Place, file: str) -> bool:
        self._there(place)
        self.unusable_looks -= 1
        return self.unusable_looks < 0 and file in self.uploads

    def remove(self, channel: str, file: str) -> None:
        assert channel
        self._fail()
        self.uploads.pop(file, None)

    def find(self, channel: str, key: str, *, since: datetime, under: Place | None = None) -> Found | None:
        assert since.tzinfo is not None
        assert channel
        self._fail()
        found = self.keys.get(key)
        if found is not None and self.replies.get(found) != under:
            return None
        return Found(found) if found in self.messages and found is not None else None

    def find_upload(self, place: Place, name: str) -> Found | None:
        self._fail()
        for file, (where, upload) in self.uploads.items():
            if (where, upload.name) == (place, name):
                return Found(place, file)
        return None

    def delete(self, place: Place) -> None:
        del self.messages[place]

    def _there(self, place: Place) -> list[Message]:
        if place not in self.messages:
            raise MessageGoneError(place.channel, "message_not_found")
        return self.messages[place]

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


class InlineExecutor(Executor):
    """Runs what it is given before it returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
