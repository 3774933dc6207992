from storage.database import Database
from storage.queries.inspections import get_inspection, list_inspections
from storage.queries.selection import Selection
from storage.records import LabelKind, Region, Verdict
from tests.histories import fill, line, normal


def test_gives_any_inspection_by_its_id_as_a_record(database: Database) -> None:
    region = {"x": 1, "y": 2, "width": 3, "height": 4, "area": 5, "peak": 1.5}
    [wanted] = fill(
        database,
        [line(1, label="defect", defect_class="crack", regions=[region], attributes={"lot": "7"}, incident="a")],
    )

    with database.reading() as session:
        found = get_inspection(session, wanted)

    assert found is not None
    assert (found.source, found.detector, found.verdict) == ("line-1", "line-1@1", Verdict.ANOMALOUS)
    assert (found.label, found.defect_class) == (LabelKind.DEFECT, "crack")
    assert found.regions == (Region(1, 2, 3, 4, 5, 1.5),)
    assert found.attributes == {"lot": "7"}
    assert found.incident_id is not None


def test_gives_none_for_an_id_nothing_has(database: Database) -> None:
    with database.reading() as session:
        assert get_inspection(session, 2**62) is None


def test_lists_newest_first_within_the_limit(database: Database) -> None:
    ids = fill(database, [line(3), normal(2), line(1)])

    with database.reading() as session:
        found = list_inspections(session, selection=Selection(), limit=2)

    assert [one.id for one in found] == [ids[2], ids[1]]
