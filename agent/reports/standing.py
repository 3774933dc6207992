"""What stands now: open incidents, silences and what they keep quiet, sources and how they are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.messages.figures import clock
from agent.reports.making import steady_sources, zone_of_report
from config.settings import Settings
from storage.database import Session
from storage.queries.incidents import count_incidents, list_incidents
from storage.records import OPEN_STATES, Incident, Silence, Source, SourceState
from storage.repositories.outages import open_outage_of
from storage.repositories.silences import active_silences
from storage.repositories.sources import list_sources
from storage.repositories.versions import active_version

STATES = {
    SourceState.LIVE: "live",
    SourceState.COMMISSIONING: "in commissioning",
    SourceState.PAUSED: "paused: its frames wait",
    SourceState.NOT_JUDGED: "not judged",
}


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source is: in a few words, and whether it is watched as it should be."""

    source: Source
    detector: str | None
    words: str
    is_well: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at `now`; incidents are bounded, incident_count is not; zone: that of most times in it."""

    incidents: tuple[Incident, ...]
    incident_count: int
    silences: tuple[Silence, ...]
    sources: tuple[SourceHealth, ...]
    zone: str
    now: datetime


def read_standing(
    session: Session, settings: Settings, *, sources: Collection[str] | None = None, limit: int, now: datetime
) -> Standing:
    """Read what stands now, of some sources or of all."""
    names = None if sources is None else tuple(sources)
    silences = [one for one in active_silences(session, now=now) if names is None or one.source in {None, *names}]
    chosen = [source for source in list_sources(session) if names is None or source.name in names]
    steady = steady_sources(session, settings)
    return Standing(
        incidents=tuple(list_incidents(session, states=OPEN_STATES, sources=names, limit=limit)),
        incident_count=sum(count_incidents(session, states=OPEN_STATES, sources=names).values()),
        silences=tuple(silences),
        sources=tuple(
            _health(session, settings, source, is_steady=source.name in steady, now=now) for source in chosen
        ),
        zone=zone_of_report(settings, names),
        now=now,
    )


def _health(session: Session, settings: Settings, source: Source, *, is_steady: bool, now: datetime) -> SourceHealth:
    version = active_version(session, source)
    words, is_well = STATES[source.state], source.state in {SourceState.LIVE, SourceState.COMMISSIONING}
    quiet = timedelta(minutes=settings.reports.quiet_minutes)
    last = source.last_frame_at
    outage = open_outage_of(session, source.id)
    if source.fault is not None:
        words = f"{words}: {source.fault}"
    elif outage is not None:
        since = clock(outage.started_at, settings.zone_of(source.name), today=now)
        words, is_well = f"not judged since {since}: {outage.kind}", False
    elif version is None:
        words, is_well = "no detector is fitted yet", False
    elif version.bundle is None:
        words = "imported: nothing is watched"
    elif is_well and is_steady and (last is None or now - last >= quiet):
        since = "yet" if last is None else f"since {clock(last, settings.zone_of(source.name), today=now)}"
        words, is_well = f"{words}, but no frame {since}", False
    return SourceHealth(source, version.name if version else None, words, is_well)
