"""A report of a period, by the settings: whose zone, which sources, what counts as a gap."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.reports.periods import Period
from config.settings import Settings
from storage.database import Session
from storage.queries.report import Asked, build_report
from storage.queries.report_figures import HowCounted, how_counted
from storage.queries.report_results import Report
from storage.queries.report_sql import Checked, dialect_of
from storage.queries.status import known_sources

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report, the period it is of, and how each of its figures is counted."""

    period: Period
    report: Report
    sources: tuple[str, ...] | None
    how: tuple[HowCounted, ...]
    made_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether the period has ended."""
        return self.period.window.end <= self.made_at

    @property
    def title(self) -> str:
        """What it is of, as in `line-1, October 2026`."""
        sources = self.sources or ()
        named = f"{', '.join(sources)}, " if len(sources) <= NAMES_SHOWN else f"{len(sources)} sources, "
        named = named if sources else ""
        return f"{named}{self.period.title}{'' if self.is_over else ', so far'}"


def zone_of_report(settings: Settings, sources: Collection[str] | None) -> str:
    """Return the zone a report's days are in: that of its one source, else the global one."""
    return settings.zone_of(next(iter(sources)) if sources is not None and len(sources) == 1 else None)


def make_report(
    session: Session,
    settings: Settings,
    period: Period,
    *,
    sources: tuple[str, ...] | None = None,
    has_charts: bool = True,
    now: datetime,
) -> MadeReport:
    """Read a period's report, with spans for charts where they are wanted."""
    now = now.replace(microsecond=0)
    window, quiet = period.so_far(now), timedelta(minutes=settings.reports.quiet_minutes)
    steady = steady_sources(session, settings)
    asked = Asked(window, quiet, sources=sources, steady=steady, spans=period.spans() if has_charts else ())
    checked = Checked(window, quiet, dialect_of(session), now, sources=sources, steady=steady)
    report = build_report(session, asked, now=now)
    return MadeReport(period, report, sources, tuple(how_counted(checked)), made_at=now)


def steady_sources(session: Session, settings: Settings) -> tuple[str, ...]:
    """Return the sources whose frames come all the time: all but those the settings call batch."""
    batch = {name for name, source in settings.sources.items() if source.mode == "batch"}
    return tuple(source.name for source in known_sources(session) if source.name not in batch)
