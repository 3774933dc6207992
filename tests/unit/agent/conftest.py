import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.alerts.deliver import Deliverer
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import route_events
from tests.factories_agent import Clock, Plant, make_plant
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = make_plant(tmp_path, time_zone="Europe/Berlin")
    yield made
    made.database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notifier() -> FakeNotifier:
    return FakeNotifier()


@dataclass
class Rounds:
    """Rounds of routing and delivering, a second apart."""

    plant: Plant
    clock: Clock
    deliverer: Deliverer

    def run(self, count: int = 10, *, seconds: float = 1.0) -> None:
        for _ in range(count):
            route_events(self.plant.database, self.plant.settings, now=self.clock())
            self.deliverer.deliver()
            self.clock.forward(seconds)


@pytest.fixture
def rounds(plant: Plant, clock: Clock, notifier: FakeNotifier) -> Rounds:
    out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
    return Rounds(plant, clock, Deliverer(out, InlineExecutor(), chance=make_chance()))


def make_chance() -> random.Random:
    return random.Random(0)  # noqa: S311 - spreads waits, guards nothing
