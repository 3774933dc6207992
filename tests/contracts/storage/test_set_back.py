"""What was put off by a clock that was ahead, on both databases."""

from datetime import timedelta

from storage.database import Database
from storage.models import AlarmRow, ChannelRow, DeliveryRow
from storage.records import DeliveryKind, NewDelivery
from storage.repositories.alarms import FAILED, raise_alarm
from storage.repositories.deliveries import add_delivery, mark_due_again
from storage.repositories.pace import GAP, note_reached, spoke
from storage.repositories.sending import claim_for_channels, put_stuck_in_doubt
from storage.repositories.set_back import forget_the_future
from tests.factories import NOON

AHEAD = NOON + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def add(database: Database, channel: str = "#a", *, seconds: float = 0) -> int:
    with database.transaction() as session:
        wanted = NewDelivery(DeliveryKind.NOTICE, channel, AHEAD + timedelta(seconds=seconds))
        added = add_delivery(session, wanted, now=AHEAD)
    assert added is not None
    return added


def sent_then(database: Database) -> list[int]:
    with database.transaction() as session:
        return [one.id for one in claim_for_channels(session, busy=(), limit=8, now=NOON)]


def test_sends_at_once_what_was_due_by_the_old_clock(database: Database) -> None:
    first, later = add(database, "#a"), add(database, "#b", seconds=300)
    assert sent_then(database) == []

    with database.transaction() as session:
        assert forget_the_future(session, now=NOON) == 2

    assert sent_then(database) == [first]
    with database.reading() as session:
        row = session.get_one(DeliveryRow, later)
        assert (row.due_at, row.created_at) == (NOON + timedelta(seconds=300), NOON)


def test_sends_what_a_failure_had_put_off(database: Database) -> None:
    tried = add(database)
    with database.transaction() as session:
        session.get_one(DeliveryRow, tried).created_at = NOON - MINUTE
    with database.transaction() as session:
        (delivery,) = claim_for_channels(session, busy=(), limit=1, now=AHEAD)
        mark_due_again(session, delivery, due_at=AHEAD + MINUTE, error="Slack is away")
        spoke(session, "#a", delivery.id, now=AHEAD)

    with database.transaction() as session:
        assert forget_the_future(session, now=NOON) == 1

    with database.reading() as session:
        assert session.get_one(DeliveryRow, tried).due_at == NOON + MINUTE
        assert session.get_one(ChannelRow, "#a").free_at == NOON


def test_lets_a_channel_go_that_was_spoken_to_by_the_old_clock(database: Database) -> None:
    sent = add(database)
    with database.transaction() as session:
        (delivery,) = claim_for_channels(session, busy=(), limit=1, now=AHEAD)
        session.get_one(DeliveryRow, sent).state = "sent"
        note_reached(session, "#a", now=AHEAD)
        spoke(session, "#a", delivery.id, now=AHEAD)
        raise_alarm(session, FAILED, "#a", "gone", now=AHEAD)
    with database.transaction() as session:
        now_due = add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#a", NOON), now=NOON)
    assert sent_then(database) == []

    with database.transaction() as session:
        forget_the_future(session, now=NOON)

    assert sent_then(database) == [now_due]
    with database.reading() as session:
        assert session.query(AlarmRow).one().try_at == NOON


def test_takes_for_dead_a_sender_that_began_in_the_future(database: Database) -> None:
    add(database)
    with database.transaction() as session:
        (begun,) = claim_for_channels(session, busy=(), limit=1, now=AHEAD)

    with database.transaction() as session:
        assert put_stuck_in_doubt(session, started_before=NOON - MINUTE, held=(begun.id,), now=NOON) == 0
        assert put_stuck_in_doubt(session, started_before=NOON - MINUTE, held=(), now=NOON) == 1
        assert session.get_one(DeliveryRow, begun.id).payload["doubtful_since"] == NOON.isoformat()


def test_changes_nothing_where_the_clock_goes_on(database: Database) -> None:
    add(database, seconds=3600)
    add(database, "#b")
    with database.transaction() as session:
        (delivery,) = claim_for_channels(session, busy=(), limit=1, now=AHEAD)
        spoke(session, delivery.channel, delivery.id, now=AHEAD)

    with database.transaction() as session:
        assert forget_the_future(session, now=AHEAD) == 0

    with database.reading() as session:
        assert session.get_one(ChannelRow, delivery.channel).free_at == AHEAD + GAP
        assert session.get_one(DeliveryRow, 1).due_at == AHEAD + timedelta(hours=1)
