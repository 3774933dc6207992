"""The budget of false incidents, on both databases."""

from datetime import timedelta

from storage.database import Database
from storage.queries.budget import budget_outlook, false_incidents
from storage.records import LabelKind, Window
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.labels import add_label
from tests.factories import NOON, make_inspection, make_source, make_version

WEEK = Window(NOON, NOON + timedelta(days=7))


def test_counts_incidents_people_called_false_and_none_with_a_defect(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        ids = []
        for number in range(5):
            at = NOON + timedelta(hours=number // 2, seconds=number)
            one = make_inspection(session, source, version, number, score=2.0 + number, captured_at=at)
            join_incident(session, one, Joining(timedelta(minutes=5)), now=at)
            ids.append(one)
        for place, kind in ((0, LabelKind.FALSE_ALARM), (2, LabelKind.FALSE_ALARM), (3, LabelKind.DEFECT)):
            add_label(session, ids[place], kind, author="ada", now=NOON)

        found = false_incidents(session, source_id=source.id, window=WEEK)
        later = false_incidents(session, source_id=source.id, window=Window(WEEK.end, WEEK.end + timedelta(days=7)))

    assert [[one.score for one in incident] for incident in found] == [[2.0, 3.0]]
    assert later == []


def test_says_whether_the_pace_and_the_promise_keep_the_budget(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source, promised_rate=0.01)
        still = budget_outlook(session, version, budget=2, now=NOON)
        for number in range(24):
            make_inspection(session, source, version, number, score=0.5, captured_at=NOON + timedelta(hours=number))
        outlook = budget_outlook(session, version, budget=2, now=NOON + timedelta(days=1))

    assert (still.expected, still.is_kept) == (None, False)
    assert outlook.frames_a_week == 168
    assert outlook.sentence == (
        "At most 2 false incidents a week can be promised; at 168 frames a week and a promised rate of 1 %,"
        " expect up to 1.7 false alarms a week."
    )
