from dataclasses import replace
from datetime import timedelta

import pytest

from agent.alerts.outage import DeliveryWithoutOutageError, send_outage, tell_outages
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import route_events
from agent.notifiers.port import BadContentError, NotifyError
from storage.records import Delivery, DeliveryKind, DeliveryState, Outage
from storage.repositories.deliveries import list_unsent
from storage.repositories.outages import end_outage, keep_outage, open_outage, outage_by_id
from storage.repositories.recent_frames import mark_faulted
from storage.repositories.silences import add_silence
from storage.repositories.sources import source_by_id
from storage.repositories.versions import active_version
from tests.factories_agent import NOON, Clock, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier


def begin(plant: Plant, *, kind: str = "moved", frames: int = 3) -> Outage:
    source_id = plant.source()
    with plant.database.transaction() as session:
        outage_id = open_outage(
            session,
            source_id=source_id,
            kind=kind,
            started_at=NOON,
            last_at=NOON,
            frames=frames,
            is_told=True,
            now=NOON,
        )
        assert outage_id is not None
        return outage_by_id(session, outage_id)


def carry_on(plant: Plant, outage: Outage, *, frames: int) -> Outage:
    with plant.database.transaction() as session:
        longer = replace(outage_by_id(session, outage.id), frames=frames)
        assert keep_outage(session, longer)
    return longer


def end(plant: Plant, outage: Outage, clock: Clock) -> None:
    with plant.database.transaction() as session:
        assert end_outage(session, outage_by_id(session, outage.id), at=clock(), now=clock())


def silence(plant: Plant, clock: Clock, *, minutes: float) -> None:
    with plant.database.transaction() as session:
        until = clock() + timedelta(minutes=minutes)
        add_silence(session, source_id=plant.source(), until=until, author="test", comment="", now=clock())


def texts(notifier: FakeNotifier) -> list[list[str]]:
    return [[version.text for version in versions] for versions in notifier.messages.values()]


def test_has_one_message_from_its_beginning_to_its_end(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    outage = begin(plant)
    rounds.run()
    carry_on(plant, outage, frames=412)
    clock.forward(60)
    assert tell_outages(plant.database, plant.settings, now=clock()) == 1
    rounds.run()
    end(plant, outage, clock)
    rounds.run()

    assert texts(notifier) == [
        [
            "line-1: not judged since 13:00:00, 3 frames (camera moved)",
            "line-1: not judged since 13:00:00, 412 frames (camera moved)",
            "line-1: judged again since 13:01:20. Not judged from 13:00:00 on, 412 frames (camera moved).",
        ]
    ]


def test_edits_it_at_most_once_a_minute_and_only_where_something_changed(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    outage = begin(plant)
    rounds.run(1)
    for frames in range(4, 124):
        carry_on(plant, outage, frames=frames)
        tell_outages(plant.database, plant.settings, now=clock())
        rounds.run(1)
    clock.forward(3600)
    for _ in range(3):
        tell_outages(plant.database, plant.settings, now=clock())
        rounds.run(1, seconds=600)

    [versions] = texts(notifier)
    assert len(versions) == 3
    assert "123 frames" in versions[-1]


def test_is_told_after_a_silence_if_it_still_goes_on(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    silence(plant, clock, minutes=1)
    begin(plant)
    rounds.run(3)
    assert tell_outages(plant.database, plant.settings, now=clock()) == 0
    assert texts(notifier) == []

    clock.forward(60)
    assert tell_outages(plant.database, plant.settings, now=clock()) == 1
    rounds.run()

    assert len(texts(notifier)) == 1


def test_tells_of_one_that_ended_before_anybody_could_be_told(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    outage = begin(plant)
    clock.forward(3600)
    end(plant, outage, clock)
    rounds.run()

    assert texts(notifier) == [
        ["line-1: judged again since 14:00:00. Not judged from 13:00:00 on, 3 frames (camera moved)."]
    ]


def test_an_outage_that_ended_in_a_silence_stays_untold(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    silence(plant, clock, minutes=60)
    outage = begin(plant)
    end(plant, outage, clock)
    rounds.run()

    assert texts(notifier) == []


def test_after_slack_was_away_only_the_present_state_is_sent(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    notifier.failures = [NotifyError("#oddspot", "no connection") for _ in range(3)]
    outage = begin(plant)
    rounds.run(1)
    carry_on(plant, outage, frames=412)
    end(plant, outage, clock)
    rounds.run(60, seconds=10)

    [[text]] = texts(notifier)
    assert "judged again" in text
    assert "412 frames" in text


def test_finds_a_message_whose_answer_was_lost(plant: Plant, notifier: FakeNotifier, rounds: Rounds) -> None:
    notifier.lost = [NotifyError("#oddspot", "the connection died", ambiguous=True)]
    begin(plant)
    rounds.run(60, seconds=10)

    assert len(texts(notifier)) == 1


def test_posts_a_deleted_message_once_more_and_then_leaves_it_alone(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    outage = begin(plant)
    rounds.run()
    for frames in (10, 20):
        notifier.delete(next(iter(notifier.messages)))
        carry_on(plant, outage, frames=frames)
        clock.forward(60)
        tell_outages(plant.database, plant.settings, now=clock())
        rounds.run()

    assert texts(notifier) == []
    with plant.database.reading() as session:
        [given_up] = list_unsent(session, limit=9)
    assert given_up.state is DeliveryState.FAILED
    assert "left alone" in (given_up.error or "")


def test_leaves_alone_what_slack_will_never_accept(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    notifier.failures = [NotifyError("#oddspot", "channel_not_found", permanent=True)]
    outage = begin(plant)
    rounds.run()
    carry_on(plant, outage, frames=99)
    clock.forward(3600)

    assert tell_outages(plant.database, plant.settings, now=clock()) == 0
    with plant.database.reading() as session:
        assert [one.state for one in list_unsent(session, limit=9)] == [DeliveryState.FAILED]


def test_says_it_in_plain_text_where_blocks_are_refused(
    plant: Plant, clock: Clock, notifier: FakeNotifier, rounds: Rounds
) -> None:
    notifier.failures = [BadContentError("#oddspot", "invalid_blocks")]
    outage = begin(plant)
    rounds.run()
    notifier.failures = [BadContentError("#oddspot", "invalid_blocks")]
    end(plant, outage, clock)
    rounds.run()

    [versions] = notifier.messages.values()
    assert [version.blocks for version in versions] == [(), ()]


def test_anomalies_that_turned_out_to_be_the_cameras_make_no_incident(
    plant: Plant, notifier: FakeNotifier, rounds: Rounds
) -> None:
    anomaly = plant.anomaly()
    with plant.database.transaction() as session:
        version = active_version(session, source_by_id(session, anomaly.source_id))
        assert version is not None
        assert mark_faulted(session, version.id, [anomaly.frame_id], "moved") == [anomaly.frame_id]
    rounds.run()

    assert texts(notifier) == []
    assert plant.incident_of(anomaly) is None


def test_refuses_a_delivery_that_names_no_outage(plant: Plant, clock: Clock, notifier: FakeNotifier) -> None:
    out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
    nameless = Delivery(
        id=1,
        key="k",
        kind=DeliveryKind.OUTAGE,
        channel="#a",
        state=DeliveryState.SENDING,
        attempts=1,
        due_at=NOON,
        started_at=NOON,
        incident_id=None,
        inspection_id=None,
        payload={},
    )

    with pytest.raises(DeliveryWithoutOutageError):
        send_outage(out, nameless)
    assert route_events(plant.database, plant.settings, now=NOON) == 0
