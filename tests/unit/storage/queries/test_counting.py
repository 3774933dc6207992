from datetime import timedelta

from storage.database import Database
from storage.queries.counting import count_frames, count_inspections
from storage.queries.results import InspectionCounts
from storage.queries.selection import Selection
from storage.records import Window
from tests.histories import NOW, change, fill, line, normal

TODAY = Window(NOW - timedelta(hours=10), NOW)


def counted(database: Database, selection: Selection) -> InspectionCounts:
    with database.reading() as session:
        return count_inspections(session, selection=selection)


def test_tells_flagged_confirmed_false_unsure_and_unlabelled_apart(database: Database) -> None:
    fill(
        database,
        [
            line(1, label="defect", defect_class="scratch"),
            line(2, label="false_alarm"),
            line(3, label="unsure"),
            line(4),
            normal(5),
            normal(6, label="missed"),
            normal(7, label="defect"),
        ],
    )

    counts = counted(database, Selection(window=TODAY))

    assert counts == InspectionCounts(
        judged=7, anomalies=4, confirmed=1, false_alarms=1, unsure=1, unlabelled=1, missed=2
    )


def test_never_counts_a_shadow_inspection(database: Database) -> None:
    shadow, _ = fill(database, [line(1), line(2)])
    change(database, shadow, is_shadow=True)

    assert counted(database, Selection(window=TODAY)).anomalies == 1


def test_takes_an_inspection_with_a_fault_for_not_judged_and_never_for_an_anomaly(database: Database) -> None:
    faulted, _, _ = fill(database, [line(1), line(2), normal(3, label="missed")])
    change(database, faulted, fault="blurred")

    counts = counted(database, Selection(window=TODAY))

    assert (counts.judged, counts.not_judged, counts.anomalies, counts.inspections) == (2, 1, 1, 3)


def test_takes_the_start_of_a_window_and_leaves_its_end(database: Database) -> None:
    fill(database, [line(2), line(1), line(0)])

    counts = counted(database, Selection(window=Window(NOW - timedelta(hours=2), NOW)))

    assert counts.anomalies == 2


def test_narrows_by_source_class_label_detector_attribute_and_ratio(database: Database) -> None:
    fill(
        database,
        [
            line(1, label="defect", defect_class="crack", attributes={"lot": "L1"}, score=3.0),
            line(2, source="line-2", attributes={"lot": "L2"}),
            line(3, detector="line-1@2", label="false_alarm"),
        ],
    )

    assert counted(database, Selection(sources=("line-2",))).anomalies == 1
    assert counted(database, Selection(sources=())).judged == 0
    assert counted(database, Selection(excluded_sources=("line-2",))).anomalies == 2
    assert counted(database, Selection(defect_classes=("crack",))).confirmed == 1
    assert counted(database, Selection(labels=("unlabelled",))).anomalies == 1
    assert counted(database, Selection(labels=("unlabelled", "defect"))).anomalies == 2
    assert counted(database, Selection(excluded_labels=("false_alarm",))).anomalies == 2
    assert counted(database, Selection(excluded_labels=("unlabelled",))).anomalies == 2
    assert counted(database, Selection(detectors=("line-1@2",))).anomalies == 1
    assert counted(database, Selection(attributes={"lot": "L2"})).anomalies == 1
    assert counted(database, Selection(min_ratio=2.5)).anomalies == 1


def test_gives_shares_and_none_where_there_is_nothing_to_share(database: Database) -> None:
    fill(database, [line(1, label="defect"), line(2, label="false_alarm"), normal(3), normal(4)])

    counts = counted(database, Selection(window=TODAY))

    assert (counts.anomaly_rate, counts.false_alarm_rate, counts.false_alarm_share) == (0.5, 0.25, 0.5)
    assert InspectionCounts().anomaly_rate is None
    assert InspectionCounts().false_alarm_share is None


def test_counts_frames_by_how_they_ended(database: Database) -> None:
    fill(database, [line(1), line(2), line(30)])

    with database.reading() as session:
        frames = count_frames(session, window=TODAY)
        elsewhere = count_frames(session, window=TODAY, sources=("line-2",))

    assert (frames.received, frames.scored, frames.rejected) == (2, 2, 0)
    assert elsewhere.received == 0
