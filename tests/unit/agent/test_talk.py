"""What a bot does first: what others left, and what a clock put off that was set back since."""

import subprocess
import sys

from agent.alerts.deliver import Deliverer
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import route_events
from agent.messages.message import Message
from agent.talk import Talk
from storage.owners import owner_name
from storage.repositories.incidents import list_recent_incidents
from storage.repositories.sending import claim_for_channels
from tests.factories_agent import Clock, Plant
from tests.unit.agent.conftest import make_chance
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor


def make_talk(plant: Plant, clock: Clock, notifier: FakeNotifier) -> Talk:
    out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
    return Talk(out, Deliverer(out, InlineExecutor(), chance=make_chance()), poll_seconds=0.01)


def test_tells_at_once_though_the_clock_was_set_back(plant: Plant, clock: Clock, notifier: FakeNotifier) -> None:
    talk = make_talk(plant, clock, notifier)
    plant.anomaly("line-1", at=clock(), has_heatmap=False)
    talk.tick()
    clock.forward(-3600)
    plant.anomaly("line-2", at=clock(), has_heatmap=False)

    talk.tick()
    clock.forward(1)
    talk.tick()

    assert len(notifier.messages) == 2


def test_changes_a_message_soon_though_it_was_told_by_a_clock_that_was_set_back(
    plant: Plant, clock: Clock, notifier: FakeNotifier
) -> None:
    talk = make_talk(plant, clock, notifier)
    plant.anomaly(at=clock(), has_heatmap=False)
    talk.tick()
    clock.forward(-1200)
    plant.anomaly(at=clock(), has_heatmap=False)

    for _ in range(10):
        talk.tick()
        clock.forward(1)

    ((_, versions),) = notifier.messages.items()
    assert "2 alike" in versions[-1].text


def test_takes_up_at_its_start_what_a_bot_had_begun_that_was_killed(
    plant: Plant, clock: Clock, notifier: FakeNotifier
) -> None:
    plant.anomaly(has_heatmap=False)
    route_events(plant.database, plant.settings, now=clock())
    bot = subprocess.Popen([sys.executable, "-c", ""])
    bot.wait()
    with plant.database.transaction() as session:
        (begun,) = claim_for_channels(session, busy=(), limit=1, now=clock(), sender=owner_name(bot.pid))
    told = notifier.post("#oddspot", Message("An anomaly."), key=begun.key)
    clock.forward(16)  # a channel is held for so long by whoever died speaking to it

    make_talk(plant, clock, notifier).tick()

    with plant.database.reading() as session:
        (incident,) = list_recent_incidents(session, limit=2)
    assert list(notifier.messages) == [told]
    assert incident.message_ts == told.ts
