"""A report's labels in, on both databases."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from storage.database import Database, Session
from storage.history.labelling import BadLabelsError, LabelReport, NoLabelsError, import_labels
from storage.models import AuditRow, EventRow, FrameRow, InspectionRow, LabelRow, RollUpRow
from storage.records import DetectorVersion, LabelKind, Source
from storage.repositories.frames import receive_frame
from storage.repositories.labels import add_label
from tests.factories import NOON, make_inspection, make_source, make_version, new_frame

AUTHOR = "terminal:ada"


def line(number: int = 0, **changes: object) -> dict[str, Any]:
    values = {
        "path": f"today/part-{number}.png",
        "sha256": f"{number:064x}",
        "source": "line-1",
        "detector": "line-1@1",
        "score": 2.0,
        "threshold": 1.0,
        "verdict": "anomalous",
        "label": "defect",
        "defect_class": None,
    }
    return values | changes


def bring_in(database: Database, *lines: dict[str, Any] | str, author: str = AUTHOR) -> LabelReport:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in lines]
    return import_labels(database, texts, author=author, now=NOON + timedelta(hours=1))


def prepare(database: Database) -> tuple[Source, DetectorVersion]:
    with database.transaction() as session:
        source = make_source(session)
        return source, make_version(session, source)


def count(session: Session, row: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(row)) or 0


def test_labels_the_newest_inspection_of_a_photo_on_record(database: Database) -> None:
    source, version = prepare(database)
    with database.transaction() as session:
        make_inspection(session, source, version, 7)
        other = make_source(session, "line-2")
        make_inspection(session, other, make_version(session, other), 7)
        newest = make_inspection(session, source, version, 7, captured_at=NOON + timedelta(minutes=5))

    report = bring_in(database, line(7, defect_class="scratch"))

    with database.reading() as session:
        labelled = session.scalars(select(InspectionRow).where(InspectionRow.label.is_not(None))).one()
        audited = session.scalars(select(AuditRow).where(AuditRow.action == "label")).one()
    assert (labelled.id, labelled.label, labelled.defect_class) == (newest, "defect", "scratch")
    assert (audited.actor, audited.subject) == (AUTHOR, f"A-{newest}")
    assert (report.labels, report.known, report.taken_in) == (1, 0, 0)


def test_takes_in_a_photo_that_was_only_scored_and_pages_nobody(database: Database) -> None:
    _, version = prepare(database)

    report = bring_in(
        database,
        line(1, captured_at="2026-11-19T10:00:00+02:00"),
        line(2, label="missed", verdict="normal", score=0.5),
        line(3, fault="black", label="unsure"),
    )

    with database.reading() as session:
        frames = session.scalars(select(FrameRow).order_by(FrameRow.id)).all()
        inspections = session.scalars(select(InspectionRow).order_by(InspectionRow.id)).all()
        roll_ups = session.scalars(select(RollUpRow).order_by(RollUpRow.starts_at)).all()
        assert count(session, EventRow) == 0
        assert count(session, LabelRow) == 3
    assert report.taken_in == 3
    assert [(frame.sha256, frame.state, frame.captured_by, frame.has_blob) for frame in frames] == [
        (f"{number:064x}", "scored", "import", False) for number in (1, 2, 3)
    ]
    assert frames[0].captured_at.isoformat() == "2026-11-19T08:00:00+00:00"
    assert frames[1].captured_at == NOON + timedelta(hours=1)
    assert {one.detector_version_id for one in inspections} == {version.id}
    assert [(one.verdict, one.label, one.fault) for one in inspections] == [
        ("anomalous", "defect", None),
        ("normal", "missed", None),
        ("anomalous", "unsure", "black"),
    ]
    assert [(one.scored, one.anomalous, one.faulted) for one in roll_ups] == [(1, 1, 0), (2, 0, 1)]


def test_the_same_file_again_changes_nothing(database: Database) -> None:
    source, version = prepare(database)
    with database.transaction() as session:
        make_inspection(session, source, version, 1)
    lines = [line(1), line(2, label="false_alarm"), line(3, label="unsure")]
    first = bring_in(database, *lines)

    again = bring_in(database, *lines)

    assert (first.taken_in, first.known, first.labels) == (2, 0, 3)
    assert (again.taken_in, again.labels) == (0, 3)
    assert again.kinds == {
        LabelKind.DEFECT: 1,
        LabelKind.FALSE_ALARM: 1,
        LabelKind.UNSURE: 1,
        LabelKind.MISSED: 0,
    }
    with database.reading() as session:
        assert [count(session, row) for row in (FrameRow, InspectionRow, LabelRow)] == [3, 3, 3]


def test_says_how_many_were_known_already(database: Database) -> None:
    prepare(database)
    texts = [json.dumps(line(number)) for number in (1, 2)]
    import_labels(database, texts[:1], author=AUTHOR, now=NOON)

    assert import_labels(database, texts, author=AUTHOR, now=NOON + timedelta(hours=1)).known == 1


def test_the_last_line_on_a_photo_counts_and_a_later_word_wins(database: Database) -> None:
    source, version = prepare(database)
    with database.transaction() as session:
        inspection = make_inspection(session, source, version, 1)
        add_label(session, inspection, LabelKind.FALSE_ALARM, author="U1", now=NOON)

    report = bring_in(database, line(1, label="unsure"), line(1, defect_class="crack"))

    assert report.labels == 1
    with database.reading() as session:
        history = session.scalars(select(LabelRow.kind).order_by(LabelRow.id)).all()
        word = session.scalars(select(InspectionRow.label)).one()
    assert history == ["false_alarm", "defect"]
    assert word == "defect"


def test_one_bad_line_leaves_everything_as_it_was(database: Database) -> None:
    prepare(database)
    bad: dict[int, dict[str, Any] | str] = {
        2: "not json",
        3: line(3, label="good"),
        4: line(4, label=None),
        5: line(5, sha256="../../etc/passwd"),
        6: line(6, source="a/b"),
        7: line(7, score="high"),
        8: line(8, captured_at="2026-11-19T10:00:00"),
        9: line(9, verdict="rejected"),
    }

    with pytest.raises(BadLabelsError, match="8 lines of it are wrong") as caught:
        bring_in(database, line(1), *bad.values(), line(10))

    assert set(caught.value.errors) == set(bad)
    with database.reading() as session:
        assert [count(session, row) for row in (FrameRow, InspectionRow, LabelRow, RollUpRow)] == [0, 0, 0, 0]


def test_names_what_is_not_there(database: Database) -> None:
    source, _ = prepare(database)
    with database.transaction() as session:
        receive_frame(session, new_frame(source, 3))

    with pytest.raises(BadLabelsError) as caught:
        bring_in(database, line(1, source="line-9"), line(2, detector="line-1@9"), line(3), line(4))

    assert "no source 'line-9'; known sources: line-1" in caught.value.errors[1]
    assert "line-1 has no detector 'line-1@9'" in caught.value.errors[2]
    assert "on record as pending" in caught.value.errors[3]
    assert set(caught.value.errors) == {1, 2, 3}
    with database.reading() as session:
        assert [count(session, row) for row in (FrameRow, InspectionRow, LabelRow)] == [1, 0, 0]


def test_an_empty_file_is_an_error(database: Database) -> None:
    with pytest.raises(NoLabelsError):
        bring_in(database, "", "  ")


def test_takes_names_that_no_database_would_take(database: Database) -> None:
    prepare(database)
    odd = json.dumps(line(1)).replace("today/part-1.png", "a\\u0000\\udce9b")

    assert bring_in(database, odd).taken_in == 1
