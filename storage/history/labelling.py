"""Labels in: a saved file of labels goes to the inspections of its photos, whole or not at all."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import StorageError
from storage.history.fields import BadLineError
from storage.history.importing import BATCH_LINES, ImportReport, import_lines
from storage.history.label_line import LabelLine, parse_label_line
from storage.models import DetectorVersionRow, FrameRow, InspectionRow
from storage.records import LabelKind
from storage.repositories.labels import add_label
from storage.repositories.sources import UnknownSourceError, source_by_name


class BadLabelsError(StorageError):
    """Lines of a file of labels are wrong, so none of it was written; errors holds a sentence a line."""

    def __init__(self, errors: Mapping[int, str]) -> None:
        many = "1 line of it is" if len(errors) == 1 else f"{len(errors)} lines of it are"
        super().__init__(f"None of the labels was imported: {many} wrong.")
        self.errors = dict(sorted(errors.items()))


class NoLabelsError(StorageError):
    """A file holds no label."""

    def __init__(self) -> None:
        super().__init__("There is no label in that file.")


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What an import did: labelled photos by kind, how many were so labelled already, how many were not on record."""

    kinds: dict[LabelKind, int]
    known: int
    taken_in: int

    @property
    def labels(self) -> int:
        """Every photo the file has a label for."""
        return sum(self.kinds.values())


def import_labels(database: Database, lines: Iterable[str], *, author: str, now: datetime) -> LabelReport:
    """Label the newest inspection of every photo in the file, as `author`; raise BadLabelsError or NoLabelsError.

    A photo that was only scored and never recorded is taken in as an imported frame, without an event: it pages nobody.
    Of several lines on one photo the last counts. The same file again changes nothing.
    """
    parsed = _parse(lines)
    with database.transaction() as session:
        ids = _find_inspections(session, parsed)
        strangers = [line.as_history(now=now) for line in parsed if line.number not in ids]
        taken = ImportReport()
        for start in range(0, len(strangers), BATCH_LINES):
            import_lines(session, strangers[start : start + BATCH_LINES], taken, now=now)
        ids |= taken.ids
        written = [
            add_label(
                session,
                ids[line.number],
                line.kind,
                author=author,
                defect_class=line.defect_class,
                renews=False,
                now=now,
            )
            for line in parsed
        ]
    kinds = Counter(label.kind for label in written)
    return LabelReport(
        kinds={kind: kinds[kind] for kind in LabelKind},
        known=sum(label.created_at != now for label in written),
        taken_in=len(strangers),
    )


def _parse(lines: Iterable[str]) -> list[LabelLine]:
    """Return the last line of each photo."""
    found: dict[tuple[str, str], LabelLine] = {}
    errors: dict[int, str] = {}
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            line = parse_label_line(number, text)
        except BadLineError as error:
            errors[number] = str(error)
        else:
            found[line.source, line.sha256] = line
    if errors:
        raise BadLabelsError(errors)
    if not found:
        raise NoLabelsError
    return list(found.values())


def _find_inspections(session: Session, lines: Iterable[LabelLine]) -> dict[int, int]:
    """Return the inspections on record by the number of their line; raise BadLabelsError."""
    ids: dict[int, int] = {}
    errors: dict[int, str] = {}
    for line in lines:
        try:
            found = _newest_inspection(session, line)
        except (BadLineError, UnknownSourceError) as error:
            errors[line.number] = str(error).rstrip(".")
        else:
            ids |= {} if found is None else {line.number: found}
    if errors:
        raise BadLabelsError(errors)
    return ids


def _newest_inspection(session: Session, line: LabelLine) -> int | None:
    """Return the photo's newest inspection, None where the photo may be taken in; raise BadLineError."""
    source_id = source_by_name(session, line.source).id
    own = (FrameRow.source_id == source_id) & (FrameRow.sha256 == line.sha256)
    inspections = select(InspectionRow.id).join(FrameRow, FrameRow.id == InspectionRow.frame_id)
    newest = inspections.where(own, InspectionRow.is_shadow.is_(False)).order_by(InspectionRow.id.desc()).limit(1)
    found = session.scalar(newest)
    if found is not None:
        return found
    state = session.scalar(select(FrameRow.state).where(own).limit(1))
    if state is not None:
        raise BadLineError(f"its photo is on record as {state.replace('_', ' ')} and has no inspection to label")
    version = DetectorVersionRow.source_id == source_id, DetectorVersionRow.name == line.detector
    if session.scalar(select(DetectorVersionRow.id).where(*version)) is None:
        raise BadLineError(f"{line.source} has no detector {line.detector[:80]!r}")
    return None
