import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from agent.alerts.deliver import Deliverer
from agent.alerts.outgoing import Outgoing
from agent.messages.message import Message
from agent.notifiers.port import BadContentError, NotifyError, Place
from storage.records import Delivery, DeliveryKind, DeliveryState, EventKind, Incident, NewDelivery
from storage.repositories.deliveries import add_delivery, claim_due_deliveries, list_unsent
from storage.repositories.events import add_event
from storage.repositories.incidents import list_recent_incidents
from tests.factories_agent import NOON, Clock, Plant
from tests.unit.agent.conftest import Rounds, make_chance
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor


def unsent(plant: Plant) -> list[Delivery]:
    with plant.database.reading() as session:
        return list_unsent(session, limit=50)


def incident(plant: Plant) -> Incident:
    with plant.database.reading() as session:
        (found,) = list_recent_incidents(session, limit=10)
    return found


def has_picture(message: Message) -> bool:
    return any(block["type"] == "image" for block in message.blocks)


def test_posts_text_first_and_puts_the_picture_in_once_it_is_usable(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    notifier.unusable_looks = 2
    plant.anomaly()
    rounds.run()

    ((place, versions),) = notifier.messages.items()
    assert [has_picture(message) for message in versions] == [False, True]
    assert (incident(plant).channel, incident(plant).message_ts) == (place.channel, place.ts)
    assert len(notifier.uploads) == 1
    assert unsent(plant) == []


def test_coalesces_what_joins_into_one_edit(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    plant.anomaly(has_heatmap=False)
    rounds.run(2)
    for _ in range(13):
        plant.anomaly(has_heatmap=False)
    rounds.run(10)

    ((_, versions),) = notifier.messages.items()
    assert len(versions) == 2
    assert "14 alike" in versions[-1].text


def test_shows_a_much_odder_frame_with_a_picture_of_its_own(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    plant.anomaly(score=2.0)
    rounds.run(4)
    plant.anomaly(score=9.0)
    rounds.run(10)

    assert [upload.title for _, upload in notifier.uploads.values()] == ["A-1", "A-2"]
    assert unsent(plant) == []


@pytest.mark.parametrize("seconds", [3.0, 90.0])
def test_waits_as_long_as_it_is_asked_and_counts_no_attempt(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, seconds: float
) -> None:
    notifier.failures = [NotifyError("#oddspot", "slow down", retry_after=seconds)]
    plant.anomaly(has_heatmap=False)
    rounds.run(1)
    (waiting,) = unsent(plant)
    rounds.run(int(seconds) - 1)
    assert notifier.messages == {}
    rounds.run(2)

    assert waiting.attempts == 0
    assert len(notifier.messages) == 1


def test_tries_again_for_ever_with_growing_waits_of_at_most_five_minutes(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    notifier.failures = [NotifyError("#oddspot", "away") for _ in range(300)]
    plant.anomaly(has_heatmap=False)
    waits = []
    for _ in range(60):
        rounds.run(1, seconds=0)
        (waiting,) = unsent(plant)
        waits.append(waiting.due_at - clock())
        clock.now = waiting.due_at
    notifier.failures = []
    rounds.run(2)

    assert timedelta(seconds=1) <= waits[0] <= timedelta(seconds=2)
    assert timedelta(seconds=150) <= max(waits) <= timedelta(seconds=300)
    first, second = (versions[0].text for versions in notifier.messages.values())
    assert first.startswith("line-1: an anomaly")
    assert second.startswith("While Slack was away")


def test_looks_for_a_message_that_may_have_arrived(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    notifier.lost = [NotifyError("#oddspot", "connection lost", ambiguous=True)]
    plant.anomaly(has_heatmap=False)
    rounds.run()

    assert len(notifier.messages) == 1
    assert incident(plant).message_ts == "1.0"
    assert unsent(plant) == []


def test_looks_in_the_thread_for_a_reply_that_may_have_arrived(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.anomaly(has_heatmap=False)
    rounds.run(2)
    (root,) = notifier.messages
    payload = {"notice": EventKind.JOB_DONE, "text": "done", "thread": [root.channel, root.ts]}
    with plant.database.transaction() as session:
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#oddspot", clock(), payload=payload), now=clock())
    notifier.lost = [NotifyError("#oddspot", "connection lost", ambiguous=True)]
    rounds.run(6)

    assert len(notifier.messages) == 2
    assert list(notifier.replies.values()) == [root]


def test_sends_again_where_looking_is_not_allowed(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    lost = NotifyError("#oddspot", "connection lost", ambiguous=True)
    notifier.failures = [lost, NotifyError("#oddspot", "missing_scope", permanent=True)]
    plant.anomaly(has_heatmap=False)
    rounds.run()

    assert len(notifier.messages) == 1


def test_looks_for_what_a_dead_process_was_sending(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.anomaly(has_heatmap=False)
    deliver, rounds.deliverer.deliver = rounds.deliverer.deliver, lambda: 0  # type: ignore[method-assign] # the process dies
    rounds.run(1)
    with plant.database.transaction() as session:
        (claimed,) = claim_due_deliveries(session, limit=1, now=clock())
    notifier.messages[Place("ODDSPOT", "1.0")] = [Message("posted before the crash")]
    notifier.keys[claimed.key] = Place("ODDSPOT", "1.0")
    rounds.deliverer.deliver = deliver  # type: ignore[method-assign] # and starts again
    rounds.run(55)
    assert [delivery.state for delivery in unsent(plant)] == [DeliveryState.SENDING]
    rounds.run(10)

    assert len(notifier.messages) == 1
    assert incident(plant).message_ts == "1.0"


def test_gives_up_loudly_what_can_never_be_sent(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    notifier.failures = [NotifyError("#oddspot", "is_archived", permanent=True)]
    plant.anomaly()
    with capture_logs() as logs:
        rounds.run()

    (failed,) = unsent(plant)
    assert (failed.state, failed.error) == (DeliveryState.FAILED, "is_archived")
    assert [line["reason"] for line in logs if line["event"] == "alert_not_delivered"] == ["is_archived"]


def test_posts_for_the_next_anomaly_where_the_first_post_was_given_up(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    notifier.failures = [NotifyError("#oddspot", "not_in_channel", permanent=True)]
    plant.anomaly(has_heatmap=False)
    rounds.run(2)
    plant.anomaly(has_heatmap=False)
    rounds.run(2)

    ((_, versions),) = notifier.messages.items()
    assert "2 alike" in versions[0].text


def test_sends_refused_blocks_as_plain_text(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    notifier.failures = [BadContentError("#oddspot", "invalid_blocks")]
    plant.anomaly(has_heatmap=False)
    rounds.run()

    ((_, (message,)),) = notifier.messages.items()
    assert message.blocks == ()
    assert "2.3x the threshold" in message.text


def test_never_loses_the_text_for_a_picture(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    anomaly = plant.anomaly()
    plant.blobs.remove(anomaly.heatmap or "")
    rounds.run()

    ((_, versions),) = notifier.messages.items()
    assert len(versions) == 1
    assert [(one.kind, one.state) for one in unsent(plant)] == [(DeliveryKind.PICTURE, DeliveryState.FAILED)]


def test_edits_without_the_picture_where_it_is_refused(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    plant.anomaly()
    rounds.run(4)
    plant.anomaly()
    notifier.failures = [BadContentError("#oddspot", "invalid_blocks")]
    rounds.run(8)

    ((_, versions),) = notifier.messages.items()
    assert [has_picture(message) for message in versions] == [False, True, False]
    assert "2 alike" in versions[-1].text
    assert versions[-1].blocks


def test_gives_up_a_picture_that_stays_refused(plant: Plant, clock: Clock) -> None:
    class Picky(FakeNotifier):
        def edit(self, place: Place, message: Message) -> None:
            if has_picture(message):
                raise BadContentError(place.channel, "invalid_blocks")
            super().edit(place, message)

    notifier = Picky()
    out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
    rounds = Rounds(plant, clock, Deliverer(out, InlineExecutor(), chance=make_chance()))
    plant.anomaly()
    rounds.run(20, seconds=300)
    (given_up,) = unsent(plant)
    plant.anomaly()
    rounds.run(8)

    assert (given_up.kind, given_up.state, given_up.attempts) == (DeliveryKind.PICTURE, DeliveryState.FAILED, 10)
    assert len(notifier.uploads) == 1
    assert all(message.blocks for versions in notifier.messages.values() for message in versions)


def test_posts_a_deleted_message_once_more_and_then_leaves_it(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    posts = []
    for _ in range(3):
        plant.anomaly()
        rounds.run(10)
        posts.append(len(notifier.messages))
        for place in list(notifier.messages):
            notifier.delete(place)

    assert posts == [1, 1, 0]
    assert any(one.error and "left alone" in one.error for one in unsent(plant))


def test_keeps_a_second_between_two_messages_of_a_channel(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    for number in range(4):
        plant.anomaly(f"line-{number}", has_heatmap=False)
    counts = []
    for _ in range(8):
        rounds.run(1, seconds=0.5)
        counts.append(len(notifier.messages))

    assert counts == [1, 1, 2, 2, 3, 3, 4, 4]


def test_lets_a_slow_channel_hold_up_only_itself(plant: Plant, clock: Clock) -> None:
    plant.reconfigure(sources={"line-2": {"path": "/photos", "channel": "#other"}})
    go_on = Event()

    class Slow(FakeNotifier):
        def post(self, channel: str, message: Message, *, key: str, under: Place | None = None) -> Place:
            if channel == "#oddspot":
                assert go_on.wait(20)
            return super().post(channel, message, key=key, under=under)

    notifier = Slow()
    plant.anomaly("line-1", has_heatmap=False)
    plant.anomaly("line-2", has_heatmap=False)
    with ThreadPoolExecutor(4) as executor:
        out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
        rounds = Rounds(plant, clock, Deliverer(out, executor, chance=make_chance()))
        rounds.run(1)
        deadline = time.monotonic() + 10
        while not notifier.messages and time.monotonic() < deadline:
            time.sleep(0.01)
        told = [place.channel for place in notifier.messages]
        go_on.set()

    assert told == ["OTHER"]
    assert {place.channel for place in notifier.messages} == {"OTHER", "ODDSPOT"}


def test_goes_on_after_a_fault_of_its_own(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    notifier.failures = [RuntimeError("ours")]  # type: ignore[list-item] # a fault no notifier should have
    plant.anomaly(has_heatmap=False)
    with capture_logs() as logs:
        rounds.run(5)

    assert "delivery_crashed" in {line["event"] for line in logs}
    assert len(notifier.messages) == 1


def test_looks_first_after_a_fault_of_its_own_that_came_when_the_message_was_accepted(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    notifier.lost = [RuntimeError("ours")]  # type: ignore[list-item] # a fault no notifier should have
    plant.anomaly(has_heatmap=False)
    rounds.run(5)

    assert len(notifier.messages) == 1
    assert unsent(plant) == []


def test_tells_a_drift_in_the_words_of_the_check(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    payload = {"detector": "line-1@1", "direction": "higher", "text": "They score higher.", "note": "Surely."}
    source_id = plant.source()
    with plant.database.transaction() as session:
        add_event(session, EventKind.DRIFT, source_id=source_id, payload=payload, now=NOON)
    rounds.run()

    ((message,),) = notifier.messages.values()
    assert message.text == "line-1@1 has drifted. They score higher."
