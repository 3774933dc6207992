from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config.settings import Settings
from detectors.silence_watch import watch_silence
from storage.models import EventRow
from storage.opening import Stores
from storage.records import Outage, SourceState
from storage.repositories.frames import receive_frame
from storage.repositories.outages import list_outages, open_outage
from tests.factories import NOON, make_source, new_frame

HOUR = timedelta(hours=1)
LONG_AGO = NOON - 1000 * HOUR


def receive(stores: Stores, *moments: datetime, state: SourceState = SourceState.LIVE) -> int:
    with stores.database.transaction() as session:
        source = make_source(session, state=state)
        for at in moments:
            receive_frame(session, new_frame(source, int(at.timestamp()), captured_at=at))
    return source.id


def watch(stores: Stores, *, at: datetime, since: datetime = LONG_AGO, **own: Any) -> list[str]:
    settings = Settings.model_validate({"sources": {"line-1": {"path": "in", "silent_after_seconds": 600, **own}}})
    return watch_silence(stores.database, settings, since=since, now=at)


def outages(stores: Stores) -> list[Outage]:
    with stores.database.reading() as session:
        return list_outages(session, limit=9)


def events(stores: Stores) -> int:
    with stores.database.reading() as session:
        return len(session.scalars(select(EventRow)).all())


def test_tells_once_since_when_a_source_is_silent_and_when_it_sends_again(stores: Stores) -> None:
    receive(stores, NOON)
    assert watch(stores, at=NOON + timedelta(minutes=9)) == []
    assert watch(stores, at=NOON + timedelta(minutes=11)) == ["line-1"]
    assert watch(stores, at=NOON + HOUR) == []
    [outage] = outages(stores)
    assert (outage.kind, outage.started_at, outage.last_at, outage.is_open) == ("silent", NOON, NOON + HOUR, True)

    receive(stores, NOON + 2 * HOUR)
    watch(stores, at=NOON + 2 * HOUR)

    [outage] = outages(stores)
    assert outage.ended_at == NOON + 2 * HOUR
    assert events(stores) == 2


@pytest.mark.parametrize(
    "own",
    [
        {"mode": "batch"},
        {"active": {"start": "14:00", "end": "15:00"}},
        {"silent_after_seconds": None},
    ],
)
def test_misses_no_batch_nothing_outside_active_hours_and_nothing_without_a_pace(
    stores: Stores, own: dict[str, Any]
) -> None:
    receive(stores, NOON)

    assert watch(stores, at=NOON + HOUR, **own) == []
    assert outages(stores) == []


def test_takes_a_sources_own_pace_where_nothing_is_set(stores: Stores) -> None:
    receive(stores, *(NOON - number * timedelta(minutes=5) for number in range(8 * 24 * 12)))

    assert watch(stores, at=NOON + timedelta(minutes=45), silent_after_seconds=None) == []
    assert watch(stores, at=NOON + timedelta(minutes=55), silent_after_seconds=None) == ["line-1"]


def test_what_was_not_looked_for_is_not_missing(stores: Stores) -> None:
    receive(stores, NOON - 48 * HOUR)

    assert watch(stores, at=NOON + timedelta(minutes=5), since=NOON) == []
    assert watch(stores, at=NOON + timedelta(minutes=11), since=NOON) == ["line-1"]


@pytest.mark.parametrize("state", [SourceState.COMMISSIONING, SourceState.PAUSED])
def test_watches_live_sources_only(stores: Stores, state: SourceState) -> None:
    receive(stores, NOON, state=state)

    assert watch(stores, at=NOON + HOUR) == []


def test_leaves_a_camera_at_fault_as_it_is(stores: Stores) -> None:
    source_id = receive(stores, NOON)
    with stores.database.transaction() as session:
        open_outage(
            session,
            source_id=source_id,
            kind="moved",
            started_at=NOON,
            last_at=NOON,
            frames=9,
            is_told=True,
            now=NOON,
        )

    assert watch(stores, at=NOON + HOUR) == []
    assert [one.kind for one in outages(stores)] == ["moved"]


def test_does_not_miss_what_it_did_not_look_for_while_there_was_no_room(stores: Stores) -> None:
    receive(stores, NOON)
    settings = Settings.model_validate({"sources": {"line-1": {"path": "in", "silent_after_seconds": 600}}})

    def silent(at: datetime) -> list[str]:
        return watch_silence(stores.database, settings, since=LONG_AGO, waited={"line-1": NOON + HOUR}, now=at)

    assert silent(NOON + HOUR + timedelta(minutes=9)) == []
    assert silent(NOON + HOUR + timedelta(minutes=11)) == ["line-1"]
