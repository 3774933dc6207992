"""Random kills: any process of ours, PostgreSQL's server and its processes, while files arrive; from one seed."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.crash.checker import broken_promises
from tests.crash.postgres import MortalPostgres
from tests.crash.processes import Service, kill, wait_for_the_end_of
from tests.crash.settling import settle
from tests.crash.world import World

LONGEST_PAUSE = 3.0
AWAY_SECONDS = 2.0
MOST_FILES = 3
SHARE_OF_TROUBLE, HALF = 0.3, 0.5
# A half that was killed takes its time to come back, and until then there is no worker to kill.
WEIGHTS = {"detect": 1, "talk": 2, "worker": 4, "decoder": 2, "server": 2, "backend": 1}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one seed ended; killed: how often which process; broken: what did not hold."""

    seed: int
    files: int
    messages: int
    settled_seconds: float
    killed: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    log: str = ""


def kill_at_random(world: World, server: MortalPostgres | None, *, seed: int, kills: int) -> Outcome:
    """Let files arrive and processes die, then let everything settle, stop, and read what came of it."""
    chance = random.Random(seed)  # noqa: S311 - it shall be repeatable
    killed: Counter[str] = Counter()
    with world.start() as service:
        while killed.total() < kills:
            world.drop_some(chance.randint(0, MOST_FILES), chance)
            _trouble_slack(world, chance)
            time.sleep(chance.uniform(0, LONGEST_PAUSE))
            victims = _victims(service, server, chance)
            names = sorted(victims)
            (name,) = chance.choices(names, [WEIGHTS[name] for name in names])
            if victims[name]():
                killed[name] += 1
        seconds = settle(world)
        last = service.everybody()
    broken = broken_promises(world)
    broken += [f"process {pid} is left over" for pid in wait_for_the_end_of(last)]
    posts = [message for message in world.slack.bot_messages() if message.thread_ts is None]
    log = service_log(world)
    return Outcome(seed, len(world.dropped), len(posts), round(seconds, 1), killed, broken, log)


def service_log(world: World) -> str:
    return (world.home / "service.log").read_text(encoding="utf-8", errors="replace")


def _victims(service: Service, server: MortalPostgres | None, chance: random.Random) -> dict[str, Callable[[], bool]]:
    """Return by name what can be killed now; each says whether it was there."""
    victims: dict[str, Callable[[], bool]] = {
        "detect": lambda: kill(service.pid("detect")),
        "talk": lambda: kill(service.pid("talk")),
        "worker": lambda: _kill_one(service.scorers(), chance),
        "decoder": lambda: _kill_one(service.decoders(), chance),
    }
    if server is not None:
        victims["server"] = lambda: _kill_server(server, chance)
        victims["backend"] = lambda: server.kill_one_of_its_processes(chance)
    return victims


def _trouble_slack(world: World, chance: random.Random) -> None:
    """Now and then let connections to Slack die: before a call is heard, or after it was accepted (I5's window)."""
    if chance.random() < SHARE_OF_TROUBLE:
        method = chance.choice(("chat.postMessage", "chat.update", "upload", "*"))
        is_heard = chance.random() < HALF
        world.slack.fail_next(method, drop_after_accept=is_heard, drop_before=not is_heard)


def _kill_one(pids: list[int], chance: random.Random) -> bool:
    return bool(pids) and kill(chance.choice(pids))


def _kill_server(server: MortalPostgres, chance: random.Random) -> bool:
    server.kill()
    time.sleep(chance.uniform(0, AWAY_SECONDS))
    server.start()
    return True
