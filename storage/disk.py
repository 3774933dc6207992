"""How full the disk is, how fast it fills, and where the lines are that a setting draws."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from storage.records import DiskUse

# What has crossed a line is back once it is so far below it: or a few bytes would change it again and again.
BACK_BELOW = 0.01
SHORTEST_HISTORY = timedelta(hours=6)
DAY = timedelta(days=1)


def disk_use(folder: Path) -> DiskUse:
    """Return how full the disk of a folder is; raise OSError."""
    found = shutil.disk_usage(folder)
    return DiskUse(used_bytes=found.used, free_bytes=found.free)


def is_over(use: DiskUse, share: float, *, was_over: bool) -> bool:
    """Say whether a share of the disk is in use; what was over it is so until it is well below."""
    return use.share >= share - (BACK_BELOW if was_over else 0.0)


def growth_a_day(history: Sequence[tuple[datetime, DiskUse]]) -> float | None:
    """Return by how many bytes a day the disk fills: the median slope over a quarter of the history at a time.

    So one large deletion or copy, which touches a third of the slopes, does not turn it. None where the history is too
    short to say.
    """
    if not history or history[-1][0] - history[0][0] < SHORTEST_HISTORY:
        return None
    apart = max(1, len(history) // 4)
    ends = zip(history, history[apart:], strict=False)
    return median(
        (later.used_bytes - earlier.used_bytes) / ((then - at) / DAY) for (at, earlier), (then, later) in ends
    )


def days_until(use: DiskUse, share: float, growth: float | None) -> float | None:
    """Return in how many days a share of the disk is in use; None where nothing says that it will be."""
    if growth is None or growth <= 0:
        return None
    return max(0.0, (share * use.total_bytes - use.used_bytes) / growth)
