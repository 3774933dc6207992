from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import select

from config.settings import Settings
from detectors.drift_watch import watch_drift
from detectors.sweeps import Sweeps
from storage.database import Database
from storage.models import DetectorVersionRow, EventRow
from storage.opening import Stores
from storage.records import DetectorVersion, DriftCheck, EventKind
from storage.repositories.drift_checks import drift_check_of
from storage.repositories.sources import source_by_name
from storage.repositories.versions import active_version
from tests.factories import NOON, make_inspection, make_source, make_version

CALIBRATION = 99


def make_detector(database: Database, **changes: object) -> DetectorVersion:
    given = {"details": {"calibration_images": CALIBRATION}} | changes
    with database.transaction() as session:
        return make_version(session, make_source(session), **given)


def inspect(database: Database, p_values: list[float], *, first: int = 0) -> None:
    with database.transaction() as session:
        source = source_by_name(session, "line-1")
        version = active_version(session, source)
        assert version is not None
        for number, p_value in enumerate(p_values, start=first):
            make_inspection(session, source, version, number, score=0.5, p_value=p_value, is_told=False)


def steady(count: int, *, below: float = 1.0) -> list[float]:
    """P-values at random, from the floor up to a bound."""
    ranks = np.random.default_rng(0).integers(1, round((CALIBRATION + 1) * below) + 1, count)
    return [float(rank) / (CALIBRATION + 1) for rank in ranks]


def events(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        return list(session.scalars(select(EventRow.payload).where(EventRow.kind == EventKind.DRIFT)))


def check(database: Database, version: DetectorVersion) -> DriftCheck | None:
    with database.reading() as session:
        return drift_check_of(session, version.id)


def test_tells_once_that_images_score_higher(sqlite_database: Database) -> None:
    version = make_detector(sqlite_database)
    inspect(sqlite_database, steady(40))
    assert watch_drift(sqlite_database, now=NOON) == []
    inspect(sqlite_database, steady(40, below=0.2), first=40)

    told = [watch_drift(sqlite_database, now=NOON + timedelta(minutes=minutes)) for minutes in (10, 20)]
    inspect(sqlite_database, steady(20, below=0.2), first=80)
    told.append(watch_drift(sqlite_database, now=NOON + timedelta(minutes=30)))

    assert told == [["line-1"], [], []]
    (payload,) = events(sqlite_database)
    assert (payload["detector"], payload["direction"]) == ("line-1@1", "higher")
    assert "score higher than the good ones of the fit" in payload["text"]
    kept = check(sqlite_database, version)
    assert kept is not None
    assert [(one.direction, one.at) for one in kept.told] == [("higher", NOON + timedelta(minutes=10))]
    assert kept.state["images"] == 100


def test_begins_anew_with_a_new_detector(sqlite_database: Database) -> None:
    make_detector(sqlite_database)
    inspect(sqlite_database, steady(40, below=0.1))
    watch_drift(sqlite_database, now=NOON)
    version = make_detector(sqlite_database)
    inspect(sqlite_database, steady(40, below=0.1), first=40)

    assert watch_drift(sqlite_database, now=NOON) == ["line-1"]
    kept = check(sqlite_database, version)
    assert kept is not None
    assert kept.state["images"] == 40


def test_leaves_alone_what_was_imported_or_saw_nothing(sqlite_database: Database) -> None:
    imported = make_detector(sqlite_database)
    inspect(sqlite_database, steady(40, below=0.1))
    with sqlite_database.transaction() as session:
        session.get_one(DetectorVersionRow, imported.id).bundle = None
    assert watch_drift(sqlite_database, now=NOON) == []

    fresh = make_detector(sqlite_database)

    assert watch_drift(sqlite_database, now=NOON) == []
    assert (check(sqlite_database, imported), check(sqlite_database, fresh)) == (None, None)


def test_keeps_to_itself_what_it_finds_of_a_detector_that_may_not_alert(sqlite_database: Database) -> None:
    version = make_detector(
        sqlite_database, details={"calibration_images": CALIBRATION, "fitness": {"word": "not fit"}}
    )
    inspect(sqlite_database, steady(40, below=0.1))

    watch_drift(sqlite_database, now=NOON)

    kept = check(sqlite_database, version)
    assert kept is not None
    assert [one.direction for one in kept.told] == ["higher"]
    assert events(sqlite_database) == []


def test_is_one_of_the_chores_of_the_service(stores: Stores) -> None:
    make_detector(stores.database, details={})
    inspect(stores.database, steady(40, below=0.1))

    Sweeps(stores, Settings(), clock=lambda: NOON).tick()

    assert len(events(stores.database)) == 1


def test_tells_no_drift_of_what_comes_in_bulk(sqlite_database: Database) -> None:
    make_detector(sqlite_database)
    inspect(sqlite_database, steady(80, below=0.1))

    assert watch_drift(sqlite_database, batch=["line-1"], now=NOON) == []
    assert watch_drift(sqlite_database, now=NOON) == ["line-1"]
