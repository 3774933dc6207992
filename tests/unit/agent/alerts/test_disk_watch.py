import pytest

from agent.alerts.alarms import AlarmBell
from agent.alerts.disk_watch import watch_disk
from storage.records import DiskUse
from storage.repositories.alarms import open_alarms
from tests.factories_agent import Clock, Plant
from tests.servers.slack.blocks import check_blocks
from tests.unit.agent.alerts.test_alarms import FakeWay
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor

GB = 10**9
HOUR = 3600.0


@pytest.fixture
def way() -> FakeWay:
    return FakeWay()


@pytest.fixture
def bell(plant: Plant, clock: Clock, way: FakeWay) -> AlarmBell:
    return AlarmBell(plant.database, way, InlineExecutor(), clock)


def use(share: float) -> DiskUse:
    return DiskUse(round(share * 1000) * GB // 10, round((1 - share) * 1000) * GB // 10)


def texts(notifier: FakeNotifier) -> list[str]:
    return [versions[-1].text for versions in notifier.messages.values()]


def test_warns_once_with_the_days_left(
    plant: Plant, clock: Clock, rounds: Rounds, notifier: FakeNotifier, bell: AlarmBell, way: FakeWay
) -> None:
    said = []
    for hour in range(24):
        said.append(watch_disk(plant.database, plant.settings, use(0.89 + 0.001 * hour), now=clock()))
        rounds.run(1)
        bell.look()
        clock.forward(HOUR)

    assert [one for one in said if one] == ["low"]
    [text] = texts(notifier)
    # 2.4 GB a day fill the seven of 100 GB that are left in just under three days
    assert text.startswith("The disk is 90 % full. 10.0 GB of 100.0 GB are free. At the pace of the last days no new")
    assert text.endswith("from 97 % on, in about 2 days.")
    assert way.titles == ["Oddspot: the disk is filling up"]
    assert "90 % full" in way.told[0][1]
    assert "about 2 days" in way.told[0][1]


def test_says_when_nothing_is_taken_in_any_more_and_when_it_is_again(
    plant: Plant, clock: Clock, rounds: Rounds, notifier: FakeNotifier, bell: AlarmBell, way: FakeWay
) -> None:
    for share in (0.91, 0.97, 0.98, 0.965, 0.955, 0.97, 0.5):
        watch_disk(plant.database, plant.settings, use(share), now=clock())
        bell.look()
        clock.forward(HOUR)
        rounds.run(2)
        bell.look()

    starts = [text.split(".")[0].split(" until")[0] for text in texts(notifier)]
    assert starts == [
        "The disk is 91 % full",
        "The disk is 97 % full: no new images are taken in",
        "New images are taken in again: the disk is 95 % full",
        "The disk is 97 % full: no new images are taken in",
        "New images are taken in again: the disk is 50 % full",
    ]
    for versions in notifier.messages.values():
        check_blocks(list(versions[-1].blocks), lambda _: True)
    assert way.titles.count("Oddspot: the disk is filling up") == 3
    assert way.titles.count("Oddspot: the disk has room again") == 3
    with plant.database.reading() as session:
        assert open_alarms(session) == []


def test_a_disk_that_fills_at_once_is_told_in_one_message(plant: Plant, clock: Clock) -> None:
    said = [watch_disk(plant.database, plant.settings, use(share), now=clock()) for share in (0.5, 0.98, 0.98, 0.93)]

    assert said == [None, "full", None, "room"]
    with plant.database.reading() as session:
        assert [alarm.key for alarm in open_alarms(session)] == ["low the disk"]


def test_does_not_guess_the_days_left(plant: Plant, clock: Clock, rounds: Rounds, notifier: FakeNotifier) -> None:
    watch_disk(plant.database, plant.settings, use(0.92), now=clock())
    rounds.run(1)
    for _ in range(4):
        clock.forward(24 * HOUR)
        watch_disk(plant.database, plant.settings, use(0.5), now=clock())
    clock.forward(24 * HOUR)
    watch_disk(plant.database, plant.settings, use(0.92), now=clock())
    rounds.run(3)

    early, later = texts(notifier)
    assert "It is too early to say how fast the disk fills." in early
    assert "It does not fill further. At 97 % no new images are taken in." in later
