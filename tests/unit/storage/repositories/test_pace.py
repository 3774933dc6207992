from datetime import datetime, timedelta

from storage.database import Database
from storage.records import DeliveryKind, NewDelivery
from storage.repositories.deliveries import add_delivery
from storage.repositories.pace import (
    GAP,
    HOLD,
    down_since,
    hold_for,
    leave_alone,
    note_reached,
    note_unreached,
    spoke,
    take_free_channels,
)
from tests.factories import NOON

MOMENT = timedelta(milliseconds=1)


def due(database: Database, *channels: str) -> None:
    with database.transaction() as session:
        for channel in channels:
            add_delivery(session, NewDelivery(DeliveryKind.NOTICE, channel, NOON), now=NOON)


def take(database: Database, *, now: datetime, delivery_id: int = 1) -> list[str]:
    with database.transaction() as session:
        taken = take_free_channels(session, busy=(), limit=8, now=now)
        for channel in taken:
            hold_for(session, channel, delivery_id)
    return taken


def test_gives_a_channel_to_one_speaker_and_to_the_next_a_second_after(database: Database) -> None:
    due(database, "#a", "#b")

    assert sorted(take(database, now=NOON)) == ["#a", "#b"]
    assert take(database, now=NOON + timedelta(seconds=5)) == []
    done = NOON + timedelta(seconds=5)
    with database.transaction() as session:
        spoke(session, "#a", 1, now=done)
    assert take(database, now=done + GAP - MOMENT) == []
    assert take(database, now=done + GAP) == ["#a"]


def test_gives_a_channel_on_whose_speaker_died(database: Database) -> None:
    due(database, "#a")
    take(database, now=NOON, delivery_id=1)

    assert take(database, now=NOON + HOLD - MOMENT) == []
    assert take(database, now=NOON + HOLD, delivery_id=2) == ["#a"]


def test_lets_a_speaker_come_late_without_letting_go_what_another_holds(database: Database) -> None:
    due(database, "#a")
    take(database, now=NOON, delivery_id=1)
    take(database, now=NOON + HOLD, delivery_id=2)
    with database.transaction() as session:
        spoke(session, "#a", 1, now=NOON + HOLD)

    assert take(database, now=NOON + HOLD + GAP) == []


def test_leaves_a_channel_alone_as_long_as_it_asks_whoever_speaks(database: Database) -> None:
    due(database, "#a")
    take(database, now=NOON)
    minute = NOON + timedelta(minutes=1)
    with database.transaction() as session:
        leave_alone(session, "#a", 1, until=minute)
        spoke(session, "#a", 1, now=NOON)

    assert take(database, now=minute - MOMENT) == []
    assert take(database, now=minute) == ["#a"]


def test_takes_only_channels_for_which_something_is_due(database: Database) -> None:
    due(database, "#a")

    assert take(database, now=NOON - MOMENT) == []


def test_knows_since_when_a_channel_is_not_reached(database: Database) -> None:
    with database.transaction() as session:
        note_unreached(session, "#a", now=NOON)
        note_unreached(session, "#a", now=NOON + GAP)
        assert down_since(session, "#a") == NOON
        assert note_reached(session, "#a", now=NOON + 2 * GAP) == NOON
        assert note_reached(session, "#a", now=NOON + 3 * GAP) is None
        assert down_since(session, "#a") is None
