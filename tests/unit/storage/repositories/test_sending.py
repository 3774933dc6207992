from datetime import datetime, timedelta

from storage.database import Database
from storage.records import Delivery, DeliveryKind, DeliveryState, LabelKind, NewDelivery
from storage.repositories.deliveries import add_delivery, list_unsent, mark_sent
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.labels import add_label
from storage.repositories.sending import (
    claim_for_channels,
    count_posts,
    doubtful_since,
    has_open_post,
    has_work,
    keep_in_payload,
    last_labels,
    last_picture,
    last_told_at,
    put_in_doubt,
    put_in_doubt_from_the_gone,
    put_stuck_in_doubt,
)
from tests.factories import NOON, make_inspection, make_source, make_version

LATER = NOON + timedelta(minutes=2)


def add(database: Database, *channels: str, seconds: float = 0) -> None:
    with database.transaction() as session:
        for channel in channels:
            due_at = NOON + timedelta(seconds=seconds)
            add_delivery(session, NewDelivery(DeliveryKind.NOTICE, channel, due_at), now=NOON)


def claim(database: Database, *busy: str, limit: int = 8, now: datetime = NOON) -> list[Delivery]:
    with database.transaction() as session:
        return claim_for_channels(session, busy=busy, limit=limit, now=now)


def test_claims_the_oldest_of_each_channel_that_is_not_busy(database: Database) -> None:
    add(database, "#a", "#a", "#b", "#c")
    add(database, "#d", seconds=1)

    assert sorted((one.channel, one.id) for one in claim(database, "#c")) == [("#a", 1), ("#b", 3)]
    assert sorted((one.channel, one.id) for one in claim(database, "#a")) == [("#c", 4)]
    assert claim(database) == []
    later = claim(database, now=LATER)
    assert sorted((one.id, one.attempts, one.state) for one in later) == [
        (2, 1, DeliveryState.SENDING),
        (5, 1, DeliveryState.SENDING),
    ]
    assert claim(database, now=LATER) == []


def test_claims_no_more_channels_than_there_is_room_for(database: Database) -> None:
    add(database, "#a", "#b", "#c")

    assert len(claim(database, limit=2)) == 2


def test_knows_whether_there_is_work(database: Database) -> None:
    def is_there(at: int) -> bool:
        now = NOON + timedelta(seconds=at)
        with database.reading() as session:
            return has_work(session, now=now, started_before=now - timedelta(seconds=60))

    add(database, "#a", seconds=5)
    assert (is_there(4), is_there(5)) == (False, True)
    with database.transaction() as session:
        claim_for_channels(session, busy=(), limit=1, now=NOON + timedelta(seconds=5))
    assert (is_there(60), is_there(66)) == (False, True)


def test_makes_what_a_dead_process_was_sending_due_and_doubtful(database: Database) -> None:
    add(database, "#a", "#b")
    held, stuck = claim(database)
    with database.transaction() as session:
        assert put_stuck_in_doubt(session, started_before=NOON, held=(held.id,), now=LATER) == 0
        assert put_stuck_in_doubt(session, started_before=LATER, held=(held.id,), now=LATER) == 1
        assert put_stuck_in_doubt(session, started_before=LATER, held=(held.id,), now=LATER) == 0
        again = next(one for one in list_unsent(session, limit=5) if one.id == stuck.id)

        assert (again.state, again.due_at, doubtful_since(again)) == (DeliveryState.PENDING, LATER, NOON)
        assert not mark_sent(session, stuck, message_ts="1.0", now=LATER)


def test_keeps_what_is_known_and_the_first_moment_of_doubt(database: Database) -> None:
    add(database, "#a")
    (first,) = claim(database)
    with database.transaction() as session:
        kept = keep_in_payload(session, first, file="F1")
        assert kept.payload == {"file": "F1"}
        assert put_in_doubt(session, first, due_at=LATER, error="lost")
        assert not put_in_doubt(session, first, due_at=LATER, error="lost")
        (second,) = claim_for_channels(session, busy=(), limit=1, now=LATER)
        assert put_in_doubt(session, second, due_at=LATER, error="lost")
        (third,) = list_unsent(session, limit=5)

    assert third.payload["file"] == "F1"
    assert (doubtful_since(third), third.attempts) == (NOON, 2)
    assert doubtful_since(first) is None


def test_knows_what_was_told_of_an_incident(database: Database) -> None:
    incident_id, inspection_id = make_incident(database)
    with database.transaction() as session:
        assert (has_open_post(session, incident_id), last_told_at(session, incident_id)) == (False, None)
        for kind in (DeliveryKind.POST, DeliveryKind.PICTURE):
            new = NewDelivery(kind, "#a", NOON, incident_id=incident_id, inspection_id=inspection_id)
            add_delivery(session, new, now=NOON)
        assert has_open_post(session, incident_id)
        (post,) = claim_for_channels(session, busy=(), limit=1, now=NOON)
        assert (has_open_post(session, incident_id), count_posts(session, incident_id)) == (True, 0)
        mark_sent(session, post, message_ts="1.0", now=LATER)

        assert (has_open_post(session, incident_id), count_posts(session, incident_id)) == (False, 1)
        assert last_told_at(session, incident_id) == LATER
        picture = last_picture(session, incident_id)
        assert picture is not None
        assert (picture.kind, picture.inspection_id) == (DeliveryKind.PICTURE, inspection_id)


def test_gives_the_last_word_on_each_inspection_of_an_incident(database: Database) -> None:
    incident_id, inspection_id = make_incident(database)
    with database.transaction() as session:
        for kind in (LabelKind.DEFECT, LabelKind.FALSE_ALARM):
            add_label(session, inspection_id, kind, author="anna", now=NOON)

        assert [label.kind for label in last_labels(session, incident_id, limit=5)] == [LabelKind.FALSE_ALARM]
        assert last_labels(session, incident_id + 1, limit=5) == []


def make_incident(database: Database) -> tuple[int, int]:
    with database.transaction() as session:
        source = make_source(session)
        inspection_id = make_inspection(session, source, make_version(session, source))
        joined = join_incident(session, inspection_id, Joining(join=timedelta(minutes=30)), now=NOON)
    return joined.incident.id, inspection_id


def test_takes_up_at_once_what_a_process_had_begun_that_is_gone(database: Database) -> None:
    add(database, "#a", "#b", "#c")
    with database.transaction() as session:
        for sender in ("gone", "alive", None):
            claim_for_channels(session, busy=(), limit=1, now=NOON, sender=sender)

    with database.transaction() as session:
        taken = put_in_doubt_from_the_gone(session, is_gone=lambda sender: sender == "gone", now=LATER)
        listed = list_unsent(session, limit=10)

    assert taken == 1
    states = {one.channel: (one.state, doubtful_since(one)) for one in listed}
    assert states == {
        "#a": (DeliveryState.PENDING, NOON),
        "#b": (DeliveryState.SENDING, None),
        "#c": (DeliveryState.SENDING, None),
    }
