"""When everything that was dropped has gone its whole way."""

import time

from sqlalchemy import func, select

from storage.errors import StorageError
from storage.models import DeliveryRow, EventRow, FrameRow
from storage.records import DeliveryState
from tests.crash.checker import FINAL
from tests.crash.world import LABELLED, World

PATIENCE_SECONDS = 300.0
UNSENT = (DeliveryState.PENDING, DeliveryState.SENDING)


def settle(world: World, *, seconds: float = PATIENCE_SECONDS) -> float:
    """Wait until nothing is on its way any more, or so long; return how long it took."""
    started = time.monotonic()
    while not is_settled(world) and time.monotonic() - started < seconds:
        time.sleep(0.2)
    return time.monotonic() - started


def is_settled(world: World) -> bool:
    try:
        with world.database.reading() as session:
            is_over = FrameRow.state.in_(FINAL) & (FrameRow.name != LABELLED)
            ended = session.scalar(select(func.count(FrameRow.id)).where(is_over)) or 0
            events = session.scalar(select(func.count(EventRow.id)).where(EventRow.done_at.is_(None)))
            unsent = session.scalar(select(func.count(DeliveryRow.id)).where(DeliveryRow.state.in_(UNSENT)))
    except StorageError:
        return False
    return ended >= len(world.dropped) and not events and not unsent
