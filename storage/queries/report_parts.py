"""What explains a report's figures: versions, changes, labels, reasons, and the scores behind its charts."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, union_all
from sqlalchemy.orm import Session

from storage.models import (
    AuditRow,
    DetectorVersionRow,
    FrameRow,
    IncidentRow,
    InspectionRow,
    LabelRow,
    OutageRow,
    SourceRow,
)
from storage.models.open import FRAME_IS_NOT_SCORED
from storage.queries.anomalies import ratio
from storage.queries.counting import count_in_groups
from storage.queries.ends import ends_by_version
from storage.queries.report_results import Change, LabelsBy, Promise, Reason, ScorePoint, VersionUse
from storage.queries.seen import BY_DETECTOR
from storage.queries.selection import Selection, conditions, is_anomaly, is_judged
from storage.records import FrameState, Outage, Source, Window
from storage.repositories.looks import IMAGE_ASKED
from storage.repositories.outages import as_outage
from storage.repositories.versions import as_version

LABEL_ACTION = "label"
# Labels are counted elsewhere, and who asks changes nothing.
NO_CHANGE = (LABEL_ACTION, IMAGE_ASKED)
SHOWN_ID = re.compile(r"([AI])-(\d{1,18})")
UNFINISHED = (FrameState.PENDING, FrameState.LEASED)
NOT_JUDGED = (FrameState.REJECTED, FrameState.DROPPED, FrameState.DEAD_LETTER, *UNFINISHED)
LOOKED_UP_AT_ONCE = 500


def versions_in_use(session: Session, *, selection: Selection) -> list[VersionUse]:
    """Return the versions that judged a selection's inspections, by source and number."""
    uses = count_in_groups(session, selection=selection, key=BY_DETECTOR)
    ends = ends_by_version(session, window=selection.window, version_ids=list(uses))
    query = (
        select(DetectorVersionRow, SourceRow.active_version_id)
        .join(SourceRow, SourceRow.id == DetectorVersionRow.source_id)
        .where(DetectorVersionRow.id.in_(list(uses)))
        .order_by(SourceRow.name, DetectorVersionRow.number)
    )
    return [
        VersionUse(
            version=as_version(version),
            is_active=active == version.id,
            judged=uses[version.id].judged,
            anomalies=uses[version.id].anomalies,
            false_alarms=uses[version.id].false_alarms,
            first=ends[version.id][0],
            last=ends[version.id][1],
        )
        for version, active in session.execute(query)
        if version.id in ends
    ]


def promises_by_source(uses: Collection[VersionUse]) -> dict[int, Promise]:
    """Sum what was promised of each judged image, by source id; an imported detector promised nothing."""
    promises: dict[int, Promise] = {}
    for use in uses:
        if use.version.bundle is not None and use.judged:
            own = Promise(use.judged, use.judged * use.version.promised_rate)
            promises[use.version.source_id] = promises.get(use.version.source_id, Promise()) + own
    return promises


def reasons_not_judged(session: Session, *, window: Window, sources: Collection[Source]) -> list[Reason]:
    """Count a window's frames that were not judged by why, most first."""
    ids = {source.id for source in sources}
    selection = Selection(window=window, sources=tuple(source.name for source in sources))
    faults = (
        select(InspectionRow.fault, func.count())
        .where(*conditions(selection), InspectionRow.fault.is_not(None))
        .group_by(InspectionRow.fault)
    )
    frames = (
        select(FrameRow.source_id, FrameRow.state, FrameRow.reason, func.count())
        .where(FrameRow.captured_at >= window.start, FrameRow.captured_at < window.end)
        .where(FRAME_IS_NOT_SCORED, FrameRow.state.in_(NOT_JUDGED))
        .group_by(FrameRow.source_id, FrameRow.state, FrameRow.reason)
    )  # sources are picked below: named here, they lead SQLite away from the index by captured_at
    counts: dict[tuple[str, str], int] = {("fault", str(fault)): int(n) for fault, n in session.execute(faults)}
    for source_id, state, reason, number in session.execute(frames):
        if source_id not in ids:
            continue
        key = ("waiting", "") if state in UNFINISHED else (str(state), str(reason or ""))
        counts[key] = counts.get(key, 0) + int(number)
    found = [Reason(kind, reason, number) for (kind, reason), number in counts.items()]
    return sorted(found, key=lambda one: (-one.frames, one.kind, one.reason))


