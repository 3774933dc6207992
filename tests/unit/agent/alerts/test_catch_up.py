from datetime import timedelta

import pytest

from agent.alerts.catch_up import fold_what_is_over
from agent.alerts.route import resolve_quiet
from agent.notifiers.port import NotifyError
from storage.records import DeliveryState
from storage.repositories.deliveries import list_unsent
from tests.factories_agent import Clock, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier


def away(*, is_ambiguous: bool) -> list[NotifyError]:
    return [NotifyError("#oddspot", "HTTP 503", ambiguous=is_ambiguous) for _ in range(10_000)]


def pass_time(plant: Plant, rounds: Rounds, clock: Clock, *, minutes: int) -> None:
    for _ in range(minutes):
        resolve_quiet(plant.database, plant.settings, now=clock())
        fold_what_is_over(plant.database, now=clock())
        rounds.run(1, seconds=60)


def texts(notifier: FakeNotifier) -> list[str]:
    return [versions[0].text for versions in notifier.messages.values()]


@pytest.mark.parametrize("is_ambiguous", [False, True])
def test_tells_after_an_outage_what_is_open_and_the_rest_in_one_line(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock, *, is_ambiguous: bool
) -> None:
    plant.reconfigure(alerts={"resolve_minutes": 20})
    notifier.failures = away(is_ambiguous=is_ambiguous)
    for name in ("line-1", "line-2", "line-3"):
        for _ in range(3):
            plant.anomaly(name, at=clock(), has_heatmap=False)
    pass_time(plant, rounds, clock, minutes=45)
    plant.anomaly("line-4", at=clock(), has_heatmap=False)
    pass_time(plant, rounds, clock, minutes=15)
    notifier.failures = []
    pass_time(plant, rounds, clock, minutes=8)
    rounds.run(10)

    told = texts(notifier)
    assert len(told) == 2
    (catch_up,) = [text for text in told if text.startswith("While Slack was away 13:00 to 14:0")]
    assert "(Europe/Berlin): 3 incidents opened and resolved, 9 anomalies." in catch_up
    assert [text.split(":")[0] for text in told if text != catch_up] == ["line-4"]
    with plant.database.reading() as session:
        assert list_unsent(session, limit=10) == []


def test_tells_what_is_open_before_what_was_missed(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    notifier.failures = away(is_ambiguous=False)
    for name in ("line-1", "line-2"):
        plant.anomaly(name, at=clock(), has_heatmap=False)
    pass_time(plant, rounds, clock, minutes=10)
    notifier.failures = []
    pass_time(plant, rounds, clock, minutes=6)
    rounds.run(6)

    *opened, catch_up = texts(notifier)
    assert sorted(text.split(":")[0] for text in opened) == ["line-1", "line-2"]
    assert catch_up == "While Slack was away 13:00 to 13:10 (Europe/Berlin): none opened and closed meanwhile."


def test_says_nothing_of_a_short_outage(plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock) -> None:
    notifier.failures = away(is_ambiguous=False)
    plant.anomaly(at=clock(), has_heatmap=False)
    pass_time(plant, rounds, clock, minutes=2)
    notifier.failures = []
    pass_time(plant, rounds, clock, minutes=6)

    assert [text.split(":")[0] for text in texts(notifier)] == ["line-1"]


def test_posts_a_closed_incident_that_merely_waited_its_turn(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(alerts={"resolve_minutes": 1})
    plant.anomaly(at=clock() - timedelta(minutes=2), has_heatmap=False)
    rounds.deliverer.deliver, deliver = lambda: 0, rounds.deliverer.deliver  # type: ignore[method-assign] # not yet
    pass_time(plant, rounds, clock, minutes=2)
    rounds.deliverer.deliver = deliver  # type: ignore[method-assign] # its turn
    rounds.run(3)

    assert [text.split(":")[0] for text in texts(notifier)] == ["line-1"]


def test_posts_again_where_a_folded_incident_goes_on(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(alerts={"resolve_minutes": 20})
    notifier.failures = away(is_ambiguous=False)
    plant.anomaly(at=clock(), has_heatmap=False)
    pass_time(plant, rounds, clock, minutes=40)
    notifier.failures = []
    pass_time(plant, rounds, clock, minutes=6)
    plant.anomaly(at=clock(), has_heatmap=False)
    pass_time(plant, rounds, clock, minutes=2)

    assert [text.split(":")[0] for text in texts(notifier)][-1] == "line-1"
    with plant.database.reading() as session:
        assert [one.state for one in list_unsent(session, limit=10) if one.state is DeliveryState.FAILED] == []
