"""History in and out, on both databases."""

import json
from collections.abc import Iterable

from sqlalchemy import func, select

from storage.database import Database
from storage.history.exporting import export_history
from storage.history.importing import ImportReport, import_history
from storage.models import DetectorVersionRow, IncidentRow, InspectionRow, RollUpRow, SourceRow
from tests.factories import NOON, make_inspection, make_source, make_version


def line(number: int = 0, **changes: object) -> str:
    values = {
        "source": "line-1",
        "captured_at": f"2026-11-{1 + number // 24:02d}T{number % 24:02d}:00:00Z",
        "score": 0.5,
        "threshold": 1.0,
        "verdict": "normal",
        "detector": "line-1@3",
        "path": f"a/part-{number}.png",
    }
    return json.dumps({key: value for key, value in (values | changes).items() if value is not None})


def bring_in(database: Database, lines: Iterable[str]) -> ImportReport:
    *_, report = import_history(database, lines, now=NOON)
    return report


def test_gives_ids_in_file_order_and_the_same_ones_again(database: Database) -> None:
    lines = [line(number) for number in range(5)]

    first = bring_in(database, lines)
    again = bring_in(database, [*lines, line(5)])

    assert list(first.ids.values()) == sorted(first.ids.values())
    assert (first.imported, again.imported, again.known) == (5, 1, 5)
    assert [again.ids[number] for number in range(1, 6)] == list(first.ids.values())


def test_makes_source_version_and_incident_that_are_missing(database: Database) -> None:
    anomaly = {"score": 2.0, "verdict": "anomalous", "incident": "shift-7"}
    bring_in(database, [line(0, **anomaly), line(3, **anomaly, label="defect", defect_class="scratch")])

    with database.reading() as session:
        source = session.scalars(select(SourceRow)).one()
        version = session.scalars(select(DetectorVersionRow)).one()
        incident = session.scalars(select(IncidentRow)).one()
        labelled = session.scalars(select(InspectionRow).where(InspectionRow.label.is_not(None))).one()
    assert (source.state, source.active_version_id) == ("live", version.id)
    assert (version.name, version.number, version.bundle) == ("line-1@3", 3, None)
    assert (incident.anomalies, incident.opened_at.hour, incident.last_at.hour) == (2, 0, 3)
    assert (labelled.label, labelled.defect_class) == ("defect", "scratch")


def test_holds_the_version_seen_last_for_the_active_one(database: Database) -> None:
    bring_in(database, [line(0), line(1, detector="line-1@4"), line(2, detector="line-1@4")])

    with database.reading() as session:
        active = session.scalars(select(SourceRow.active_version_id)).one()
        name = session.scalars(select(DetectorVersionRow.name).where(DetectorVersionRow.id == active)).one()
    assert name == "line-1@4"


def test_holds_the_same_version_for_the_active_one_in_whatever_order_lines_come(database: Database) -> None:
    bring_in(database, [line(5, detector="line-1@2"), line(1), line(0), line(3, detector="line-1@2"), line(2)])

    with database.reading() as session:
        source = session.scalars(select(SourceRow)).one()
        versions = {row.name: row for row in session.scalars(select(DetectorVersionRow))}
    assert source.active_version_id == versions["line-1@2"].id
    assert {name: row.created_at.hour for name, row in versions.items()} == {"line-1@2": 3, "line-1@3": 0}
    assert source.live_since is not None
    assert source.live_since.hour == 0


def test_holds_a_version_that_was_taken_up_again_for_the_active_one(database: Database) -> None:
    bring_in(database, [line(0), line(1, detector="line-1@4"), line(2)])

    with database.reading() as session:
        active = session.scalars(select(SourceRow.active_version_id)).one()
        name = session.scalars(select(DetectorVersionRow.name).where(DetectorVersionRow.id == active)).one()
    assert name == "line-1@3"


def test_names_bad_lines_by_number_and_takes_the_rest(database: Database) -> None:
    bad = {
        2: "not json",
        3: line(captured_at="2026-11-01T00:00:00"),
        4: line(score="high"),
        5: line(verdict="odd"),
        6: line(source="a/b"),
        7: line(threshold=None),
        8: line(label="maybe"),
        9: "[1]",
        10: line(score=float("nan")),
        11: line(captured_at="0001-01-01T00:00:00+10:00"),
        12: line(score=10**400),
        13: "[" * 100_000,
    }

    report = bring_in(database, [line(0), *bad.values(), line(1)])

    assert set(report.errors) == set(bad)
    assert set(report.ids) == {1, 14}
    assert "time zone" in report.errors[3]
    assert "finite" in report.errors[10]


