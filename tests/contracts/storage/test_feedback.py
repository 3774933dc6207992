"""What people thought of answers, on both databases."""

from dataclasses import replace
from datetime import timedelta

from storage.database import Database
from storage.records import Feedback
from storage.repositories.feedback import keep_feedback, list_feedback
from tests.factories import NOON

SAID = Feedback("C1:1.0", "slack:U1", is_helpful=True, question="how many?", answer="3", tools=("trend",), at=NOON)


def test_keeps_one_word_an_answer_and_person_and_the_last_one_counts(database: Database) -> None:
    later = replace(SAID, is_helpful=False, at=NOON + timedelta(minutes=1))
    with database.transaction() as session:
        keep_feedback(session, SAID)
        keep_feedback(session, replace(SAID, at=NOON + timedelta(seconds=1)))
        keep_feedback(session, replace(SAID, author="slack:U2"))
        keep_feedback(session, later)
        found = list_feedback(session, limit=10)

    assert found == [later, replace(SAID, author="slack:U2")]


def test_a_double_click_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        keep_feedback(session, SAID)
        keep_feedback(session, replace(SAID, at=NOON + timedelta(seconds=1), question="another"))
        found = list_feedback(session, limit=10)

    assert found == [SAID]


def test_an_earlier_word_that_comes_later_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        keep_feedback(session, SAID)
        keep_feedback(session, replace(SAID, at=NOON - timedelta(seconds=1), is_helpful=False))
        found = list_feedback(session, limit=10)

    assert found == [SAID]


def test_lists_the_newest_first_and_no_more_than_wished(database: Database) -> None:
    with database.transaction() as session:
        for number in range(3):
            keep_feedback(session, replace(SAID, place=f"C1:{number}", at=NOON + timedelta(hours=number)))
        found = list_feedback(session, limit=2)

    assert [one.place for one in found] == ["C1:2", "C1:1"]
