"""What a drift check keeps between two looks, on both databases."""

from datetime import timedelta

from storage.database import Database
from storage.records import DriftCheck, LabelKind, ToldDrift
from storage.repositories.drift_checks import drift_check_of, p_values_after, save_drift_check
from storage.repositories.labels import add_label
from tests.factories import NOON, make_inspection, make_source, make_version


def test_goes_on_from_what_it_kept(database: Database) -> None:
    told = ToldDrift("higher", "The last 60 images score higher.", NOON)
    with database.transaction() as session:
        version = make_version(session, make_source(session))
        first = DriftCheck(version.id, 7, {"counts": [1.5, 2.0], "images": 7})
        second = DriftCheck(version.id, 9, {"counts": [], "images": 9}, (told,))

        assert drift_check_of(session, version.id) is None
        assert save_drift_check(session, first, after=None, now=NOON)
        assert drift_check_of(session, version.id) == first
        assert save_drift_check(session, second, after=7, now=NOON + timedelta(minutes=10))

    with database.reading() as session:
        assert drift_check_of(session, version.id) == second


def test_keeps_nothing_where_another_look_was_quicker(database: Database) -> None:
    with database.transaction() as session:
        version = make_version(session, make_source(session))
        quicker, late = DriftCheck(version.id, 7, {"images": 7}), DriftCheck(version.id, 5, {"images": 5})
        save_drift_check(session, quicker, after=None, now=NOON)

        assert not save_drift_check(session, late, after=None, now=NOON)
        assert not save_drift_check(session, late, after=3, now=NOON)
        assert drift_check_of(session, version.id) == quicker


def test_looks_at_a_versions_own_images_that_may_be_good_ones(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        before = make_version(session, source)
        make_inspection(session, source, before, 0, p_value=0.9)
        version = make_version(session, source)
        ids = [make_inspection(session, source, version, 1 + number, p_value=number / 10) for number in range(5)]
        make_inspection(session, source, version, 6, p_value=0.5, fault="dark")
        make_inspection(session, source, version, 7, p_value=None)
        add_label(session, ids[1], LabelKind.DEFECT, author="ada", now=NOON)
        add_label(session, ids[2], LabelKind.FALSE_ALARM, author="ada", now=NOON)
        add_label(session, ids[3], LabelKind.MISSED, author="ada", now=NOON)

        assert p_values_after(session, version.id, 0, limit=9) == [(ids[0], 0.0), (ids[2], 0.2), (ids[4], 0.4)]
        assert p_values_after(session, version.id, ids[0], limit=1) == [(ids[2], 0.2)]