def test_takes_names_of_sources_as_other_systems_write_them(database: Database) -> None:
    names = ["Field North", 3, "12", "drone_2", "Straße 7", "xray.bay2", "組立"]

    report = bring_in(database, [line(number, source=name, detector=7) for number, name in enumerate(names)])

    with database.reading() as session:
        kept = session.scalars(select(SourceRow.name).order_by(SourceRow.id)).all()
        detectors = set(session.scalars(select(DetectorVersionRow.name)))
    assert report.errors == {}
    assert (kept, detectors) == ([str(name) for name in names], {"7"})


def test_refuses_names_of_sources_that_lead_elsewhere(database: Database) -> None:
    names = ["../secret", "a/b", "a\\b", ".hidden", "-x", "_", "a\nb", "a" * 64, True, 10**30, -3, 1.5]

    report = bring_in(database, [line(number, source=name) for number, name in enumerate(names)])

    assert set(report.errors) == set(range(1, len(names) + 1))


def test_takes_a_file_that_begins_with_a_byte_order_mark(database: Database) -> None:
    assert bring_in(database, ["\ufeff" + line(0), line(1)]).errors == {}


def test_leaves_out_attributes_without_a_value(database: Database) -> None:
    bring_in(database, [line(0, attributes={"lot": "L7", "part": None, "tray": "", "shelf": 0})])

    [written] = [json.loads(text) for text in export_history(database)]
    assert written["attributes"] == {"lot": "L7", "shelf": "0"}


def test_takes_text_that_no_database_would_take(database: Database) -> None:
    odd = '{"source":"line-1","captured_at":"2026-11-01T00:00:00Z","score":1,"threshold":1,"verdict":"normal",'
    report = bring_in(database, [odd + '"detector":"d@1","path":"a\\u0000\\ud800b","attributes":{"lot":"\\u0000"}}'])

    assert report.ids == {1: 1}


def test_takes_a_line_that_stands_twice_in_one_file_once(database: Database) -> None:
    report = bring_in(database, [line(0), line(0), line(0, detector="line-1@4")])

    assert report.ids[1] == report.ids[2] != report.ids[3]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InspectionRow)) == 2


def test_tells_images_without_a_path_apart_that_were_taken_in_one_second(database: Database) -> None:
    lines = [line(0, path=None), line(0, path=None, score=0.75), line(0, path=None)]

    first, again = bring_in(database, lines), bring_in(database, lines)

    assert (first.imported, first.known, again.imported) == (2, 1, 0)
    assert first.ids[1] == first.ids[3] != first.ids[2]


def test_counts_what_it_imported(database: Database) -> None:
    bring_in(database, [line(0), line(0, path="b"), line(0, path="c", verdict="anomalous", score=3)])

    with database.reading() as session:
        roll_up = session.scalars(select(RollUpRow)).one()
    assert (roll_up.scored, roll_up.anomalous) == (3, 1)


def test_reads_back_what_it_wrote(database: Database) -> None:
    region = {"x": 1, "y": 2, "width": 3, "height": 4, "area": 9, "peak": 2.5}
    odd = line(
        1, verdict="anomalous", score=2.5, regions=[region], attributes={"lot": "L7"}, incident="i", label="unsure"
    )
    bring_in(database, [line(0), odd])

    written = [json.loads(text) for text in export_history(database)]
    again = bring_in(database, [json.dumps(values) for values in written])

    assert [values["id"] for values in written] == ["A-1", "A-2"]
    assert written[1]["regions"] == [region]
    assert (written[1]["attributes"], written[1]["incident"], written[1]["label"]) == ({"lot": "L7"}, "i", "unsure")
    assert (again.imported, again.known) == (0, 2)


def test_an_export_changes_nothing_where_it_came_from(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_inspection(session, source, make_version(session, source), 1, score=3.0, captured_at=NOON)

    again = bring_in(database, export_history(database))

    with database.reading() as session:
        assert session.scalar(select(func.count(InspectionRow.id))) == 1
    assert (again.imported, again.known, again.errors) == (0, 1, {})


def test_keeps_a_camera_fault_through_both_ways(database: Database) -> None:
    bring_in(database, [line(0, verdict="anomalous", score=3, fault="black")])

    [written] = [json.loads(text) for text in export_history(database)]
    with database.reading() as session:
        roll_up = session.scalars(select(RollUpRow)).one()
    assert written["fault"] == "black"
    assert (roll_up.anomalous, roll_up.faulted) == (0, 1)


def test_exports_one_source_alone(database: Database) -> None:
    bring_in(database, [line(0), line(1, source="line-2", detector="line-2@1")])

    assert [json.loads(text)["source"] for text in export_history(database, source="line-2")] == ["line-2"]
