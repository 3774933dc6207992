"""Measure a month of six sources on a virtual clock: `python -m tests.benchmarks.month --frames 300000`.

Every frame is a real good image in another shot (noise, a shift), scored by a real fit; the light of the first source
fades slowly; defects come at random. A source starts in commissioning and goes live by the proposal that ends it. A
person labels each message after a quarter of an hour and applies the thresholds proposed that lose no labelled defect.
With `--kept FOLDER` what was scored is kept, 5,000 frames at a time, so that a stopped run goes on where it was.
Prints a table, then one JSON object; returns 1 where a wanted figure is missed.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from agent.alerts.deliver import Deliverer
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import repeat_untaken, resolve_quiet, route_events
from agent.bot import acts
from config.sources import LimitSettings
from detectors.dataset import Category, find_categories
from detectors.decode import Decoder
from detectors.jobs.proposing import propose
from detectors.registering import register_fit
from detectors.sweep_watch import start_sweeps
from storage.opening import Stores
from storage.queries.incidents import list_incidents
from storage.queries.inspections import get_inspection
from storage.records import LabelKind, NewFrame, SourceState, Verdict
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.inspections import record_inspection
from storage.repositories.sources import set_source_state, source_by_name
from storage.repositories.switches import apply_version
from storage.repositories.versions import active_version, version_by_id
from tests.benchmarks.month_scores import (
    DAYS,
    SETTLED_DAYS,
    START,
    Shot,
    Stream,
    fit_source,
    learnt_and_seen,
    score_month,
)
from tests.factories_agent import Clock, Plant, make_plant
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor

ROOT = Path(__file__).resolve().parents[2]
STEP, ANSWER = timedelta(minutes=10), timedelta(minutes=15)
WANTED_FALSE, WANTED_CAUGHT = 2.0, 0.95
BATCH = 64


def main() -> int:
    """Measure and return 1 where a wanted figure is missed."""
    options = _options()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    categories = [one for one in find_categories(options.data) if one.name in (options.categories or [one.name])]
    with tempfile.TemporaryDirectory() as folder:
        plant = make_plant(Path(folder))
        stores = Stores(plant.database, plant.blobs)
        plant.settings = plant.settings.model_copy(
            update={"storage": plant.settings.storage.model_copy(update={"data_dir": Path(folder)})}
        )
        with ProcessPoolExecutor(options.processes) as pool:
            futures = [
                pool.submit(score_month, options, number, category, Path(folder) / "fits", len(categories))
                for number, category in enumerate(categories)
            ]
            for category in categories:
                _register(options, category, stores, Path(folder))
            streams = [future.result() for future in futures]
        month = Month(plant, stores)
        month.live_through(sorted((shot for one in streams for shot in one.shots), key=lambda shot: shot.at))
        lines = [_line(month, stream) for stream in streams]
        plant.database.close()
    return _report(lines, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*")
    parser.add_argument("--frames", type=int, default=300_000)
    parser.add_argument("--defects", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="a folder to keep what was scored in, and to go on from")
    return parser.parse_args()


def _register(options: argparse.Namespace, category: Category, stores: Stores, data_dir: Path) -> None:
    learnt, _ = learnt_and_seen(category, options.seed)
    with Decoder(LimitSettings()) as decoder:
        made = fit_source(learnt, decoder, options)
    register_fit(
        made, category.name, stores, data_dir=data_dir, images=[], goes_live=False, actor="benchmark", now=START
    )


class Month:
    """The service and the people, on a virtual clock."""

    def __init__(self, plant: Plant, stores: Stores) -> None:
        self.plant, self._stores = plant, stores
        self._clock = Clock(START)
        self._defects: set[int] = set()
        self._answered: set[int] = set()
        out = Outgoing(plant.database, plant.blobs, FakeNotifier(), plant.settings, self._clock)
        self._deliverer = Deliverer(out, InlineExecutor(), chance=random.Random(0))  # noqa: S311 - spreads waits
        self._number = 0

    def live_through(self, shots: Sequence[Shot]) -> None:
        """Record every frame at its time, tell, answer, and look for better thresholds each hour."""
        waiting, hour = list(reversed(shots)), -1
        while waiting:
            self._clock.now += STEP
            due = []
            while waiting and waiting[-1].at <= self._clock.now:
                due.append(waiting.pop())
            for first in range(0, len(due), BATCH):
                self._record(due[first : first + BATCH])
            self._tell()
            self._answer()
            if self._clock.now.hour != hour:
                hour = self._clock.now.hour
                self._improve()

    def incidents(self, source: str) -> list[tuple[datetime, bool]]:
        """Return when each incident of a source was told, and whether a true defect is in it."""
        with self.plant.database.reading() as session:
            told = [
                one for one in list_incidents(session, limit=100_000, sources=(source,)) if one.message_ts is not None
            ]
        members = self._members
        return [(one.opened_at, bool(members.get(one.id, set()) & self._defects)) for one in told]

    def caught(self, source: str) -> int:
        """Return how many true defects of a source were told."""
        with self.plant.database.reading() as session:
            found = [get_inspection(session, one) for one in self._defects]
            told = {one.id for one in list_incidents(session, limit=100_000) if one.message_ts is not None}
        return sum(one is not None and one.source == source and one.incident_id in told for one in found)

    @property
    def _members(self) -> dict[int, set[int]]:
        with self.plant.database.reading() as session:
            found = [get_inspection(session, one) for one in self._defects]
        members: dict[int, set[int]] = {}
        for one in found:
            if one is not None and one.incident_id is not None:
                members.setdefault(one.incident_id, set()).add(one.id)
        return members

    def _record(self, shots: Sequence[Shot]) -> None:
        now = self._clock.now
        with self.plant.database.transaction() as session:
            judged = {}
            for shot in shots:
                self._number += 1
                source = source_by_name(session, shot.source)
                sha256 = f"{self._number:064x}"
                receive_frame(session, NewFrame(source.id, sha256, shot.at, "mtime", now, f"{self._number}.png", 100))
                judged[sha256] = shot
            for lease in claim_frames(session, owner="month", limit=len(shots), lease_seconds=3600):
                shot = judged[lease.frame.sha256]
                source = source_by_name(session, shot.source)
                version = active_version(session, source)
                assert version is not None
                found = replace(shot.found, threshold=version.threshold, verdict=_verdict(shot, version.threshold))
                is_live = source.state is SourceState.LIVE
                recorded = record_inspection(session, lease, version, found, is_told=is_live, pages=is_live, now=now)
                if recorded is not None and shot.is_defect:
                    self._defects.add(recorded)

    def _tell(self) -> None:
        database, settings, until = self.plant.database, self.plant.settings, self._clock.now
        for _ in range(40):
            route_events(database, settings, now=self._clock.now)
            if not self._deliverer.deliver() and not self._deliverer.has_work():
                break
            self._clock.now += timedelta(seconds=1.1)
        resolve_quiet(database, settings, now=self._clock.now)
        repeat_untaken(database, settings, now=self._clock.now)
        self._clock.now = until

    def _answer(self) -> None:
        """Let a person say what the oddest of each message told a while ago really is."""
        now = self._clock.now
        with self.plant.database.reading() as session:
            told = [one for one in list_incidents(session, limit=50) if one.message_ts is not None]
        for one in told:
            cover = one.cover_inspection_id or 0
            if cover in self._answered or now - one.opened_at < ANSWER:
                continue
            self._answered.add(cover)
            kind = LabelKind.DEFECT if cover in self._defects else LabelKind.FALSE_ALARM
            acts.label(self.plant.database, self.plant.settings, acts.Act("U0QUALITY", str(cover), now), kind)

    def _improve(self) -> None:
        """Let a person apply what is proposed, and end commissioning by it."""
        now = self._clock.now
        for name, why in start_sweeps(self.plant.database, self.plant.settings, now=now):
            with self.plant.database.reading() as session:
                source = source_by_name(session, name)
            found = propose(source.id, self._stores, self.plant.settings, why=why, now=now).proposal
            with self.plant.database.transaction() as session:
                if found is not None and not found.lost:
                    wanted = version_by_id(session, found.version_id)
                    apply_version(session, wanted, expected=found.was_id, actor="U0QUALITY", now=now)
                if source.state is SourceState.COMMISSIONING:
                    set_source_state(session, name, SourceState.LIVE, actor="U0QUALITY", now=now)


def _verdict(shot: Shot, threshold: float) -> Verdict:
    return Verdict.ANOMALOUS if shot.found.score > threshold else Verdict.NORMAL


def _line(month: Month, stream: Stream) -> dict[str, Any]:
    """Compare a source's month with a threshold that would give as many false messages in a still month."""
    settled = START + timedelta(days=SETTLED_DAYS)
    false = [at for at, is_true in month.incidents(stream.source) if not is_true and at >= settled]
    weeks = (DAYS - SETTLED_DAYS) / 7
    by_week = [sum(int((at - settled) / timedelta(days=7)) == week for at in false) for week in range(round(weeks))]
    scale = len(stream.still) / sum(not shot.is_defect for shot in stream.shots)
    ordered = sorted(stream.still, reverse=True)
    static = ordered[min(len(ordered) - 1, round(len(false) * scale))]
    defects = [shot.found.score for shot in stream.shots if shot.is_defect]
    with month.plant.database.reading() as session:
        version = active_version(session, source_by_name(session, stream.source))
    return {
        "source": stream.source,
        "frames": len(stream.shots),
        "false_messages": len(false),
        "false_a_week": round(len(false) / weeks, 2),
        "worst_week": max(by_week, default=0),
        "defects": len(defects),
        "caught": month.caught(stream.source),
        "static_catches": sum(score > static for score in defects),
        "version": version.name if version else None,
    }


def _report(lines: list[dict[str, Any]], options: argparse.Namespace) -> int:
    names = ("source", "frames", "false_a_week", "worst_week", "defects", "caught", "static_catches", "version")
    print("".join(f"{name:>16}" for name in names))
    for line in lines:
        print("".join(f"{line[name]!s:>16}" for name in names))
    caught, static = sum(line["caught"] for line in lines), sum(line["static_catches"] for line in lines)
    missed = [
        f"{line['source']}: {line['false_a_week']} false messages a week"
        for line in lines
        if line["false_a_week"] > WANTED_FALSE
    ]
    if caught < WANTED_CAUGHT * static:
        missed.append(f"{caught} defects caught, a static threshold catches {static}")
    print(f"caught {caught}, static {static}")
    print(json.dumps({"frames": options.frames, "lines": lines, "missed": missed, "load": os.getloadavg()}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
