import pytest

from storage.database import Database
from storage.queries.inspections import get_inspection, list_inspections
from storage.queries.selection import Selection
from storage.records import LabelKind, NearestNormal, Region, Verdict
from storage.repositories.frames import receive_frame
from storage.repositories.inspections import record_inspection
from tests.factories import NOON, found, lease_one, make_source, make_version, new_frame
from tests.histories import fill, line, normal


def test_gives_any_inspection_by_its_id_as_a_record(database: Database) -> None:
    region = {"x": 1, "y": 2, "width": 3, "height": 4, "area": 5, "peak": 1.5}
    [wanted] = fill(
        database,
        [line(1, label="defect", defect_class="crack", regions=[region], attributes={"lot": "7"}, incident="a")],
    )

    with database.reading() as session:
        given = get_inspection(session, wanted)

    assert given is not None
    assert (given.source, given.detector, given.verdict) == ("line-1", "line-1@1", Verdict.ANOMALOUS)
    assert (given.label, given.defect_class) == (LabelKind.DEFECT, "crack")
    assert given.regions == (Region(1, 2, 3, 4, 5, 1.5),)
    assert given.attributes == {"lot": "7"}
    assert given.incident_id is not None


@pytest.mark.parametrize("box", [None, (0.25, 0.5, 0.125, 0.125)])
def test_gives_back_the_good_image_to_compare_with(
    database: Database, box: tuple[float, float, float, float] | None
) -> None:
    region = Region(1, 2, 3, 4, 5, 1.5, NearestNormal("good-7.png", 7, 0.5, box))
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        receive_frame(session, new_frame(source))
        one = record_inspection(
            session, lease_one(session), version, found(regions=(region,)), is_told=False, pages=False, now=NOON
        )
    assert one is not None

    with database.reading() as session:
        given = get_inspection(session, one)

    assert given is not None
    assert given.regions == (region,)


def test_gives_none_for_an_id_nothing_has(database: Database) -> None:
    with database.reading() as session:
        assert get_inspection(session, 2**62) is None


def test_lists_newest_first_within_the_limit(database: Database) -> None:
    ids = fill(database, [line(3), normal(2), line(1)])

    with database.reading() as session:
        given = list_inspections(session, selection=Selection(), limit=2)

    assert [one.id for one in given] == [ids[2], ids[1]]