def outages_in(session: Session, *, window: Window, sources: Collection[Source], limit: int) -> list[Outage]:
    """Return the outages of sources that ran within a window, newest first; one that goes on has no end."""
    is_within = (OutageRow.started_at < window.end) & or_(
        OutageRow.ended_at.is_(None), OutageRow.ended_at > window.start
    )
    query = (
        select(OutageRow, SourceRow.name)
        .join(SourceRow, SourceRow.id == OutageRow.source_id)
        .where(is_within, OutageRow.source_id.in_([source.id for source in sources]))
        .order_by(OutageRow.started_at.desc(), OutageRow.id.desc())
        .limit(limit)
    )
    return [as_outage(row, name) for row, name in session.execute(query)]


def labels_by_person(session: Session, *, window: Window, sources: Collection[Source]) -> list[LabelsBy]:
    """Count the labels given in a window by who gave them and of which kind, most first."""
    ids = {source.id for source in sources}
    query = (
        select(InspectionRow.source_id, LabelRow.author, LabelRow.kind, func.count())
        .join(InspectionRow, InspectionRow.id == LabelRow.inspection_id)
        .where(*_labelled_in(window))
        .group_by(InspectionRow.source_id, LabelRow.author, LabelRow.kind)
    )  # picked by source below, for the same reason
    counts: dict[tuple[str, str], int] = {}
    for source_id, author, kind, number in session.execute(query):
        if source_id in ids:
            counts[author, kind] = counts.get((author, kind), 0) + int(number)
    found = [LabelsBy(author, kind, number) for (author, kind), number in counts.items()]
    return sorted(found, key=lambda one: (-one.labels, one.author, one.kind))


def labels_by_source(session: Session, *, window: Window) -> dict[int, int]:
    """Count the labels given in a window by source id."""
    query = (
        select(InspectionRow.source_id, func.count())
        .join(LabelRow, LabelRow.inspection_id == InspectionRow.id)
        .where(*_labelled_in(window))
        .group_by(InspectionRow.source_id)
    )
    return {source_id: int(count) for source_id, count in session.execute(query)}


def incidents_by_source(session: Session, *, window: Window) -> dict[int, int]:
    """Count the incidents that ran within a window by source id."""
    query = (
        select(IncidentRow.source_id, func.count())
        .where(IncidentRow.last_at >= window.start, IncidentRow.opened_at < window.end)
        .group_by(IncidentRow.source_id)
    )
    return {source_id: int(count) for source_id, count in session.execute(query)}


def changes_in(
    session: Session, *, window: Window, sources: Collection[Source] | None, limit: int
) -> tuple[list[Change], int]:
    """Return what was changed in a window, newest first up to a limit, and how many changes there were.

    Labels are counted elsewhere. sources None takes every change; else those of these sources, and those of all.
    """
    found = all_changes(session, window=window, sources=sources, with_labels=False)
    return found[:limit], len(found)


def all_changes(
    session: Session,
    *,
    window: Window,
    sources: Collection[Source] | None,
    actor: str | None = None,
    action: str | None = None,
    with_labels: bool = True,
) -> list[Change]:
    """Return every act of the audit in a window, newest first. actor, action: only theirs; a question is no change."""
    query = (
        select(AuditRow)
        .where(AuditRow.at >= window.start, AuditRow.at < window.end)
        .order_by(AuditRow.at.desc(), AuditRow.id.desc())
    )
    if action is not None:
        query = query.where(AuditRow.action == action)
    query = query.where(AuditRow.action.not_in((IMAGE_ASKED,) if with_labels else NO_CHANGE))
    if actor is not None:
        query = query.where(AuditRow.actor == actor)
    rows = list(session.scalars(query))
    places = _Places(session, rows)
    return [
        Change(row.at, row.actor, row.action, row.subject, places.source_of(row), dict(row.detail))
        for row in rows
        if sources is None or places.concerns(row, {source.name for source in sources})
    ]


