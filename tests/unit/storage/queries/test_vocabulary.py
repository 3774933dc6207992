from storage.database import Database
from storage.queries.vocabulary import attribute_keys, defect_classes, detector_names, source_names
from tests.histories import fill, line, normal


def test_gives_the_names_a_question_may_use(database: Database) -> None:
    fill(
        database,
        [
            line(1, source="b", label="defect", defect_class="crack", attributes={"lot": "1"}),
            normal(2, source="a", label="missed", defect_class="scratch", attributes={"part": "2"}),
        ],
    )

    with database.reading() as session:
        assert source_names(session) == ["a", "b"]
        assert detector_names(session) == ["a@1", "b@1"]
        assert defect_classes(session) == ["crack", "scratch"]
        assert attribute_keys(session) == ["lot", "part"]
