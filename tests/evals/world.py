"""The history the bank asks about: five sources, 90 days with two changes of the clock, 200,000 inspections.

Everything is drawn from one seed, so that the same code always gives the same file. What a history file cannot carry
is added by `world_extras`.
"""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

SEED = 20260415
NOW = datetime(2026, 4, 15, 10, 40, tzinfo=UTC)
FIRST = datetime(2026, 1, 15, tzinfo=UTC)
GLOBAL_ZONE = "Europe/Berlin"
CHICAGO = "America/Chicago"
WIDTH, HEIGHT = 1280, 960
FIRST_LOT = 1201
LOT_DAYS = 2
BAD_LOT = "B-1238"
JOIN = timedelta(hours=2)
MOST_IN_INCIDENT = 40
CLASSES = ("scratch", "dent", "crack", "porosity", "missing screw", "broken cell")
LABELLED_OLD, LABELLED_NEW = 0.7, 0.35

Span = tuple[datetime, datetime]


def local(text: str, zone: str = GLOBAL_ZONE) -> datetime:
    """Read a local time of 2026, `04-14 22:00`, in a zone."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True)
class Fault:
    """A stretch in which a camera could not be judged; until None: it goes on."""

    kind: str
    start: datetime
    until: datetime | None


@dataclass(frozen=True)
class Place:
    """One source of the history; versions: when each began to judge, and its threshold."""

    name: str
    images: int
    oddness: float
    classes: tuple[str, ...]
    parts: tuple[str, ...]
    versions: tuple[tuple[str, float], ...]
    zone: str = GLOBAL_ZONE
    hours: tuple[int, int] = (0, 24)
    is_closed_at_weekends: bool = False
    has_lots: bool = True
    silent: tuple[Span, ...] = ()
    faults: tuple[Fault, ...] = field(default=())


PLACES = (
    Place("line-1", 60_000, 0.020, ("scratch", "scratch", "dent"), ("housing", "cover"),
          (("01-15 00:00", 1.0), ("02-18 11:00", 1.08), ("03-20 09:30", 1.15))),
    Place("line-2", 48_000, 0.016, ("dent", "dent", "scratch", "missing screw"), ("bracket", "housing"),
          (("01-15 00:00", 1.0), ("03-02 08:00", 1.1)),
          silent=((local("02-10 06:00"), local("02-12 14:00")),)),
    Place("press-line", 42_000, 0.025, ("crack", "dent"), ("panel",),
          (("01-15 00:00", 0.95), ("02-05 10:00", 1.0), ("03-11 15:00", 1.05), ("03-27 07:00", 1.2)),
          faults=(Fault("black", local("03-31 22:40"), local("04-01 04:10")),)),
    Place("weld-cell", 30_000, 0.020, ("porosity", "porosity", "crack"), ("frame", "bracket"),
          (("01-15 00:00", 1.0),), is_closed_at_weekends=True,
          faults=(Fault("moved", local("04-09 09:00"), local("04-09 11:30")),
                  Fault("blurred", local("04-15 11:50"), None))),
    Place("solar-field", 20_000, 0.030, ("broken cell", "broken cell", "porosity", "crack"), ("module",),
          (("01-15 00:00", 0.9), ("03-06 12:00", 1.02)), zone=CHICAGO, hours=(6, 20), has_lots=False,
          faults=(Fault("frozen", local("02-20 10:00", CHICAGO), local("02-20 12:00", CHICAGO)),)),
)  # fmt: skip
BY_NAME = {place.name: place for place in PLACES}


def zone_of(sources: tuple[str, ...]) -> str:
    """Return the zone times are said in: that of the one source named, else the global one."""
    return BY_NAME[sources[0]].zone if len(sources) == 1 and sources[0] in BY_NAME else GLOBAL_ZONE


def history_lines() -> Iterator[dict[str, Any]]:
    """Yield every line of the history file, oldest first."""
    streams = [_lines_of(place, random.Random(SEED + number)) for number, place in enumerate(PLACES)]  # noqa: S311
    yield from heapq.merge(*streams, key=lambda line: (line["captured_at"], line["source"]))


def _lines_of(place: Place, chance: random.Random) -> Iterator[dict[str, Any]]:
    starts = [local(begun) for begun, _ in place.versions]
    incident, last, size = 0, FIRST - timedelta(days=1), 0
    for number, at in enumerate(_moments(place, chance)):
        version = sum(start <= at for start in starts) or 1
        line = _scored(place, at, version, chance)
        line["path"] = f"{place.name}/{number:06d}.png"
        if line["verdict"] == "anomalous" and "fault" not in line:
            if at - last > JOIN or size >= MOST_IN_INCIDENT:
                incident, size = incident + 1, 0
            last, size = at, size + 1
            line["incident"] = f"{place.name}-{incident:04d}"
        yield line


def _scored(place: Place, at: datetime, version: int, chance: random.Random) -> dict[str, Any]:
    threshold = place.versions[version - 1][1]
    attributes = {"part": chance.choice(place.parts)}
    if place.has_lots:
        attributes["lot"] = f"B-{FIRST_LOT + (at - FIRST).days // LOT_DAYS}"
    line: dict[str, Any] = {
        "source": place.name,
        "captured_at": at.isoformat(),
        "threshold": threshold,
        "detector": f"{place.name}@{version}",
        "attributes": attributes,
    }
    fault = next((one.kind for one in place.faults if one.start <= at < (one.until or NOW)), None)
    is_odd = chance.random() < (0.5 if fault else _oddness(place, at, attributes.get("lot")))
    score = threshold * (1.01 + chance.expovariate(3.0)) if is_odd else threshold * chance.uniform(0.2, 0.985)
    line |= {"score": round(score, 6), "verdict": "anomalous" if is_odd else "normal"}
    if fault:
        return line | {"fault": fault}
    return line | (_found(place, at, chance) if is_odd else _passed(place, chance))


def _found(place: Place, at: datetime, chance: random.Random) -> dict[str, Any]:
    """Draw where an anomaly is and what people said of it."""
    defect_class = chance.choice(place.classes)
    regions = [_region(place, defect_class, chance) for _ in range(1 if chance.random() < 0.8 else 2)]
    found: dict[str, Any] = {"regions": regions}
    if chance.random() > (LABELLED_OLD if at < NOW - timedelta(days=2) else LABELLED_NEW):
        return found
    luck = chance.random()
    if luck < 0.55:
        return found | {"label": "defect", "defect_class": defect_class}
    return found | {"label": "false_alarm" if luck < 0.9 else "unsure"}


def _passed(place: Place, chance: random.Random) -> dict[str, Any]:
    if chance.random() >= 0.0008:
        return {}
    return {"label": "missed", "defect_class": chance.choice(place.classes)}


def _region(place: Place, defect_class: str, chance: random.Random) -> dict[str, Any]:
    """Draw a region whose centre lies well inside one ninth of the image."""
    column, row = chance.choices(range(3), (2, 3, 4))[0], chance.choices(range(3), (4, 3, 2))[0]
    if place.name == "line-2" and defect_class == "dent" and chance.random() < 0.7:
        column, row = 2, 2
    x = int((column + chance.uniform(0.15, 0.85)) * WIDTH / 3)
    y = int((row + chance.uniform(0.15, 0.85)) * HEIGHT / 3)
    width, height = 2 * chance.randint(4, 20), 2 * chance.randint(4, 20)
    left, top = x - width // 2, y - height // 2
    return {"x": left, "y": top, "width": width, "height": height, "area": width * height, "peak": 1.5}


def _oddness(place: Place, at: datetime, lot: str | None) -> float:
    """Return the chance of an anomaly: a bad lot, a bad night, a night of the clock, and a slow rise."""
    hour = at.astimezone(ZoneInfo(place.zone)).hour
    chance = place.oddness
    if place.name == "line-1" and lot == BAD_LOT:
        chance *= 4
    if place.name == "press-line":
        chance *= 2 if hour == 5 else 1
        chance *= 6 if local("04-14 22:00") <= at < local("04-15 06:00") else 1
    if place.name == "line-2" and local("03-28 22:00") <= at < local("03-29 06:00"):
        chance *= 5
    if place.name == "weld-cell" and at >= local("04-01 00:00"):
        chance *= 2
    return chance


def _moments(place: Place, chance: random.Random) -> Iterator[datetime]:
    """Spread a source's images over the time it works, evenly but for a little chance."""
    spans = list(_working(place))
    ends = list(accumulate((end - start).total_seconds() for start, end in spans))
    step, span = ends[-1] / place.images, 0
    for number in range(place.images):
        offset = (number + chance.uniform(0.1, 0.9)) * step
        while offset >= ends[span]:
            span += 1
        into = offset - (ends[span - 1] if span else 0.0)
        yield spans[span][0] + timedelta(seconds=int(into))


def _working(place: Place) -> Iterator[Span]:
    """Cut the 90 days at the hours a source works, its weekends off and its silences."""
    zone = ZoneInfo(place.zone)
    day = FIRST.astimezone(zone).replace(hour=0, minute=0, second=0)
    while day.astimezone(UTC) < NOW:
        following = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
        if not (place.is_closed_at_weekends and day.weekday() >= 5):
            start = day.replace(hour=place.hours[0]).astimezone(UTC)
            end = (following if place.hours[1] == 24 else day.replace(hour=place.hours[1])).astimezone(UTC)
            yield from _without((max(start, FIRST), min(end, NOW)), place.silent)
        day = following


def _without(span: Span, silent: tuple[Span, ...]) -> Iterator[Span]:
    pieces = [span]
    for start, end in silent:
        pieces = [piece for one in pieces for piece in ((one[0], min(one[1], start)), (max(one[0], end), one[1]))]
    yield from ((start, end) for start, end in dict.fromkeys(pieces) if start < end)
