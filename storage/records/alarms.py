"""Troubles of telling itself, and what is unsent."""

from dataclasses import dataclass
from datetime import datetime

from storage.records.told import Delivery


@dataclass(frozen=True, slots=True)
class Alarm:
    """A trouble of one channel, told by another way once and called off once; key says which trouble it is."""

    id: int
    key: str
    channel: str
    reason: str
    raised_at: datetime
    cleared_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """A delivery that is not sent, since when it is wanted, and how long its channel may not be spoken to."""

    delivery: Delivery
    wanted_at: datetime
    channel_free_at: datetime | None = None

    @property
    def shown_id(self) -> str:
        """The id people use."""
        return f"D-{self.delivery.id}"
