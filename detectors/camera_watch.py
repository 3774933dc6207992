"""Judge the camera with every frame that is recorded, and open and end outages in the same transaction.

What came before is read from the database, so that any number of scoring processes judge as one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.settings import Settings
from config.sources import SourceSettings
from detectors.active_hours import is_active
from detectors.camera.checks import WINDOW, CameraChecks, Found
from detectors.camera.judging import NewFrameSeen, judge_frame
from storage.database import Session
from storage.records import (
    SILENT,
    DetectorVersion,
    Frame,
    NewInspection,
    Outage,
    RecentFrame,
    Source,
    SourceState,
)
from storage.repositories.inspections import Recording
from storage.repositories.outages import end_outage, keep_outage, open_outage, open_outage_of, watch_alone
from storage.repositories.recent_frames import mark_faulted, recent_frames

# Of the last five frames so many have to be faulty before people hear of it; so many good ones in a row end it.
OPENS_AFTER = 3
ENDS_AFTER = 5


@dataclass(frozen=True, slots=True)
class WatchedFrame:
    """A frame about to be recorded, with the faults of its camera known.

    found: the inspection as it is to be recorded. before: the frames just before it, oldest first.
    """

    source: Source
    version: DetectorVersion
    frame: Frame
    found: NewInspection
    said: Found | None
    before: tuple[RecentFrame, ...]
    outage: Outage | None
    is_current: bool

    @property
    def is_inhibited(self) -> bool:
        """Tell whether the source is not judged now: a frame that comes ends a silence."""
        return self.outage is not None and self.outage.kind != SILENT


class CameraWatch:
    """Judges frames as they are recorded in one transaction; it looks up once what holds for all of them.

    source_ids: of all these frames; until the transaction ends no other process judges the same cameras. recording:
    where they are recorded; it is asked to write before their rows are read.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        source_ids: Iterable[int],
        recording: Recording,
        *,
        now: datetime,
    ) -> None:
        watch_alone(session, set(source_ids))
        self._session = session
        self._settings = settings
        self._recording = recording
        self._now = now
        self._newest: dict[int, list[RecentFrame]] = {}
        self._outages: dict[int, Outage | None] = {}

    def judge(
        self, source: Source, version: DetectorVersion, frame: Frame, found: NewInspection, checks: CameraChecks
    ) -> WatchedFrame:
        """Judge a frame with those just before it; where a source is not judged, its parts page nobody."""
        own = self._settings.sources.get(source.name)
        before = self._before(source, version, frame)
        may_freeze = _may_freeze(own, frame, self._settings.zone_of(source.name))
        said = judge_frame(NewFrameSeen(frame.sha256, found.fault, found.signs), before, checks, may_freeze=may_freeze)
        return WatchedFrame(
            source=source,
            version=version,
            frame=frame,
            found=replace(found, fault=said.fault if said else None),
            said=said,
            before=tuple(before),
            outage=self._outage(source),
            is_current=own is None or is_live(own, frame.captured_at, self._now),
        )

    def follow(self, watched: WatchedFrame) -> None:
        """After a frame was recorded, mark those its fault is said of too, and open, carry on or end an outage."""
        if watched.said is not None or watched.outage is not None:
            self._recording.write()  # the rows may be marked, and are told of before the outage
        before = self._mark(watched)
        self._keep(watched, before)
        if not watched.is_current:
            return
        outage = watched.outage
        if outage is not None and outage.kind == SILENT:
            end_outage(self._session, outage, at=watched.frame.captured_at, now=self._now)
            outage = None
        if outage is None and watched.said is None and watched.outage is None:
            return
        self._outages.pop(watched.source.id, None)
        if outage is None:
            _open_if_due(self._session, watched, before, self._now)
        elif watched.said is not None:
            keep_outage(self._session, _carried_on(outage, watched, before))
        else:
            _count_good(self._session, outage, watched, self._now)

    def _before(self, source: Source, version: DetectorVersion, frame: Frame) -> list[RecentFrame]:
        """Return the frames just before one: mostly the newest there are, and for a late frame those before it."""
        if version.id not in self._newest:
            self._newest[version.id] = self._last(source, version, until=None)
        newest = self._newest[version.id]
        if not newest or newest[-1].captured_at <= frame.captured_at:
            return newest
        self._recording.write()
        return self._last(source, version, until=frame.captured_at)

    def _last(self, source: Source, version: DetectorVersion, *, until: datetime | None) -> list[RecentFrame]:
        return recent_frames(self._session, source_id=source.id, version_id=version.id, until=until, limit=WINDOW - 1)

    def _keep(self, watched: WatchedFrame, before: list[RecentFrame]) -> None:
        """Remember the newest frames, this one among them; after a late one they are looked up again."""
        found, frame = watched.found, watched.frame
        known = self._newest.pop(watched.version.id, [])
        if not known or known[-1].captured_at <= frame.captured_at:
            newest = RecentFrame(frame.id, frame.sha256, frame.captured_at, found.fault, found.signs)
            self._newest[watched.version.id] = [*before, newest][1 - WINDOW :]
        else:
            self._recording.write()

    def _outage(self, source: Source) -> Outage | None:
        if source.id not in self._outages:
            self._outages[source.id] = open_outage_of(self._session, source.id)
        return self._outages[source.id]

    def _mark(self, watched: WatchedFrame) -> list[RecentFrame]:
        """Return the frames before one, its fault said of as many of them as it holds for."""
        said, before = watched.said, list(watched.before)
        if said is None or said.frames == 1:
            return before
        blamed = [frame.frame_id for frame in before[1 - said.frames :] if frame.fault is None]
        marked = mark_faulted(self._session, watched.version.id, blamed, said.fault)
        return [replace(one, fault=said.fault) if one.frame_id in marked else one for one in before]


