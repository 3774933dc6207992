from datetime import timedelta

import pytest

from storage.database import Database
from storage.records import LabelKind
from storage.repositories.labels import add_label, last_label
from tests.factories import NOON, make_inspection, make_source, make_version


@pytest.mark.parametrize(
    ("again", "defect_class", "expected"),
    [
        (LabelKind.DEFECT, None, "crack"),
        (LabelKind.DEFECT, "stain", "stain"),
        (LabelKind.FALSE_ALARM, None, None),
    ],
)
def test_a_defect_said_again_without_its_class_keeps_it(
    database: Database, again: LabelKind, defect_class: str | None, expected: str | None
) -> None:
    with database.transaction() as session:
        source = make_source(session)
        inspection = make_inspection(session, source, make_version(session, source))
        add_label(session, inspection, LabelKind.DEFECT, author="anna", defect_class="crack", now=NOON)

    with database.transaction() as session:
        later = NOON + timedelta(hours=1)
        add_label(session, inspection, again, author="ben", defect_class=defect_class, now=later)

    with database.reading() as session:
        found = last_label(session, inspection)
        assert found is not None
        assert (found.author, found.kind, found.defect_class) == ("ben", again, expected)
