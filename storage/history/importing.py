"""History in: lines become sources, versions, frames, inspections, labels and incidents, in file order, once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.history.fields import BadLineError
from storage.history.line import HistoryLine, parse_line
from storage.history.parents import Parents
from storage.models import FrameRow, InspectionRow, LabelRow
from storage.records import FrameState, Verdict
from storage.repositories import roll_ups
from storage.repositories.labels import kind_of

BATCH_LINES = 2000
FrameKey = tuple[int, str, datetime]


@dataclass(slots=True)
class ImportReport:
    """What became of every line, by its number."""

    ids: dict[int, int] = field(default_factory=dict)
    known: int = 0
    errors: dict[int, str] = field(default_factory=dict)

    @property
    def imported(self) -> int:
        """Lines that became an inspection in this run."""
        return len(self.ids) - self.known


def import_history(database: Database, lines: Iterable[str], *, now: datetime) -> Iterator[ImportReport]:
    """Import in batches, each whole or not at all; yield the growing report after each batch.

    A line already on record (same source, captured_at, detector and photo, or path where its hash is not said) gives
    its old id: an export changes nothing where it came from.
    """
    report = ImportReport()
    numbered = ((number, text) for number, text in enumerate(lines, 1) if text.strip())
    while batch := list(islice(numbered, BATCH_LINES)):
        parsed = list(_parse(batch, report))
        with database.transaction() as session:
            import_lines(session, parsed, report, now=now)
        yield report


def _parse(batch: list[tuple[int, str]], report: ImportReport) -> Iterator[HistoryLine]:
    for number, text in batch:
        try:
            yield parse_line(number, text)
        except BadLineError as error:
            report.errors[number] = str(error)


def import_lines(session: Session, lines: list[HistoryLine], report: ImportReport, *, now: datetime) -> None:
    """Import lines inside the caller's transaction and put their inspections' ids into the report; no event is made."""
    parents = Parents(session, now)
    frames = _frame_ids(session, parents, lines, now)
    keys = [(frames[_frame_key(parents, line)], parents.version_id(line)) for line in lines]
    known = _known_inspections(session, frames.values())
    was_known = set(known)
    fresh: dict[tuple[int, int], HistoryLine] = {}
    for line, key in zip(lines, keys, strict=True):
        if key not in known:
            fresh.setdefault(key, line)
    rows = [_inspection(parents, key, line, now) for key, line in fresh.items()]
    if rows:
        ids = session.scalars(insert(InspectionRow).returning(InspectionRow.id, sort_by_parameter_order=True), rows)
        known |= dict(zip(fresh, ids, strict=True))
        _add_labels(session, {known[key]: line for key, line in fresh.items()})
        parents.touch_incidents([(known[key], line) for key, line in fresh.items()])
        parents.settle(list(fresh.values()))
        _count(session, parents, fresh.values())
        _count_captured(session, parents, fresh, known_frames={frame_id for frame_id, _ in was_known})
    for line, key in zip(lines, keys, strict=True):
        report.known += fresh.get(key) is not line
        report.ids[line.number] = known[key]


def _frame_key(parents: Parents, line: HistoryLine) -> FrameKey:
    return parents.source_id(line), line.frame_sha256, line.captured_at


def _frame_ids(session: Session, parents: Parents, lines: list[HistoryLine], now: datetime) -> dict[FrameKey, int]:
    """Return the frames by their source, hash and moment, made where they are missing."""
    wanted = {_frame_key(parents, line): line for line in lines}
    hashes = {sha256 for _, sha256, _ in wanted}
    columns = FrameRow.source_id, FrameRow.sha256, FrameRow.captured_at, FrameRow.id
    found = session.execute(select(*columns).where(FrameRow.sha256.in_(hashes)))
    ids = {(source_id, sha256, captured_at): frame_id for source_id, sha256, captured_at, frame_id in found}
    new = {key: line for key, line in wanted.items() if key not in ids}
    if new:
        rows = [_frame(source_id, sha256, line, now) for (source_id, sha256, _), line in new.items()]
        made = session.scalars(insert(FrameRow).returning(FrameRow.id, sort_by_parameter_order=True), rows)
        ids |= dict(zip(new, made, strict=True))
    return ids


def _known_inspections(session: Session, frame_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    query = select(InspectionRow.frame_id, InspectionRow.detector_version_id, InspectionRow.id)
    rows = session.execute(query.where(InspectionRow.frame_id.in_(list(frame_ids))))
    return {(frame_id, version_id): inspection_id for frame_id, version_id, inspection_id in rows}


def _frame(source_id: int, sha256: str, line: HistoryLine, now: datetime) -> dict[str, object]:
    return {
        "source_id": source_id,
        "sha256": sha256,
        "captured_at": line.captured_at,
        "captured_by": "import",
        "received_at": line.captured_at,
        "sequence": 0,
        "name": line.path,
        "size_bytes": 0,
        "attributes": line.attributes,
        "state": FrameState.SCORED,
        "reason": f"imported {now:%Y-%m-%d}",
        "attempt": 0,
        "has_blob": False,
    }


def _inspection(parents: Parents, key: tuple[int, int], line: HistoryLine, now: datetime) -> dict[str, object]:
    return {
        "frame_id": key[0],
        "detector_version_id": key[1],
        "source_id": parents.source_id(line),
        "captured_at": line.captured_at,
        "inspected_at": now,
        "score": line.score,
        "threshold": line.threshold,
        "verdict": line.verdict,
        "fault": line.fault,
        "is_shadow": False,
        "regions": list(line.regions),
        "width": 0,
        "height": 0,
        "embedding_space": "",
        "crops": [],
        "label": kind_of(line.label, line.verdict) if line.label else None,
        "defect_class": line.defect_class,
        "incident_id": parents.incident_id(line),
    }


def _add_labels(session: Session, lines: dict[int, HistoryLine]) -> None:
    rows = [
        {
            "inspection_id": inspection_id,
            "kind": kind_of(line.label, line.verdict),
            "defect_class": line.defect_class,
            "author": "import",
            "created_at": line.captured_at,
        }
        for inspection_id, line in lines.items()
        if line.label
    ]
    if rows:
        session.execute(insert(LabelRow), rows)


def _count(session: Session, parents: Parents, lines: Iterable[HistoryLine]) -> None:
    sums: dict[tuple[int, datetime], list[int]] = {}
    for line in lines:
        cell = sums.setdefault((parents.source_id(line), roll_ups.span_start(line.captured_at)), [0, 0, 0])
        cell[0] += 1
        cell[1] += line.verdict is Verdict.ANOMALOUS and line.fault is None
        cell[2] += line.fault is not None
    for (source_id, starts_at), (scored, odd, faulted) in sums.items():
        counts = {"received": scored, "scored": scored, "anomalous": odd, "faulted": faulted}
        roll_ups.count(session, source_id, starts_at, **counts)


def _count_captured(
    session: Session, parents: Parents, lines: dict[tuple[int, int], HistoryLine], *, known_frames: set[int]
) -> None:
    """Count inspections by frame id and version id; a frame with an inspection already is no new one."""
    counted = set(known_frames)
    for (frame_id, version_id), line in lines.items():
        roll_ups.count_captured(
            session,
            parents.source_id(line),
            version_id,
            line.captured_at,
            attributes=line.attributes,
            inspections=1,
            faulted=int(line.fault is not None),
            frames=int(frame_id not in counted),
        )
        counted.add(frame_id)
