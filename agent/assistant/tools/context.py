"""What a run of tools works with: the database, the settings, the moment and what may be seen."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.assistant.tools.names import exact, nearest
from agent.assistant.windows.problems import WindowError
from agent.assistant.windows.reader import TimeReading, read_window
from agent.errors import AgentError
from config.settings import Settings
from storage.database import Database, Session
from storage.queries.anomalies import first_and_last_captured
from storage.queries.selection import Selection
from storage.queries.vocabulary import source_names
from storage.records import Window

LONGEST_TEXT = 120
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
MARKUP = str.maketrans("", "", "<>`|*~")


class ToolError(AgentError):
    """A call of a tool that cannot be done, with what would be right."""


class UnknownNameError(ToolError):
    """A name nothing has; nearest holds the names that come near."""

    def __init__(self, kind: str, said: str, near: list[str]) -> None:
        shown = ", ".join(near) if near else "none yet"
        super().__init__(f"There is no {kind} {plain(said)!r}; nearest: {shown}.")
        self.kind = kind
        self.said = said
        self.nearest = near


@dataclass(frozen=True, slots=True)
class ToolContext:
    """One run: sources outside `allowed` do not exist for it; None allows all."""

    database: Database
    settings: Settings
    now: datetime
    allowed: tuple[str, ...] | None = None

    def visible_sources(self, session: Session) -> list[str]:
        """Return the names of the sources this run may see."""
        return [name for name in source_names(session) if self.allowed is None or name in self.allowed]

    def chosen_sources(self, session: Session, said: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the sources that are meant, None for all of them; raise UnknownNameError."""
        if not said:
            return self.allowed
        known = self.visible_sources(session)
        chosen = []
        for name in said:
            found = exact(name, known)
            if found is None:
                raise UnknownNameError("source", name, nearest(name, known))
            chosen.append(found)
        return tuple(dict.fromkeys(chosen))

    def zone(self, sources: tuple[str, ...]) -> str:
        """Return the zone times are read and shown in: the one named source's own, else the global one."""
        return self.settings.zone_of(sources[0] if len(sources) == 1 else None)

    def window(self, session: Session, said: str | None, sources: tuple[str, ...]) -> TimeReading:
        """Read a window; None is all time. Raise ToolError."""
        zone = self.zone(sources)
        first = self._first(session, sources)
        if said is None:
            return TimeReading(Window(min(first, self.now), self.now, zone), "all time", is_all=True)
        try:
            reading = read_window(said, now=self.now, zone=zone, first=first, shifts=self.settings.shifts.starts)
        except WindowError as error:
            raise ToolError(str(error)) from error
        if reading is None:
            raise ToolError(
                f"I cannot read the window {plain(said)!r}; say it as 'yesterday' or 'FROM/TO' in RFC 3339."
            )
        return reading

    def limit(self, wanted: int) -> int:
        """Return how many rows may be given."""
        return min(wanted, self.settings.assistant.row_limit)

    def _first(self, session: Session, sources: tuple[str, ...]) -> datetime:
        whole = Selection(sources=sources or self.allowed)
        ends = first_and_last_captured(session, selection=whole)
        return self.now - timedelta(0) if ends is None else ends[0]


def plain(text: str, *, most: int = LONGEST_TEXT) -> str:
    """Return text from data without control, direction and markup characters, capped."""
    spaced = " ".join(text.split())
    shown = "".join(character for character in spaced if unicodedata.category(character) not in HIDDEN)
    shown = shown.translate(MARKUP)
    return shown if len(shown) <= most else shown[: most - 1] + "…"
