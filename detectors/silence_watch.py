"""Tell once of a source that sends nothing any more, and again when it sends."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from config.settings import Settings
from detectors.active_hours import active_between
from detectors.silence import silent_after
from storage.database import Database, Session
from storage.records import SILENT, Outage, Source, SourceState
from storage.repositories.arrivals import last_arrivals, last_received_at, spans_with_frames
from storage.repositories.outages import end_outage, keep_outage, open_outage, open_outage_of, watch_alone
from storage.repositories.sources import list_sources

ARRIVALS = 200
LOOK_BACK = timedelta(days=21)
NOBODY: Mapping[str, datetime] = {}


def watch_silence(
    database: Database, settings: Settings, *, since: datetime, waited: Mapping[str, datetime] = NOBODY, now: datetime
) -> list[str]:
    """Open and end the silence of every live source; return the sources gone silent now.

    since: when looking began: what was not looked for was not missing. waited: when sources were last not looked at,
    for want of room.
    """
    with database.reading() as session:
        sources = [source for source in list_sources(session) if _is_watched(source, settings)]
    return [
        source.name
        for source in sources
        if _watch(database, source, settings, max(since, waited.get(source.name, since)), now)
    ]


def _is_watched(source: Source, settings: Settings) -> bool:
    own = settings.sources.get(source.name)
    return own is not None and own.mode == "live" and source.state is SourceState.LIVE


def _watch(database: Database, source: Source, settings: Settings, since: datetime, now: datetime) -> bool:
    with database.transaction() as session:
        newest = last_received_at(session, source.id)
        if newest is None:
            return False
        watch_alone(session, [source.id])
        outage = open_outage_of(session, source.id)
        if outage is not None:
            _follow(session, outage, newest, now)
            return False
        limit = _limit(session, source, settings, newest)
        if limit is None or _active(settings, source, max(newest, since), now) < limit:
            return False
        opened = open_outage(
            session,
            source_id=source.id,
            kind=SILENT,
            started_at=newest,
            last_at=now,
            frames=0,
            is_told=True,
            now=now,
        )
        return opened is not None


def _follow(session: Session, outage: Outage, newest: datetime, now: datetime) -> None:
    if outage.kind != SILENT:
        return
    if newest > outage.started_at:
        end_outage(session, outage, at=newest, now=now)
    else:
        keep_outage(session, replace(outage, last_at=now))


def _limit(session: Session, source: Source, settings: Settings, newest: datetime) -> timedelta | None:
    asked = settings.sources[source.name].silent_after_seconds
    if asked is not None:
        return timedelta(seconds=asked)
    arrivals = last_arrivals(session, source.id, limit=ARRIVALS)
    spans = spans_with_frames(session, source.id, since=newest - LOOK_BACK)
    return silent_after(arrivals, spans, lambda one, other: _active(settings, source, one, other))


def _active(settings: Settings, source: Source, since: datetime, until: datetime) -> timedelta:
    return active_between(since, until, settings.sources[source.name].active, settings.zone_of(source.name))
