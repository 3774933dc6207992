from datetime import timedelta

from storage.database import Database
from storage.queries.anomalies import (
    Order,
    anomalies_of_incident,
    first_and_last_captured,
    has_alike_before,
    list_anomalies,
    list_missed,
    oldest_unlabelled,
)
from storage.queries.selection import Selection
from tests.histories import NOW, change, fill, line, normal


def test_orders_by_time_or_by_score_over_threshold(database: Database) -> None:
    old, worst, new = fill(database, [line(3, score=4.0, threshold=4.0), line(2, score=3.0), line(1, score=2.0)])

    with database.reading() as session:
        orders = {
            order: [one.id for one in list_anomalies(session, selection=Selection(), limit=3, order=order)]
            for order in Order
        }

    assert orders == {
        Order.NEWEST: [new, worst, old],
        Order.OLDEST: [old, worst, new],
        Order.WORST: [worst, new, old],
    }


def test_survives_a_threshold_of_zero(database: Database) -> None:
    zero, _ = fill(database, [line(2, threshold=0.0, score=9.0), line(1)])

    with database.reading() as session:
        assert list_anomalies(session, selection=Selection(), limit=1, order=Order.WORST)[0].id == zero


def test_leaves_out_normal_faulted_and_shadow_inspections(database: Database) -> None:
    faulted, shadow, kept, _ = fill(database, [line(4), line(3), line(2), normal(1)])
    change(database, faulted, fault="black")
    change(database, shadow, is_shadow=True)

    with database.reading() as session:
        assert [one.id for one in list_anomalies(session, selection=Selection(), limit=9)] == [kept]


def test_lists_missed_defects_and_the_longest_unlabelled(database: Database) -> None:
    _, waiting, later, missed = fill(database, [line(4, label="defect"), line(3), line(2), normal(1, label="missed")])

    with database.reading() as session:
        assert [one.id for one in list_missed(session, selection=Selection(), limit=9)] == [missed]
        assert [one.id for one in oldest_unlabelled(session, selection=Selection(), limit=9)] == [waiting, later]


def test_lists_an_incidents_anomalies_worst_first(database: Database) -> None:
    mild, bad, _ = fill(database, [line(3, incident="x"), line(2, incident="x", score=5.0), line(1, incident="y")])

    with database.reading() as session:
        assert [one.id for one in anomalies_of_incident(session, incident_id=1, limit=5)] == [bad, mild]


def test_knows_whether_an_earlier_anomaly_of_the_source_was_confirmed(database: Database) -> None:
    fill(database, [line(3, label="defect"), line(2, source="line-2")])

    with database.reading() as session:
        assert has_alike_before(session, source_id=1, before=NOW)
        assert not has_alike_before(session, source_id=1, before=NOW - timedelta(hours=3))
        assert not has_alike_before(session, source_id=2, before=NOW)


def test_tells_where_a_selection_begins_and_ends(database: Database) -> None:
    fill(database, [line(5), normal(2)])

    with database.reading() as session:
        assert first_and_last_captured(session, selection=Selection()) == (
            NOW - timedelta(hours=5),
            NOW - timedelta(hours=2),
        )
        assert first_and_last_captured(session, selection=Selection(sources=())) is None


def test_lists_only_those_whose_frame_has_an_attribute(database: Database) -> None:
    wanted, *_ = fill(database, [line(3, attributes={"lot": "7"}), line(2, attributes={"lot": "8"}), line(1)])

    with database.reading() as session:
        found = list_anomalies(session, selection=Selection(attributes={"lot": "7"}), limit=9)

    assert [one.id for one in found] == [wanted]
