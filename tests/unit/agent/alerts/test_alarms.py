from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from agent.alerts.alarms import AlarmBell
from agent.alerts.route import route_events
from agent.notifiers.port import NotifyError
from storage.records import DeliveryKind, NewDelivery
from storage.repositories.alarms import open_alarms
from storage.repositories.deliveries import add_delivery
from tests.factories_agent import Clock, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor


@dataclass
class FakeWay:
    """Remembers what it was told; answers are whether it took it, True once they are used up."""

    told: list[tuple[str, str]] = field(default_factory=list)
    answers: list[bool] = field(default_factory=list)

    def tell(self, title: str, body: str) -> bool:
        self.told.append((title, body))
        return self.answers.pop(0) if self.answers else True

    @property
    def titles(self) -> list[str]:
        return [title for title, _ in self.told]


@pytest.fixture
def way() -> FakeWay:
    return FakeWay()


@pytest.fixture
def bell(plant: Plant, clock: Clock, way: FakeWay) -> AlarmBell:
    return AlarmBell(plant.database, way, InlineExecutor(), clock)


def test_what_waited_while_nobody_was_there_to_send_it_alarms_nobody(plant: Plant, clock: Clock, way: FakeWay) -> None:
    plant.anomaly(has_heatmap=False)
    clock.now += timedelta(hours=1)
    bell = AlarmBell(plant.database, way, InlineExecutor(), clock, began_at=clock.now)

    bell.look()
    at_once = way.titles
    clock.now += bell.unsent_after
    bell.look()

    assert at_once == []
    assert way.titles != []


def test_alarms_once_where_a_channel_refuses_for_good_and_gives_the_all_clear(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, bell: AlarmBell, way: FakeWay
) -> None:
    notifier.failures = [NotifyError("#oddspot", "is_archived", permanent=True) for _ in range(3)]
    with capture_logs() as logs:
        for _ in range(3):
            plant.anomaly(has_heatmap=False)
            rounds.run(2)
            bell.look()
    plant.anomaly(has_heatmap=False)
    rounds.run(3)
    bell.look()
    bell.look()

    assert way.titles == ["Oddspot: #oddspot cannot be told", "Oddspot: #oddspot is reached again"]
    assert "is_archived" in way.told[0][1]
    assert "3 messages are unsent: see `oddspot outbox`" in way.told[1][1]
    assert [line["event"] for line in logs if line["event"] == "alarm"] == ["alarm"]


def test_tells_in_one_go_of_a_trouble_that_is_over_before_it_was_told(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, bell: AlarmBell, way: FakeWay
) -> None:
    notifier.failures = [NotifyError("#oddspot", "invalid_arguments", permanent=True)]
    for name in ("line-1", "line-2"):
        plant.anomaly(name, has_heatmap=False)
    rounds.run(4)
    bell.look()
    bell.look()

    ((title, body),) = way.told
    assert title == "Oddspot: #oddspot could not be told for a while"
    assert "was given up (invalid_arguments)" in body
    assert "It is reached again. 1 message is unsent" in body


def test_alarms_an_event_that_cannot_be_routed(plant: Plant, clock: Clock, bell: AlarmBell, way: FakeWay) -> None:
    plant.anomaly(at=clock())
    good = plant.settings
    broken = good.model_copy(update={"alerts": good.alerts.model_copy(update={"join_minutes": 1e300})})
    for _ in range(10):
        route_events(plant.database, broken, now=clock())
    bell.look()
    clock.forward(2 * 3600)
    bell.look()

    assert way.titles == ["Oddspot: Slack cannot be told", "Oddspot: Slack is reached again"]
    assert "an event of kind anomaly cannot be routed" in way.told[0][1]


def test_alarms_what_is_unsent_for_five_minutes_and_no_sooner(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock, bell: AlarmBell, way: FakeWay
) -> None:
    notifier.failures = [NotifyError("#oddspot", "HTTP 503") for _ in range(1000)]
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(5, seconds=60)
    bell.look()
    assert way.told == []
    rounds.run(1)
    bell.look()
    bell.look()
    assert way.titles == ["Oddspot: #oddspot cannot be told"]

    notifier.failures = []
    rounds.run(6, seconds=60)
    rounds.run(10)
    bell.look()
    assert way.titles[1:] == ["Oddspot: #oddspot is reached again"]


def test_alarms_what_nobody_takes_up(plant: Plant, clock: Clock, bell: AlarmBell, way: FakeWay) -> None:
    plant.anomaly(at=clock())
    clock.forward(301)
    bell.look()

    assert way.titles == ["Oddspot: Slack cannot be told"]


def test_tries_to_tell_an_alarm_again_until_it_is_taken(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock, bell: AlarmBell, way: FakeWay
) -> None:
    way.answers = [False, False, True]
    notifier.failures = [NotifyError("#oddspot", "invalid_auth", permanent=True)]
    plant.anomaly(has_heatmap=False)
    rounds.run(1)
    counts = []
    for _ in range(5):
        bell.look()
        bell.look()
        counts.append(len(way.told))
        clock.forward(60)

    assert counts == [1, 2, 3, 3, 3]


def test_goes_on_where_the_other_way_breaks_and_says_nothing_of_its_address(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    class Broken:
        def tell(self, title: str, body: str) -> bool:
            message = f"cannot reach mailto://user:hidden@example.com with {title} {body}"
            raise RuntimeError(message)

    bell = AlarmBell(plant.database, Broken(), InlineExecutor(), clock)
    notifier.failures = [NotifyError("#oddspot", "invalid_auth", permanent=True)]
    plant.anomaly(has_heatmap=False)
    rounds.run(1)
    with capture_logs() as logs:
        assert bell.look() == 1

    assert [line.get("error") for line in logs if line["event"] == "alarm_not_told"] == ["RuntimeError"]
    assert "hidden" not in str(logs)


def test_lets_two_bots_tell_an_alarm_once(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock, bell: AlarmBell, way: FakeWay
) -> None:
    other = AlarmBell(plant.database, way, InlineExecutor(), clock)
    notifier.failures = [NotifyError("#oddspot", "invalid_auth", permanent=True)]
    plant.anomaly(has_heatmap=False)
    rounds.run(1)
    for one in (bell, other, bell, other):
        one.look()
        clock.forward(61)

    assert len(way.told) == 1
    with plant.database.reading() as session:
        assert [alarm.reason for alarm in open_alarms(session)] == ["invalid_auth"]


def test_raises_no_alarm_for_a_picture_or_a_message_a_person_deleted(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, bell: AlarmBell, way: FakeWay
) -> None:
    anomaly = plant.anomaly()
    plant.blobs.remove(anomaly.heatmap or "")
    rounds.run(4)
    for _ in range(2):
        for place in list(notifier.messages):
            notifier.delete(place)
        plant.anomaly(has_heatmap=False)
        rounds.run(10)
    bell.look()

    assert way.told == []


def test_waits_for_what_is_planned_without_alarm(plant: Plant, clock: Clock, bell: AlarmBell, way: FakeWay) -> None:
    with plant.database.transaction() as session:
        later = clock() + timedelta(hours=8)
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#oddspot", later), now=clock())
    clock.forward(3600)
    bell.look()

    assert way.told == []
