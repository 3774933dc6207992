"""How long to wait before another try."""

import random
from datetime import timedelta

CAP_SECONDS = 300.0
MOST_DOUBLINGS = 10


def backoff(attempts: int, chance: random.Random) -> timedelta:
    """Double the wait with every attempt, up to five minutes, and spread it so that not everybody returns at once."""
    longest = min(CAP_SECONDS, 2.0 ** min(attempts, MOST_DOUBLINGS))
    return timedelta(seconds=longest * chance.uniform(0.5, 1.0))
