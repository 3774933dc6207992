"""Measure the time from an image asked about to its verdict and heatmap: `python -m tests.benchmarks.looks`.

The real service (`oddspot run`) against the local Slack server over real HTTP: first with nothing else to do, then with
a backlog of live frames, of which it also says how much longer they take where questions come between them.
Prints a table, then one JSON object.
"""

import argparse
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from sqlalchemy import func, select

from storage.database import Database
from storage.models import FrameRow
from storage.records import FrameState
from tests.journeys.commands import Running, oddspot, wait_until
from tests.plates import make_plate
from tests.servers.slack import LocalSlack
from tests.servers.slack.records import Message

WANTED_P95_SECONDS = 10.0
IDLE_SECONDS = 2.0
SIDE = 1024
GOOD_PLATES = 16


def main() -> int:
    """Measure and return 1 where the wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asks", type=int, default=10)
    parser.add_argument("--frames", type=int, default=600)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, LocalSlack() as slack:
        lines = _measure(Path(folder), slack, given.asks, given.frames)
    print(f"{'':<10}{'asked':>6}{'verdict p50':>13}{'p95':>7}{'heatmap p50':>13}{'p95':>7}   load {os.getloadavg()}")
    for name in ("idle", "busy"):
        verdict, heatmap = lines[name]["verdict"], lines[name]["heatmap"]
        times = f"{verdict['p50']:>13.2f}{verdict['p95']:>7.2f}{heatmap['p50']:>13.2f}{heatmap['p95']:>7.2f}"
        print(f"{name:<10}{lines[name]['asked']:>6}{times}")
    print(f"frames a second: {lines['frames_a_second_alone']} alone, {lines['frames_a_second_asked']} while asked")
    print(json.dumps({"looks": lines}))
    return int(lines["idle"]["heatmap"]["p95"] >= WANTED_P95_SECONDS)


def _measure(home: Path, slack: LocalSlack, asks: int, frames: int) -> dict[str, Any]:
    (home / "good").mkdir()
    (home / "incoming").mkdir()
    for number in range(GOOD_PLATES):
        (home / "good" / f"{number}.jpg").write_bytes(jpeg(number))
    settings = {
        "sources": {"line-1": {"path": "incoming"}},
        "storage": {"data_dir": "data"},
        "detector": {"preset": "fast"},
    }
    (home / "oddspot.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = oddspot("fit", "line-1", "--good", "good", "--live", cwd=home)
    assert done.returncode == 0, done.stderr
    for kind in ("alone", "asked"):
        (home / kind).mkdir()
        base = jpeg(5000)
        for number in range(frames):  # bytes after a picture's end make another file of the same picture
            (home / kind / f"{kind}-{number}.jpg").write_bytes(base + f"{kind} {number}".encode() + b"\xff\xd9")
    env = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "ODDSPOT__SLACK__API_URL": slack.api_url,
    }
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with Running("run", cwd=home, env=env) as service:
        service.wait_for("detecting")
        slack.wait_for_socket(60)
        _ask(slack, 7000)  # the detector is loaded by the first
        idle = [_ask(slack, 7001 + number) for number in range(asks)]
        alone = _flood(home, database, "alone", list)
        busy: list[tuple[float, float]] = []
        asked = _flood(
            home, database, "asked", lambda: busy.extend(_ask(slack, 8000 + number) for number in range(asks))
        )
    database.close()
    return {
        "idle": _line(idle),
        "busy": _line(busy),
        "frames_a_second_alone": round(frames / alone, 1),
        "frames_a_second_asked": round(frames / asked, 1),
    }


def jpeg(seed: int, *, has_scratch: bool = False) -> bytes:
    """Return a plate as a camera would send it."""
    buffer = io.BytesIO()
    make_plate(seed, has_scratch=has_scratch).resize((SIDE, SIDE)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _ask(slack: LocalSlack, seed: int) -> tuple[float, float]:
    """Ask about an image and return the seconds until its verdict and until its heatmap stood in the thread."""
    time.sleep(IDLE_SECONDS)  # an idle channel: the last answer's picture is through
    files = [("part.jpg", jpeg(seed, has_scratch=bool(seed % 2)))]
    asked = slack.mention("oddspot", "is this one normal for line-1?", files=files)
    slack.wait_for(lambda: any(reply.files for reply in _replies(slack, asked)), 60)
    replies = _replies(slack, asked)
    verdict = next(reply for reply in replies if "for line-1: " in reply.text)
    picture = next(reply for reply in replies if reply.files)
    return verdict.posted_at - asked.posted_at, picture.posted_at - asked.posted_at


def _replies(slack: LocalSlack, asked: Message) -> list[Message]:
    return [message for message in slack.bot_messages() if message.thread_ts == asked.ts]


def _flood(home: Path, database: Database, kind: str, ask: Any) -> float:
    """Put many frames into the folder at once, ask meanwhile, and return the seconds until all are scored."""

    def scored() -> int:
        ended = select(func.count()).where(FrameRow.state == FrameState.SCORED, FrameRow.name.startswith(kind))
        with database.reading() as session:
            return session.scalar(ended) or 0

    files = sorted((home / kind).iterdir())
    for file in files:
        file.rename(home / "incoming" / file.name)
    wait_until(lambda: scored() > 0)
    started = time.monotonic()
    ask()
    wait_until(lambda: scored() == len(files), seconds=600)
    return time.monotonic() - started


def _line(seconds: list[tuple[float, float]]) -> dict[str, Any]:
    verdicts, heatmaps = zip(*seconds, strict=True)
    return {"asked": len(seconds), "verdict": _quantiles(verdicts), "heatmap": _quantiles(heatmaps)}


def _quantiles(seconds: tuple[float, ...]) -> dict[str, float]:
    ordered = sorted(seconds)
    p95 = ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]
    return {"p50": round(median(ordered), 3), "p95": round(p95, 3), "max": round(ordered[-1], 3)}


if __name__ == "__main__":
    sys.exit(main())
