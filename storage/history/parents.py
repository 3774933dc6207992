"""What imported inspections hang on: sources, detector versions and incidents, made where they are missing."""

import re
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from storage.history.line import HistoryLine
from storage.models import DetectorVersionRow, IncidentRow, InspectionRow, SourceRow
from storage.records import IncidentState, SourceState, Verdict

VERSION = re.compile(r".*@(\d{1,9})")
IS_IMPORTED = DetectorVersionRow.bundle.is_(None)


class Parents:
    """Row ids by name, read or made once a batch."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self._sources: dict[str, int] = {}
        self._versions: dict[tuple[int, str], int] = {}
        self._incidents: dict[tuple[int, str], IncidentRow] = {}

    def source_id(self, line: HistoryLine) -> int:
        """Return the line's source, made live if it is new."""
        if line.source not in self._sources:
            row = self._session.scalar(select(SourceRow).where(SourceRow.name == line.source))
            if row is None:
                row = SourceRow(
                    name=line.source, state=SourceState.LIVE, created_at=self._now, live_since=line.captured_at
                )
                self._session.add(row)
                self._session.flush()
            self._sources[line.source] = row.id
        return self._sources[line.source]

    def version_id(self, line: HistoryLine) -> int:
        """Return the line's detector version, made without a bundle if it is new."""
        key = (self.source_id(line), line.detector)
        if key not in self._versions:
            query = select(DetectorVersionRow.id).where(DetectorVersionRow.source_id == key[0])
            found = self._session.scalar(query.where(DetectorVersionRow.name == line.detector))
            self._versions[key] = found or self._make_version(key[0], line)
        return self._versions[key]

    def incident_id(self, line: HistoryLine) -> int | None:
        """Return the line's incident, made open if it is new."""
        if line.incident is None:
            return None
        key = (self.source_id(line), line.incident)
        if key not in self._incidents:
            query = select(IncidentRow).where(IncidentRow.source_id == key[0], IncidentRow.key == key[1])
            self._incidents[key] = self._session.scalar(query) or self._make_incident(key, line)
        return self._incidents[key].id

    def touch_incidents(self, added: list[tuple[int, HistoryLine]]) -> None:
        """Let the incidents know the anomalies that came to them."""
        for inspection_id, line in added:
            if line.incident is None or line.verdict is not Verdict.ANOMALOUS:
                continue
            row = self._incidents[self.source_id(line), line.incident]
            row.anomalies += 1
            row.cover_inspection_id = row.cover_inspection_id or inspection_id
            row.opened_at = min(row.opened_at, line.captured_at)
            row.last_at = max(row.last_at, line.captured_at)
        self._session.flush()

    def settle(self, added: list[HistoryLine]) -> None:
        """Let versions and sources know when they began and which version judged last: a file may have any order."""
        begun: dict[int, datetime] = {}
        live: dict[int, datetime] = {}
        for line in added:
            version_id, source_id = self.version_id(line), self.source_id(line)
            begun[version_id] = min(begun.get(version_id, line.captured_at), line.captured_at)
            live[source_id] = min(live.get(source_id, line.captured_at), line.captured_at)
        for version_id, at in begun.items():
            version = update(DetectorVersionRow).where(DetectorVersionRow.id == version_id, IS_IMPORTED)
            self._session.execute(version.where(DetectorVersionRow.created_at > at).values(created_at=at))
        imported = select(DetectorVersionRow.id).where(IS_IMPORTED)
        is_ours_to_change = or_(SourceRow.active_version_id.is_(None), SourceRow.active_version_id.in_(imported))
        for source_id, at in live.items():
            source = update(SourceRow).where(SourceRow.id == source_id, is_ours_to_change)
            self._session.execute(source.where(SourceRow.live_since > at).values(live_since=at))
            self._session.execute(source.values(active_version_id=self._judged_last(source_id)))

    def _judged_last(self, source_id: int) -> int | None:
        """Return the imported version that judged the source's newest image."""
        query = (
            select(InspectionRow.detector_version_id)
            .join(DetectorVersionRow, DetectorVersionRow.id == InspectionRow.detector_version_id)
            .where(InspectionRow.source_id == source_id, IS_IMPORTED)
            .order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc())
        )
        return self._session.scalar(query.limit(1))

    def _make_incident(self, key: tuple[int, str], line: HistoryLine) -> IncidentRow:
        row = IncidentRow(
            source_id=key[0],
            key=key[1],
            state=IncidentState.OPEN,
            opened_at=line.captured_at,
            last_at=line.captured_at,
            anomalies=0,
        )
        self._session.add(row)
        self._session.flush()
        return row

    def _make_version(self, source_id: int, line: HistoryLine) -> int:
        taken = set(
            self._session.scalars(
                select(DetectorVersionRow.number).where(DetectorVersionRow.source_id == source_id),
            ),
        )
        named = VERSION.fullmatch(line.detector)
        number = int(named.group(1)) if named else 0
        if not number or number in taken:
            number = max(taken, default=0) + 1
        row = DetectorVersionRow(
            source_id=source_id,
            number=number,
            name=line.detector,
            created_at=line.captured_at,
            method="imported",
            preset="imported",
            embedding_space="",
            threshold=line.threshold,
            promised_rate=0.0,
            training_images=0,
            details={"imported": True},
        )
        self._session.add(row)
        self._session.flush()
        return row.id
