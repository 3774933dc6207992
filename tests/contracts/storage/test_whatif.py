"""What another threshold would have done with the scores on record, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.database import Database, Session
from storage.models import InspectionRow
from storage.queries.whatif import NoDetectorError, threshold_table, what_if
from storage.records import DetectorVersion, LabelKind, Source, WhatIf, Window
from storage.repositories.labels import add_label
from storage.repositories.roll_ups import recount_captured
from storage.repositories.sources import source_by_id
from tests.factories import NOON, make_inspection, make_source, make_version

JOIN = timedelta(minutes=30)
WINDOW = Window(NOON, NOON + timedelta(days=7))


def score_all(session: Session, source: Source, version: DetectorVersion, *scores: float, start: int = 0) -> list[int]:
    return [
        make_inspection(
            session, source, version, start + number, score=score, captured_at=NOON + timedelta(hours=start + number)
        )
        for number, score in enumerate(scores)
    ]


def ask(session: Session, source: Source, threshold: float) -> WhatIf:
    return what_if(session, source=source_by_id(session, source.id), threshold=threshold, window=WINDOW, join=JOIN)


def test_compares_labelled_defects_and_false_alarms_by_their_raw_scores(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        ids = score_all(session, source, make_version(session, source), 0.5, 1.5, 1.8, 2.5, 3.0)
        add_label(session, ids[1], LabelKind.FALSE_ALARM, author="ada", now=NOON)
        add_label(session, ids[2], LabelKind.DEFECT, author="ada", now=NOON)
        add_label(session, ids[0], LabelKind.MISSED, author="ada", now=NOON)

        found = ask(session, source, 2.0)

    assert (found.alerts_now, found.alerts, found.judged) == (4, 2, 5)
    assert (found.defects, found.defects_lost, found.defects_below) == (2, (ids[2],), 2)
    assert found.false_alarms_avoided == (ids[1],)


def test_counts_versions_together_that_share_files_and_says_how_many_images_others_judged(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        score_all(session, source, make_version(session, source), 9.0, 9.0)
        fitted = make_version(session, source)
        score_all(session, source, fitted, 1.5, 2.5, start=10)
        moved = make_version(session, source, threshold=2.0, details={"scores_as": fitted.name})
        score_all(session, source, moved, 1.7, 2.7, start=20)

        found = ask(session, source, 1.0)

    assert (found.threshold_now, found.judged, found.not_comparable) == (2.0, 4, 2)
    assert (found.alerts_now, found.alerts) == (2, 4)


def test_leaves_out_faults_shadows_other_sources_and_other_times(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        faulted, shadow, kept = score_all(session, source, version, 3.0, 3.0, 3.0)
        session.execute(update(InspectionRow).where(InspectionRow.id == faulted).values(fault="black"))
        session.execute(update(InspectionRow).where(InspectionRow.id == shadow).values(is_shadow=True))
        recount_captured(session)
        make_inspection(session, source, version, 90, score=3.0, captured_at=WINDOW.end)
        make_inspection(session, source, version, 91, score=3.0, captured_at=NOON - timedelta(seconds=1))
        other = make_source(session, "line-2")
        score_all(session, other, make_version(session, other), 3.0)

        found = ask(session, source, 5.0)

    assert (found.judged, found.anomalies_now, found.alerts, kept) == (1, 1, 0, kept)


def test_lays_out_the_thresholds_worth_comparing(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        ids = score_all(session, source, make_version(session, source), 0.9, 1.1, 1.2, 1.3, 1.4, 2.0, 2.2, 2.4, 2.6)
        add_label(session, ids[0], LabelKind.MISSED, author="ada", now=NOON)
        add_label(session, ids[5], LabelKind.DEFECT, author="ada", now=NOON)

        rows = threshold_table(session, source=source_by_id(session, source.id), window=WINDOW, join=JOIN)

    shown = {row.threshold: (row.alerts, row.defects_lost, row.defects_found) for row in rows}
    assert shown[1.0] == (8, (), ())
    assert shown[0.8999] == (9, (), (ids[0],))
    assert shown[1.999] == (4, (), ())
    assert shown[2.2] == (2, (ids[5],), ())
    assert [row.threshold for row in rows] == sorted(shown)


def test_says_that_a_source_without_a_detector_has_no_scores(database: Database) -> None:
    with database.transaction() as session, pytest.raises(NoDetectorError, match="line-1 has no detector yet"):
        ask(session, make_source(session), 2.0)
