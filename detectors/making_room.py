"""A full disk: originals of the oldest normal frames go before their days are over, until there is room."""

from datetime import datetime

import structlog

from config.settings import Settings
from detectors.room import Look
from storage.disk import disk_use
from storage.opening import Stores
from storage.retention import prune_early

logger = structlog.get_logger()
AT_ONCE = 50
MOST_BATCHES = 200
# Down to here below the line, so that intake is free for a while.
DOWN_BY = 0.02


def make_room(stores: Stores, settings: Settings, *, look: Look = disk_use, now: datetime) -> int:
    """Let originals go where the disk is over `disk_stop_share`, until it is well below; return how many frames' went.

    Nothing younger than `retention.least_days` goes, however full the disk is.
    """
    stop_at, gone = settings.storage.disk_stop_share, 0
    if look(settings.storage.data_dir).share < stop_at:
        return 0
    for _ in range(MOST_BATCHES):
        few = prune_early(
            stores.database, stores.blobs, least_days=settings.retention.least_days, limit=AT_ONCE, now=now
        )
        gone += few
        if few < AT_ONCE or look(settings.storage.data_dir).share < stop_at - DOWN_BY:
            break
    logger.warning("disk_full", originals_let_go=gone, least_days=settings.retention.least_days)
    return gone
