"""Applying and rolling back a version, on both databases."""

import pytest
from sqlalchemy import select

from storage.database import Database, Session
from storage.models import AuditRow, DetectorVersionRow
from storage.records import NOT_FIT, DetectorVersion, Source
from storage.repositories.sources import activate_version, source_by_id
from storage.repositories.switches import SwitchError, apply_version, note_fit, roll_back, switches_of
from storage.repositories.versions import NotFitError
from tests.factories import NOON, make_inspection, make_source, make_version


def two_versions(session: Session, **changes: object) -> tuple[Source, DetectorVersion, DetectorVersion]:
    """Return a source judged by its first version, and both."""
    source = make_source(session)
    first = make_version(session, source)
    second = make_version(session, source, **changes)
    assert activate_version(session, source.id, first.id, expected=second.id)
    return source, first, second


def active(session: Session, source: Source) -> int | None:
    return source_by_id(session, source.id).active_version_id


def test_applies_a_version_and_rolls_it_back_each_with_an_audit_row(database: Database) -> None:
    with database.transaction() as session:
        source, first, second = two_versions(session)

        apply_version(session, second, expected=first.id, actor="ada", now=NOON)
        assert active(session, source) == second.id
        back = roll_back(session, source_by_id(session, source.id), actor="ben", now=NOON)
        assert active(session, source) == first.id
        acts = session.scalars(select(AuditRow).where(AuditRow.action.like("version_%")).order_by(AuditRow.id)).all()

    assert (back.version, back.was) == (first.name, second.name)
    assert [(row.action, row.subject, row.actor) for row in acts] == [
        ("version_applied", second.name, "ada"),
        ("version_rolled_back", first.name, "ben"),
    ]


def test_changes_nothing_the_second_time(database: Database) -> None:
    with database.transaction() as session:
        source, first, second = two_versions(session)
        apply_version(session, second, expected=first.id, actor="ada", now=NOON)

        assert apply_version(session, second, expected=first.id, actor="ada", now=NOON) is None
        assert len(switches_of(session, second.name)) == 1
        roll_back(session, source_by_id(session, source.id), expected=second.id, actor="ada", now=NOON)
        with pytest.raises(SwitchError, match="nothing to roll back"):
            roll_back(session, source_by_id(session, source.id), actor="ada", now=NOON)


def test_takes_back_what_a_fit_made_active(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        first, _, third = (make_version(session, source) for _ in range(3))
        note_fit(session, third, was=first.id, actor="ada", now=NOON)

        back = roll_back(session, source_by_id(session, source.id), actor="ada", now=NOON)

        assert (back.version, back.was, active(session, source)) == (first.name, third.name, first.id)


def test_takes_back_to_one_that_has_judged_where_no_row_says_which(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        first, _, third = (make_version(session, source) for _ in range(3))
        make_inspection(session, source, first, 1)

        back = roll_back(session, source_by_id(session, source.id), actor="ada", now=NOON)

        assert (back.version, back.was) == (first.name, third.name)


def test_changes_nothing_where_another_version_took_the_place(database: Database) -> None:
    with database.transaction() as session:
        source, first, second = two_versions(session)
        third = make_version(session, source)

        with pytest.raises(SwitchError, match=f"judged by {third.name} by now"):
            apply_version(session, second, expected=first.id, actor="ada", now=NOON)
        assert active(session, source) == third.id
        assert switches_of(session, second.name) == []


def test_refuses_what_cannot_judge(database: Database) -> None:
    with database.transaction() as session:
        source, _, unfit = two_versions(session, details={"fitness": {"word": NOT_FIT}})
        imported = make_version(session, source, bundle=None)
        assert activate_version(session, source.id, unfit.id - 1, expected=imported.id)

        with pytest.raises(NotFitError):
            apply_version(session, unfit, actor="ada", now=NOON)
        with pytest.raises(SwitchError, match="imported"):
            apply_version(session, imported, actor="ada", now=NOON)


def test_rolls_back_to_no_version_whose_files_are_gone(database: Database) -> None:
    with database.transaction() as session:
        source, first, second = two_versions(session)
        apply_version(session, second, actor="ada", now=NOON)
        session.get_one(DetectorVersionRow, first.id).bundle = None
        session.flush()

        with pytest.raises(SwitchError, match="has no files to judge by any more"):
            roll_back(session, source_by_id(session, source.id), actor="ada", now=NOON)
        assert active(session, source) == second.id
