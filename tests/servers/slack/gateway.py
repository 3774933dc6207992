"""What happens in the workspace, on its way to the app: over its sockets, or as signed HTTP posts."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol
from uuid import uuid4

from tests.servers.slack.records import Envelope, Json
from tests.servers.slack.workspace import Workspace


class Carrier(Protocol):
    """A way to the app."""

    async def send(self, envelope: Envelope, *, retry: int, reason: str) -> None:
        """Carry one envelope; whatever is acknowledged is written into it."""


class Gateway:
    """Keeps every envelope, and hands it to the carrier on the server's own loop."""

    def __init__(self, workspace: Workspace, loop: asyncio.AbstractEventLoop) -> None:
        self.envelopes: list[Envelope] = []
        self.carrier: Carrier | None = None
        self._workspace = workspace
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, kind: str, payload: Json) -> Envelope:
        """Send something to the app and return the envelope that tells how it went."""
        envelope = Envelope(str(uuid4()), kind, payload)
        with self._workspace.changing():
            self.envelopes.append(envelope)
        self._carry(envelope, retry=0, reason="")
        return envelope

    def resend(self, envelope: Envelope, reason: str = "timeout") -> None:
        """Send the same envelope again, as Slack does when an acknowledgement did not come."""
        self._carry(envelope, retry=len(envelope.sent_at), reason=reason)

    def acknowledge(self, envelope_id: str, response: Json | None) -> None:
        """Note that the app acknowledged an envelope."""
        with self._workspace.changing():
            for envelope in self.envelopes:
                if envelope.id == envelope_id:
                    envelope.acked_at.append(time.monotonic())
                    envelope.response = response if response is not None else envelope.response

    async def stop(self) -> None:
        """Give up what is still on its way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _carry(self, envelope: Envelope, *, retry: int, reason: str) -> None:
        carrier = self.carrier
        if carrier is not None:
            self._loop.call_soon_threadsafe(self._start, carrier.send(envelope, retry=retry, reason=reason))

    def _start(self, sending: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
