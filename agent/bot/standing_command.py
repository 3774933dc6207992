"""`/oddspot status` and `/oddspot report`: what stands now, and a period's figures, for the person who asks."""

from collections.abc import Callable
from datetime import datetime

from agent.assistant.tools.names import exact, nearest
from agent.errors import AgentError
from agent.messages.figures import clock
from agent.messages.message import Message, context, message
from agent.messages.safe_text import safe
from agent.reports.making import make_report, zone_of_report
from agent.reports.messages import daily_message, handover_message, period_message
from agent.reports.periods import PeriodKind, last_ended
from agent.reports.standing import read_standing
from agent.reports.standing_words import HOME_LINES, home_blocks
from config.settings import Settings
from storage.database import Database, Session
from storage.queries.vocabulary import source_names

USAGE_REPORT = "Write it as `/oddspot report week`, or with a source: `/oddspot report day line-1`."
KINDS = {"shift": PeriodKind.SHIFT, "handover": PeriodKind.SHIFT, "day": PeriodKind.DAY, "week": PeriodKind.WEEK}
KINDS |= {"month": PeriodKind.MONTH, "daily": PeriodKind.DAY, "weekly": PeriodKind.WEEK, "monthly": PeriodKind.MONTH}


class NoSuchSourceError(AgentError):
    """A source was named that nobody has, or that this channel may not see."""

    def __init__(self, said: str, known: list[str]) -> None:
        near = ", ".join(safe(name) for name in nearest(said, known)) or "none yet"
        super().__init__(f"There is no source '{safe(said)}'; the nearest: {near}.")


class StandingCommand:
    """Reads what the two subcommands show; sources: those that may be seen, None for all."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    def status(self, words: list[str], sources: tuple[str, ...] | None) -> Message:
        """Say what is open, silenced and down; raise NoSuchSourceError."""
        with self._database.reading() as session:
            chosen = _chosen(session, words, sources)
            now = self._clock()
            standing = read_standing(session, self._settings, sources=chosen, limit=HOME_LINES, now=now)
        down = sum(not one.is_well for one in standing.sources)
        line = f"Open incidents: {standing.incident_count:,}. Silenced: {len(standing.silences):,}. Not well: {down:,}."
        at = clock(now, standing.zone, today=now)
        blocks = home_blocks(standing, self._settings.zone_of)[:-1]  # its last line is about the app's own page
        return message(line, [*blocks, context([f"As at {at} ({standing.zone})."])])

    def report(self, words: list[str], sources: tuple[str, ...] | None) -> Message:
        """Say the last whole shift's, day's, week's or month's figures; raise NoSuchSourceError."""
        kind = KINDS.get(words[0].lower()) if words else PeriodKind.DAY
        names = words[1:] if words and words[0].lower() in KINDS else words
        if kind is None and len(words) != 1:
            return Message(USAGE_REPORT)
        with self._database.reading() as session:
            chosen, now = _chosen(session, names, sources), self._clock()
            zone, shifts = zone_of_report(self._settings, chosen), self._settings.shifts.starts
            period = last_ended(kind or PeriodKind.DAY, zone=zone, shifts=shifts, now=now)
            made = make_report(session, self._settings, period, sources=chosen, has_charts=False, now=now)
            if period.kind is PeriodKind.DAY:
                return daily_message(made)
            if period.kind is not PeriodKind.SHIFT:
                shown = period_message(made)
                return Message(shown.text, shown.blocks[:-1])  # its last line promises files
            standing = read_standing(session, self._settings, sources=chosen, limit=HOME_LINES, now=now)
        return handover_message(made, standing, self._settings.zone_of)


def _chosen(session: Session, words: list[str], sources: tuple[str, ...] | None) -> tuple[str, ...] | None:
    known = [name for name in source_names(session) if sources is None or name in sources]
    if not words:
        return sources
    found = exact(" ".join(words), known)
    if found is None:
        raise NoSuchSourceError(" ".join(words), known)
    return (found,)