def people_who_changed(session: Session, *, limit: int = 1000) -> list[str]:
    """Return who ever changed anything, by name."""
    return list(session.scalars(select(AuditRow.actor).distinct().order_by(AuditRow.actor).limit(limit)))


def kinds_of_changes(session: Session) -> list[str]:
    """Return the actions on record, by name."""
    return list(session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action)))


def worst_points(session: Session, *, selection: Selection, limit: int) -> list[ScorePoint]:
    """Return a selection's anomalies furthest above their threshold, in the order of time."""
    columns = select(InspectionRow.captured_at, ratio(), InspectionRow.label)
    query = columns.where(*conditions(selection), is_anomaly).order_by(ratio().desc()).limit(limit)
    points = [ScorePoint(at, float(odd), label) for at, odd, label in session.execute(query)]
    return sorted(points, key=lambda point: point.captured_at)


def ratios_of_spans(
    session: Session, *, selection: Selection, spans: Sequence[tuple[datetime, datetime]]
) -> list[tuple[float | None, float | None]]:
    """Return the mean and the highest score over threshold of the images judged in each span, None where none was."""
    parts = [
        select(func.avg(ratio()), func.max(ratio())).where(*_within(selection, start, end), is_judged)
        for start, end in spans
    ]
    return [
        (None if mean is None else float(mean), None if most is None else float(most))
        for mean, most in (session.execute(part).one() for part in parts)
    ]


def _within(selection: Selection, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    span = Selection(window=Window(start, end), sources=selection.sources)
    return conditions(span)


def _labelled_in(window: Window) -> tuple[ColumnElement[bool], ...]:
    return (
        LabelRow.created_at >= window.start,
        LabelRow.created_at < window.end,
        LabelRow.withdrawn_at.is_(None),
        InspectionRow.is_shadow.is_(False),
    )


class _Places:
    """Finds the source an audit row is about: by its own name, its detector's, its anomaly's or its incident's."""

    def __init__(self, session: Session, rows: Sequence[AuditRow]) -> None:
        self._names = {row_id: name for row_id, name in session.execute(select(SourceRow.id, SourceRow.name))}  # noqa: C416 - rows are no tuples to mypy
        named = union_all(
            select(SourceRow.name, SourceRow.id), select(DetectorVersionRow.name, DetectorVersionRow.source_id)
        )
        self._sources: dict[str, int] = {name: source_id for name, source_id in session.execute(named)}  # noqa: C416 - the same
        wanted = [found for row in rows if (found := SHOWN_ID.fullmatch(row.subject))]
        for letter, table in (("A", InspectionRow), ("I", IncidentRow)):
            ids = sorted({int(found[2]) for found in wanted if found[1] == letter})
            self._sources |= self._looked_up(session, letter, table, ids)

    def source_of(self, row: AuditRow) -> str | None:
        """Return a row's source, None where it concerns all or nothing that is known."""
        source_id = self._sources.get(row.subject, row.detail.get("source_id"))
        return self._names.get(source_id) if isinstance(source_id, int) else None

    def concerns(self, row: AuditRow, names: Collection[str]) -> bool:
        """Say whether a row is about one of these sources, or about all."""
        source = self.source_of(row)
        return source in names or (source is None and row.detail.get("source_id", 0) is None)

    @staticmethod
    def _looked_up(session: Session, letter: str, table: Any, ids: list[int]) -> dict[str, int]:
        found: dict[str, int] = {}
        for first in range(0, len(ids), LOOKED_UP_AT_ONCE):
            query = select(table.id, table.source_id).where(table.id.in_(ids[first : first + LOOKED_UP_AT_ONCE]))
            found |= {f"{letter}-{row_id}": source_id for row_id, source_id in session.execute(query)}
        return found
