from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.models import AuditRow, PinRow
from storage.repositories.frames import receive_frame
from storage.repositories.removing import HasHistoryError, remove_source
from storage.repositories.silences import add_silence
from storage.repositories.sources import UnknownSourceError, list_sources
from storage.repositories.versions import list_versions
from tests.factories import NOON, make_source, make_version, new_frame


def test_a_source_no_image_came_from_goes_with_its_detectors_and_what_they_pin(database: Database) -> None:
    with database.transaction() as session:
        gone, kept = make_version(session, make_source(session, "lien-1")), make_version(session, make_source(session))
        session.add_all([PinRow(detector_version_id=one.id, sha256="a" * 64) for one in (gone, kept)])

    with database.transaction() as session:
        bundles = remove_source(session, "lien-1", actor="anna", now=NOON)

    with database.reading() as session:
        assert bundles == [gone.bundle]
        assert [one.name for one in list_sources(session)] == ["line-1"]
        assert [one.id for one in list_versions(session)] == [kept.id]
        assert session.scalars(select(PinRow.detector_version_id)).all() == [kept.id]
        act = session.scalars(select(AuditRow).where(AuditRow.action == "source_removed")).one()
        assert (act.actor, act.subject, act.detail) == ("anna", "lien-1", {"versions": 1})


def test_a_source_with_images_on_record_stays(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        receive_frame(session, new_frame(source))

    with (
        database.transaction() as session,
        pytest.raises(HasHistoryError, match=r"images on record.*source pause line-1"),
    ):
        remove_source(session, "line-1", actor="anna", now=NOON)

    with database.reading() as session:
        assert [one.name for one in list_sources(session)] == ["line-1"]


def test_a_source_somebody_silenced_stays(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        add_silence(session, source_id=source.id, until=NOON + timedelta(hours=1), author="anna", comment="", now=NOON)

    with database.transaction() as session, pytest.raises(HasHistoryError, match="silences"):
        remove_source(session, "line-1", actor="anna", now=NOON)


def test_names_the_sources_there_are(database: Database) -> None:
    with database.transaction() as session:
        make_source(session)

    with database.transaction() as session, pytest.raises(UnknownSourceError, match="known sources: line-1"):
        remove_source(session, "lien-1", actor="anna", now=NOON)
