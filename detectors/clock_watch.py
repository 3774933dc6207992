"""Notice that the machine's clock was set back: what waits for a time of day would wait for it to come again."""

from datetime import datetime, timedelta

SLACK = timedelta(seconds=5)


class ClockWatch:
    """Asked again and again, it says once for each time that the clock was set back."""

    def __init__(self) -> None:
        self._last_at: datetime | None = None

    def was_set_back(self, now: datetime) -> bool:
        """Say whether the clock stands clearly before where it stood when asked last."""
        last, self._last_at = self._last_at, now
        return last is not None and now < last - SLACK
