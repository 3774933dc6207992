"""How fast a channel may be spoken to: one message a second, and not at all while it asks to wait."""

from collections.abc import Collection
from datetime import datetime, timedelta

GAP = timedelta(seconds=1)


class Pace:
    """When each channel may hear from us again; for one process."""

    def __init__(self) -> None:
        self._free_at: dict[str, datetime] = {}

    def spoke(self, channel: str, *, now: datetime) -> None:
        """Note that a channel was just spoken to."""
        self.wait(channel, now + GAP)

    def wait(self, channel: str, until: datetime) -> None:
        """Leave a channel alone until then."""
        self._free_at[channel] = max(until, self._free_at.get(channel, until))

    def busy(self, *, now: datetime) -> Collection[str]:
        """Return the channels that must wait, and forget those that need not."""
        self._free_at = {channel: free_at for channel, free_at in self._free_at.items() if free_at > now}
        return set(self._free_at)
