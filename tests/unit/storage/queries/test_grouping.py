from storage.database import Database
from storage.queries.grouping import Group, count_by
from storage.queries.selection import Selection
from tests.histories import fill, line, normal


def groups(database: Database, group: Group, attribute: str = "", limit: int = 9) -> dict[str | None, int]:
    with database.reading() as session:
        rows = count_by(session, selection=Selection(), group=group, limit=limit, attribute=attribute)
    return {row.key: row.counts.anomalies for row in rows}


def test_counts_by_source_class_label_detector_and_attribute_most_first(database: Database) -> None:
    fill(
        database,
        [
            line(1, source="line-2", label="defect", defect_class="crack", attributes={"lot": "A"}),
            line(2, label="false_alarm", attributes={"lot": "B"}),
            line(3, detector="line-1@2", attributes={"lot": "B"}),
            normal(4),
        ],
    )

    assert list(groups(database, Group.SOURCE).items()) == [("line-1", 2), ("line-2", 1)]
    assert groups(database, Group.DEFECT_CLASS) == {"crack": 1, None: 2}
    assert groups(database, Group.LABEL) == {"defect": 1, "false_alarm": 1, None: 1}
    assert groups(database, Group.DETECTOR) == {"line-1@1": 1, "line-1@2": 1, "line-2@1": 1}
    assert groups(database, Group.ATTRIBUTE, "lot") == {"B": 2, "A": 1, None: 0}


def test_gives_no_more_groups_than_asked_for(database: Database) -> None:
    fill(database, [line(number, source=f"s{number}") for number in range(1, 6)])

    assert len(groups(database, Group.SOURCE, limit=3)) == 3
