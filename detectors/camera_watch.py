"""Judge the camera with every frame that is recorded, and open and end outages in the same transaction.

What came before is read from the database, so that any number of scoring processes judge as one.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.settings import Settings, SourceSettings
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
from storage.repositories.outages import end_outage, keep_outage, open_outage, open_outage_of
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


def watch_frame(
    session: Session,
    source: Source,
    version: DetectorVersion,
    frame: Frame,
    found: NewInspection,
    checks: CameraChecks,
    *,
    settings: Settings,
    now: datetime,
) -> WatchedFrame:
    """Judge a frame with those just before it; where a source is not judged, its parts page nobody."""
    own = settings.sources.get(source.name)
    before = recent_frames(
        session, source_id=source.id, version_id=version.id, until=frame.captured_at, limit=WINDOW - 1
    )
    seen = NewFrameSeen(frame.sha256, found.fault, found.signs)
    said = judge_frame(seen, before, checks, may_freeze=_may_freeze(own, frame, settings.zone_of(source.name)))
    is_current = own is None or is_live(own, frame.captured_at, now)
    return WatchedFrame(
        source=source,
        frame=frame,
        found=replace(found, fault=said.fault if said else None),
        said=said,
        before=tuple(before),
        outage=open_outage_of(session, source.id, locks=True),
        is_current=is_current,
    )


def follow_outage(session: Session, watched: WatchedFrame, *, now: datetime) -> None:
    """After a frame was recorded, mark those its fault is said of too, and open, carry on or end an outage."""
    said, before = watched.said, list(watched.before)
    marked: list[int] = []
    if said is not None and said.frames > 1:
        blamed = [frame.inspection_id for frame in before[1 - said.frames :] if frame.fault is None]
        marked = mark_faulted(session, blamed, said.fault)
        before = [replace(one, fault=said.fault) if one.inspection_id in marked else one for one in before]
    if not watched.is_current:
        return
    outage = watched.outage
    if outage is not None and outage.kind == SILENT:
        end_outage(session, outage, at=watched.frame.captured_at, now=now)
        outage = None
    if outage is None:
        _open_if_due(session, watched, before, now)
    elif said is not None:
        keep_outage(session, _carried_on(outage, watched, before, 1 + len(marked)))
    else:
        _count_good(session, outage, watched, now)


def is_live(own: SourceSettings, captured_at: datetime, now: datetime) -> bool:
    """Tell whether a frame says how its source is now: not of a batch, and not late."""
    return own.mode == "live" and now - captured_at <= timedelta(seconds=own.late_after_seconds)


def _may_freeze(own: SourceSettings | None, frame: Frame, zone: str) -> bool:
    return own is not None and own.mode == "live" and is_active(frame.captured_at, own.active, zone)


def _open_if_due(session: Session, watched: WatchedFrame, before: list[RecentFrame], now: datetime) -> None:
    if watched.said is None:
        return
    faulty = [frame for frame in before if frame.fault is not None]
    if len(faulty) + 1 < OPENS_AFTER:
        return
    open_outage(
        session,
        source_id=watched.source.id,
        kind=_prevailing(watched.said.fault, faulty),
        started_at=faulty[0].captured_at,
        last_at=watched.frame.captured_at,
        frames=len(faulty) + 1,
        is_told=watched.source.state is SourceState.LIVE,
        now=now,
    )


def _carried_on(outage: Outage, watched: WatchedFrame, before: list[RecentFrame], frames: int) -> Outage:
    newest = watched.found.fault or outage.kind
    faults = Counter([newest, *(frame.fault for frame in before if frame.fault)])
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


def _prevailing(newest: str, faulty: list[RecentFrame]) -> str:
    counts = Counter([newest, *(str(frame.fault) for frame in faulty)])
    return max(counts, key=lambda fault: (counts[fault], fault == newest))
