"""Working shifts: which one runs, which one ended last, where a named one lies."""

from datetime import date, datetime, time, timedelta

from agent.assistant.windows.calendar import Calendar
from storage.records import Window

A_DAY = timedelta(days=1)


class Shifts:
    """Shifts by the clock times they start at, in one calendar."""

    def __init__(self, starts: tuple[str, ...], calendar: Calendar) -> None:
        self._starts = sorted(time.fromisoformat(start) for start in starts) or [time()]
        self._calendar = calendar

    def on(self, day: date, place: int) -> Window:
        """Return the shift that starts on a day, by its place among that day's starts."""
        place = min(place, len(self._starts) - 1)
        is_last = place == len(self._starts) - 1
        end_day, end = (day + A_DAY, self._starts[0]) if is_last else (day, self._starts[place + 1])
        return self._calendar.window(
            self._calendar.at(day, self._starts[place]),
            self._calendar.at(end_day, end),
        )

    def at(self, moment: datetime) -> Window:
        """Return the shift that runs at a moment."""
        return next(shift for shift in self._around(moment) if shift.start <= moment < shift.end)

    def current(self) -> Window:
        """Return the shift that runs now, as far as it has run."""
        running = self.at(self._calendar.now)
        return self._calendar.window(running.start, self._calendar.now)

    def ended(self, number: int = 1) -> Window:
        """Return the shift that ended last, or the one so many before it."""
        shift = self.at(self._calendar.now)
        for _ in range(number):
            shift = self.at(shift.start - timedelta(microseconds=1))
        return shift

    def named(self, place: int, *, has_ended: bool) -> Window:
        """Return the latest shift of a name that has ended, or at least begun."""
        day = self._calendar.today + A_DAY
        while True:
            shift = self.on(day, place)
            if (shift.end if has_ended else shift.start) <= self._calendar.now:
                return shift
            day -= A_DAY

    def _around(self, moment: datetime) -> list[Window]:
        day = Calendar(moment, self._calendar.zone).today
        return [self.on(near, place) for near in (day, day - A_DAY) for place in range(len(self._starts) - 1, -1, -1)]
