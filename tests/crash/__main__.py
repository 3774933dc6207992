"""Break the service and look what is left of its promises: `make crash ARGS="--seeds 20 --kills 10"`.

Three parts, each on SQLite and on PostgreSQL: a death at every step, troubles that last, and random kills from seeds.
Prints a line a run, then one JSON object; returns 1 where anything does not hold. `--only`: one part alone.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.crash.kills import Outcome, kill_at_random
from tests.crash.postgres import MortalPostgres
from tests.crash.scenarios import SCENARIOS
from tests.crash.steps import STEPS, die_at_every_step
from tests.crash.world import Template, World, make_template
from tests.servers.slack import LocalSlack

DATABASES = ("sqlite", "postgresql")


class Bench:
    """Where worlds are made, one after the other, on one kind of database."""

    def __init__(self, folder: Path, template: Template, server: MortalPostgres | None) -> None:
        self._folder = folder
        self._template = template
        self.server = server
        self.kind = "sqlite" if server is None else "postgresql"

    @contextmanager
    def world(self, name: str) -> Iterator[World]:
        with LocalSlack() as slack:
            world = self._template.copy(self._folder / f"{self.kind}-{name}", slack, self.server)
            yield world
            world.database.close()


def main() -> int:
    """Run what was asked for and return 1 where a promise is broken."""
    options = _options()
    lines: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        template = make_template(Path(folder))
        for kind in DATABASES if options.database == "both" else (options.database,):
            server = MortalPostgres(Path(folder)) if kind == "postgresql" else None
            bench = Bench(Path(folder), template, server)
            try:
                for line in _lines(bench, options):
                    lines.append(line)
                    print(_shown(line), flush=True)
            finally:
                if server is not None:
                    server.stop()
    broken = [f"{line['database']} {line['run']}: {one}" for line in lines for one in line["broken"]]
    kills = sum(line.get("kills", 0) for line in lines)
    print(json.dumps({"runs": len(lines), "kills": kills, "broken": broken, "lines": lines, "load": os.getloadavg()}))
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="Runs of random kills, on each database.")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10, help="Kills in each of them.")
    parser.add_argument("--most", type=int, default=20, help="Deaths at one step at most.")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--only", nargs="*", choices=("steps", "scenarios", "seeds"), default=None)
    parser.add_argument("--names", nargs="*", default=None, help="Steps or scenarios by name; default: all.")
    return parser.parse_args()


def _lines(bench: Bench, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    parts = options.only or ("steps", "scenarios", "seeds")
    wanted = options.names
    if "steps" in parts:
        steps = tuple(step for step in STEPS if not wanted or step in wanted)
        with bench.world("steps") as world:
            for death in die_at_every_step(world, steps=steps, most=options.most):
                yield _line(
                    bench, f"{death.step} {death.count}", death.settled_seconds, death.broken, kills=death.deaths
                )
    if "scenarios" in parts:
        for scenario in SCENARIOS:
            if wanted and scenario.__name__ not in wanted:
                continue
            with bench.world(scenario.__name__) as world:
                shown = scenario(world, bench.server)
                yield _line(bench, scenario.__name__, shown.seconds, shown.broken)
    if "seeds" in parts:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            with bench.world(f"seed-{seed}") as world:
                outcome = kill_at_random(world, bench.server, seed=seed, kills=options.kills)
            _keep_log(bench, outcome)
            more = {"files": outcome.files, "messages": outcome.messages, "killed": dict(outcome.killed)}
            kills = outcome.killed.total()
            yield _line(bench, f"seed {seed}", outcome.settled_seconds, outcome.broken, kills=kills, **more)


def _line(bench: Bench, run: str, seconds: float, broken: list[str], **more: Any) -> dict[str, Any]:
    return {"database": bench.kind, "run": run, "settled_seconds": round(seconds, 1), "broken": broken, **more}


def _shown(line: dict[str, Any]) -> str:
    words = f"{line['database']:<11}{line['run']:<32}{line['settled_seconds']:>7.1f} s"
    if "files" in line:
        words += f"  {line['files']:>3} files {line['messages']:>3} messages {line['killed']}"
    return "\n   ".join([f"{words}  {'ok' if not line['broken'] else 'BROKEN'}", *line["broken"]])


def _keep_log(bench: Bench, outcome: Outcome) -> None:
    """Keep what the service said of a run that went wrong."""
    if outcome.broken:
        file = Path(tempfile.gettempdir()) / f"oddspot-crash-{bench.kind}-{outcome.seed}.log"
        file.write_text(outcome.log, encoding="utf-8")
        print(f"the service's log is {file}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
