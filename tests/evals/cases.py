"""The questions of the bank, and every reading of each that is accepted.

A case is a mapping: `kind` and `ask`, and what is expected. Windows are local times of 2026, `04-13 06:00..now`, in
the zone of the one source named, else the global one; `now-7d` is days back to the same clock time, or 24 hours each;
`all` is all time, none says nothing of the window. A list of
windows, or `or`, gives several readings that are accepted. `figures` names counts that plain SQL works out.
`refuse` says why there must be no figure: unknown, name (of nothing there is), future or injection. `may_ask`: asking
back is as right as answering. `bind` looks up ids and values that the question speaks of, as {x}. `compare` has two
windows, sources, detectors, classes, lots or parts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.evals.world import NOW, zone_of

HALVES = {"seen": "seen.yaml", "spent": "spent.yaml", "practice": "practice.yaml", "unseen": "unseen.yaml"}
DEVELOPED_ON = ("seen", "spent", "practice")
AGO = re.compile(r"now-(\d+)(d|d24|h)")
Case = dict[str, Any]
Window = tuple[datetime, datetime]
KEYS = {
    *("kind", "ask", "window", "sources", "without", "classes", "labels", "not_labels", "detectors", "attributes"),
    *("min_ratio", "figures", "groups", "ids", "bind", "detail", "similar", "incidents", "compare", "health"),
    *("outages", "detector_card", "versions", "what_if", "labelled", "hotspots", "latency", "silences", "misses"),
    *("coverage", "changes", "no_data", "may_ask", "refuse", "honest", "or", "previous_id"),
}


@dataclass(frozen=True, slots=True)
class Thread:
    """Questions asked one after the other; a single question is a thread of one."""

    name: str
    turns: tuple[Case, ...]


class BadCaseError(ValueError):
    """A case of the bank that says something nobody can judge."""

    def __init__(self, case: Case, reason: str) -> None:
        super().__init__(f"{case.get('ask')!r}: {reason}")


def files_of(half: str) -> tuple[str, ...]:
    """Return what a run of a half asks: of the half that was seen, also what is spent and what was practised on."""
    return DEVELOPED_ON if half == "seen" else (half,)


@cache
def load_half(half: str) -> tuple[Thread, ...]:
    """Return the threads of one file of the bank; raise BadCaseError."""
    text = (Path(__file__).parent / HALVES[half]).read_text(encoding="utf-8")
    threads = []
    for number, entry in enumerate(yaml.safe_load(text)):
        turns = tuple(entry.get("thread", [entry]))
        for turn in turns:
            if unknown := turn.keys() - KEYS:
                raise BadCaseError(turn, f"unknown keys {sorted(unknown)}")
        threads.append(Thread(f"{half}-{number}", turns))
    return tuple(threads)


def readings(case: Case) -> Iterator[Case]:
    """Yield every accepted reading of a case, each with one window and one set of states."""
    for change in case.get("or") or [{}]:
        changed = {**case, **change}
        windows = changed.get("window")
        for window in windows if isinstance(windows, list) else [windows]:
            for exact in _across_the_clock(window):
                yield from _with_states({**changed, "window": exact})


def _across_the_clock(window: str | None) -> list[str | None]:
    """Return the readings of days back from now: to the same clock time, or by 24 hours each."""
    return [window, window.replace("d..", "d24..")] if window and re.match(r"now-\d+d\.\.", window) else [window]


def _with_states(case: Case) -> Iterator[Case]:
    wanted = case.get("incidents")
    if not wanted or "or_states" not in wanted:
        yield case
        return
    for states in wanted["or_states"]:
        yield {**case, "incidents": {**wanted, "states": states}}


def zone(case: Case) -> str:
    """Return the zone a case's times are said in."""
    return zone_of(tuple(case.get("sources") or ()))


def window_of(case: Case) -> Window | None:
    """Return a reading's window; None for all time, and where nothing is said of it."""
    said = case.get("window")
    return None if said in (None, "all") else read_window(said, zone(case))


def read_window(said: str, zone_name: str) -> Window:
    """Read `FROM..TO`."""
    start, end = (_moment(part.strip(), ZoneInfo(zone_name)) for part in said.split(".."))
    if not start < end:
        message = f"the window {said!r} is empty"
        raise ValueError(message)
    return start, end


def before(window: Window, zone_name: str) -> Window:
    """Return the window of equal length just before; whole local days stay whole across a change of the clock."""
    start, end = (moment.astimezone(ZoneInfo(zone_name)) for moment in window)
    if start.time() == end.time():
        days = end.date() - start.date()
        return (start - days).astimezone(UTC), window[0]  # local arithmetic keeps the clock time
    return window[0] - (window[1] - window[0]), window[0]


def _moment(said: str, zone_info: ZoneInfo) -> datetime:
    if said == "now":
        return NOW
    ago = AGO.fullmatch(said)
    if ago and ago[2] == "d":
        return (NOW.astimezone(zone_info) - timedelta(days=int(ago[1]))).astimezone(UTC)
    if ago:
        return NOW - timedelta(**{"days" if ago[2] == "d24" else "hours": int(ago[1])})
    with_time = said if " " in said else f"{said} 00:00"
    return datetime.strptime(f"2026-{with_time}", "%Y-%m-%d %H:%M").replace(tzinfo=zone_info).astimezone(UTC)
