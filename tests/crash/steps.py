"""A failpoint at every step, as SQLite tests itself: die at the first, the second, ... until nobody dies any more."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.failpoints import VARIABLE
from tests.crash.checker import broken_promises
from tests.crash.settling import settle
from tests.crash.world import World

STEPS = (
    "arrival.read",
    "blob.written",
    "blob.named",
    "frame.received",
    "arrival.committed",
    "frame.claimed",
    "image.leased",
    "image.decoded",
    "image.scored",
    "frame.ended",
    "inspection.written",
    "event.written",
    "inspection.committed",
    "event.claimed",
    "event.routed",
    "delivery.added",
    "delivery.claimed",
    "delivery.begun",
    "slack.called",
    "slack.answered",
    "delivery.marked",
    "delivery.committed",
)
FILES = ("odd", "good")


@dataclass(frozen=True, slots=True)
class Death:
    """What came of one run; count: at which reach of the step; has_died: whether anybody came that far."""

    step: str
    count: int
    has_died: bool
    settled_seconds: float
    broken: list[str]

    @property
    def deaths(self) -> int:
        return int(self.has_died)


def die_at_every_step(
    world: World, *, steps: tuple[str, ...] = STEPS, files: tuple[str, ...] = FILES, most: int = 20
) -> Iterator[Death]:
    """Let the same files arrive with one death at a time, the service started again each time; yield every run.

    most: at most so many deaths at one step.
    """
    armed = world.home / "armed"
    armed.touch()
    with world.start(**{VARIABLE: str(armed)}):
        for step in steps:
            for count in range(1, most + 1):
                death = _die_at(world, armed, step, count, files)
                yield death
                if not death.has_died:
                    break


def _die_at(world: World, armed: Path, step: str, count: int, files: tuple[str, ...]) -> Death:
    armed.write_text(f"{step} {count}", encoding="utf-8")
    for kind in files:
        world.drop(kind)
    seconds = settle(world)
    has_died = not armed.read_text(encoding="utf-8")
    armed.write_text("", encoding="utf-8")
    seconds += settle(world)  # it may have died of the very last step
    return Death(step, count, has_died, round(seconds, 1), broken_promises(world))
