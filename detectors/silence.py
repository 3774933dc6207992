"""How long a source may send nothing before people are told: by its own pace, unless a setting says so."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

# Times its usual interval; of the longest pause it ever made, half as much again; never sooner than ten minutes.
INTERVALS, LONGEST_PAUSES, SOONEST = 10, 1.5, timedelta(minutes=10)
# A source that is not yet known for a week may well pause for a night.
KNOWN_FOR, UNKNOWN_PAUSE = timedelta(days=7), timedelta(hours=24)
FEWEST_ARRIVALS = 10
SPAN = timedelta(minutes=15)

Active = Callable[[datetime, datetime], timedelta]


def silent_after(arrivals: Sequence[datetime], spans: Sequence[datetime], active: Active) -> timedelta | None:
    """Return after how much silence in active hours a source is told of; None where its pace is not known.

    arrivals: when the last frames were received. spans: starts of the quarters of an hour with frames, of some weeks.
    active(since, until): how much of that lies in active hours.
    """
    if len(arrivals) < FEWEST_ARRIVALS:
        return None
    gaps = [active(one, other) for one, other in pairwise(arrivals)]
    pauses = [*gaps, *(active(one + SPAN, other) for one, other in pairwise(spans))]
    longest = max(pauses)
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    after = max(SOONEST, INTERVALS * usual, LONGEST_PAUSES * longest)
    is_known = bool(spans) and arrivals[-1] - spans[0] >= KNOWN_FOR
    return after if is_known else max(after, UNKNOWN_PAUSE)
