"""Measure the time from a file dropped in the folder to its message: `python -m tests.benchmarks.first_message`.

The real service (`oddspot run`) against the local Slack server over real HTTP, an idle channel, one incident a drop.
Prints a table, then one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from tests.journeys.commands import Running, oddspot
from tests.plates import make_plate, write_plates
from tests.servers.slack import LocalSlack
from tests.servers.slack.records import Message

WANTED_P95_SECONDS = 3.0
IDLE_SECONDS = 2.0
CHANNEL = "#oddspot"


def main() -> int:
    """Measure and return 1 where the wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=30)
    drops = parser.parse_args().drops
    with tempfile.TemporaryDirectory() as folder, LocalSlack() as slack:
        seconds = _measure(Path(folder), slack, drops)
    line = _line(seconds)
    print(f"{'drops':>6}{'p50 s':>9}{'p95 s':>9}{'max s':>9}   load {line['load']}")
    print(f"{line['drops']:>6}{line['p50_seconds']:>9.2f}{line['p95_seconds']:>9.2f}{line['max_seconds']:>9.2f}")
    print(json.dumps({"first_message": line}))
    return int(line["p95_seconds"] >= WANTED_P95_SECONDS)


def _measure(home: Path, slack: LocalSlack, drops: int) -> list[float]:
    """Use one source a drop, so that each anomaly opens an incident of its own."""
    write_plates(home / "good", 12)
    names = [f"line-{number}" for number in range(drops)]
    sources = {name: {"path": f"incoming/{name}"} for name in names}
    for name in names:
        (home / "incoming" / name).mkdir(parents=True)
    settings = {"sources": sources, "storage": {"data_dir": "data"}, "detector": {"preset": "fast"}}
    (home / "oddspot.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    for name in names:
        done = oddspot("fit", name, "--good", "good", "--live", cwd=home)
        assert done.returncode == 0, done.stderr
    env = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "ODDSPOT__SLACK__API_URL": slack.api_url,
        "ODDSPOT__SLACK__CHANNEL": CHANNEL,
    }
    with Running("run", cwd=home, env=env) as service:
        service.wait_for("detecting")
        return [_drop_and_wait(home, slack, name, number) for number, name in enumerate(names)]


def _drop_and_wait(home: Path, slack: LocalSlack, name: str, number: int) -> float:
    time.sleep(IDLE_SECONDS)  # an idle channel: the last message's picture is through
    hidden = home / "incoming" / name / ".odd.png.part"
    make_plate(9000 + number, has_scratch=True).save(hidden, "PNG")
    before = len(_alerts(slack))
    dropped_at = time.monotonic()
    hidden.rename(hidden.with_name("odd.png"))
    slack.wait_for(lambda: len(_alerts(slack)) > before, 30)
    return max(message.posted_at for message in _alerts(slack)) - dropped_at


def _alerts(slack: LocalSlack) -> list[Message]:
    return [message for message in slack.bot_messages(CHANNEL) if not message.thread_ts]


def _line(seconds: list[float]) -> dict[str, Any]:
    ordered = sorted(seconds)
    return {
        "drops": len(ordered),
        "p50_seconds": round(median(ordered), 3),
        "p95_seconds": round(ordered[max(0, -(-len(ordered) * 95 // 100) - 1)], 3),
        "max_seconds": round(ordered[-1], 3),
        "load": os.getloadavg(),
    }


if __name__ == "__main__":
    sys.exit(main())
