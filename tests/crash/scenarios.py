"""Troubles that last: a database that is away, a clock that jumps, two who lead, a worker that hangs, orphans."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from detectors.processes import HANG_SECONDS
from storage.models import FrameRow
from storage.records import FrameState
from tests.crash.checker import broken_promises
from tests.crash.postgres import MortalPostgres
from tests.crash.processes import command_of, descendants_of, kill, wait_for_the_end_of
from tests.crash.settling import is_settled, settle
from tests.crash.world import World
from tests.journeys.commands import Running, wait_until

AWAY_SECONDS = 60.0
HOUR = 3600
CLOCK_SOURCE = Path(__file__).with_name("clock.c")
CLOCK_FILE = "ODDSPOT_TEST_CLOCK"
PROMPT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a scenario came to; seconds: how long the service took once it could work again."""

    seconds: float
    broken: list[str]


def database_is_away_for_a_minute(world: World, server: MortalPostgres | None) -> Shown:
    """Kill the server (or hold SQLite's lock) for a minute in which files go on arriving."""
    with world.start():
        _drop_and_settle(world)
        if server is None:
            with world.database.engine.begin():  # BEGIN IMMEDIATE: nobody else can write
                _drop_for(world, AWAY_SECONDS)
        else:
            server.kill()
            _drop_for(world, AWAY_SECONDS)
            server.start()
        seconds = settle(world)
    return Shown(seconds, broken_promises(world))


def clock_jumps(world: World, server: MortalPostgres | None) -> Shown:
    """Set the clock of every process an hour forward, then back, then as much behind, while files arrive."""
    del server  # its clock stays right: the service has to bear that, too
    clock = world.home / "clock"
    clock.write_text("0", encoding="utf-8")
    longest = 0.0
    with world.start(LD_PRELOAD=str(moved_clock(world.home)), **{CLOCK_FILE: str(clock)}):
        _drop_and_settle(world)
        for moved in (HOUR, 0, -HOUR, 0):
            for kind in ("odd", "good"):
                world.drop(kind)
            clock.write_text(str(moved), encoding="utf-8")
            longest = max(longest, _drop_and_settle(world))
    broken = broken_promises(world)
    if longest > PROMPT_SECONDS:
        broken.append(f"after a jump of the clock files waited for {longest:.0f} s")
    return Shown(longest, broken)


def two_services_lead(world: World, server: MortalPostgres | None) -> Shown:
    """Let two services look at the same folders and speak to the same channels at the same time."""
    with world.start():
        wait_until(lambda: bool(world.slack.hub.sockets), seconds=PROMPT_SECONDS)
        if server is None:  # a lock on a file that is gone keeps nobody out
            (world.home / "data" / "leader.lock").unlink(missing_ok=True)
        with world.start():
            for _ in range(5):
                _drop_for(world, 2.0)
            seconds = settle(world)
    return Shown(seconds, broken_promises(world))


def worker_hangs(world: World, server: MortalPostgres | None) -> Shown:
    """Stop every worker in the midst of its work: others get what it held, and it is replaced."""
    del server
    with world.start() as service:
        _drop_and_settle(world)
        hanging = service.scorers()
        for kind in ("good", "odd") * 4:
            world.drop(kind)
        wait_until(lambda: _holds_a_frame(world), seconds=PROMPT_SECONDS)
        for pid in hanging:
            os.kill(pid, signal.SIGSTOP)
        seconds = settle(world, seconds=2 * HANG_SECONDS + PROMPT_SECONDS)
        broken = [f"the hanging process {pid} was not replaced" for pid in hanging if pid in service.scorers()]
    return Shown(seconds, broken_promises(world) + broken)


def supervisor_is_killed(world: World, server: MortalPostgres | None) -> Shown:
    """Kill `oddspot run`: what it had started ends by itself, and the next one goes on where it stopped."""
    del server
    with Running("run", cwd=world.home, env=world.env) as service:
        wait_until(lambda: bool(world.slack.hub.sockets), seconds=PROMPT_SECONDS)
        started = descendants_of(service.process.pid)
        for kind in ("good", "odd") * 3:
            world.drop(kind)
        wait_until(lambda: _holds_a_frame(world) or is_settled(world), seconds=PROMPT_SECONDS)
        kill(service.process.pid)
        left = [f"{command_of(pid)!r} goes on" for pid in wait_for_the_end_of(started, seconds=60)]
    with world.start():
        seconds = settle(world)
    return Shown(seconds, broken_promises(world) + left)


def moved_clock(folder: Path) -> Path:
    """Build the library that moves a process's clock, and return it; raise CalledProcessError without a compiler."""
    built = folder / "clock.so"
    made = ["cc", "-shared", "-fPIC", "-O2", "-o", str(built), str(CLOCK_SOURCE), "-ldl"]
    subprocess.run(made, check=True, capture_output=True)
    return built


def _drop_and_settle(world: World) -> float:
    for kind in ("good", "odd", "known"):
        world.drop(kind)
    return settle(world)


def _drop_for(world: World, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        world.drop("odd")
        world.drop("good")
        time.sleep(min(5.0, seconds / 2))


def _holds_a_frame(world: World) -> bool:
    with world.database.reading() as session:
        return session.scalar(select(FrameRow.id).where(FrameRow.state == FrameState.LEASED).limit(1)) is not None


SCENARIOS: tuple[Callable[[World, MortalPostgres | None], Shown], ...] = (
    database_is_away_for_a_minute,
    clock_jumps,
    two_services_lead,
    worker_hangs,
    supervisor_is_killed,
)