def is_live(own: SourceSettings, captured_at: datetime, now: datetime) -> bool:
    """Tell whether a frame says how its source is now: not of a batch, and not late."""
    return own.mode == "live" and now - captured_at <= timedelta(seconds=own.late_after_seconds)


def _may_freeze(own: SourceSettings | None, frame: Frame, zone: str) -> bool:
    return own is not None and own.mode == "live" and is_active(frame.captured_at, own.active, zone)


def _open_if_due(session: Session, watched: WatchedFrame, before: list[RecentFrame], now: datetime) -> None:
    """Open an outage where enough frames are concerned: faulty, or of the run, though told of as odd parts before."""
    said = watched.said
    if said is None:
        return
    run = len(before) + 1 - said.frames
    concerned = [frame for number, frame in enumerate(before) if frame.fault is not None or number >= run]
    if len(concerned) + 1 < OPENS_AFTER:
        return
    open_outage(
        session,
        source_id=watched.source.id,
        kind=_prevailing(said.fault, [frame.fault or said.fault for frame in concerned]),
        started_at=concerned[0].captured_at,
        last_at=watched.frame.captured_at,
        frames=1 + sum(frame.fault is not None for frame in concerned),
        is_told=watched.source.state is SourceState.LIVE,
        now=now,
    )


def _carried_on(outage: Outage, watched: WatchedFrame, before: list[RecentFrame]) -> Outage:
    newest = watched.found.fault or outage.kind
    faults = Counter([newest, *(frame.fault for frame in before if frame.fault)])
    was = sum(frame.fault is not None for frame in watched.before)
    frames = 1 + sum(frame.fault is not None for frame in before) - was
    return replace(
        outage,
        kind=newest if faults[newest] >= OPENS_AFTER else outage.kind,
        last_at=max(outage.last_at, watched.frame.captured_at),
        frames=outage.frames + frames,
        good=0,
    )


def _count_good(session: Session, outage: Outage, watched: WatchedFrame, now: datetime) -> None:
    if watched.frame.captured_at < outage.last_at:
        return
    good = outage.good + 1
    if good < ENDS_AFTER:
        keep_outage(session, replace(outage, good=good))
        return
    first = [frame.captured_at for frame in watched.before[1 - good :]]
    end_outage(session, replace(outage, good=good), at=first[0] if first else watched.frame.captured_at, now=now)


def _prevailing(newest: str, others: list[str]) -> str:
    counts = Counter([newest, *others])
    return max(counts, key=lambda fault: (counts[fault], fault == newest))
