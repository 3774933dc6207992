"""What is right of the times in which a source was not judged, by the record of outages or by its frames alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.evals.cases import Case, Window
from tests.evals.expected import Figure, Found
from tests.evals.truth_sql import NAMES, Record, within
from tests.evals.world import FIRST, NOW
from tests.evals.world_sql import moment, text

QUARTER = timedelta(minutes=15)
QUIET = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which a source was not judged; until None: it goes on."""

    source: str
    start: datetime
    until: datetime | None

    def seconds(self, window: Window) -> float:
        """Return how much of a window it takes."""
        return max((min(self.until or NOW, window[1], NOW) - max(self.start, window[0])).total_seconds(), 0.0)


def outages(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Outages on record; or with them the gaps of an hour and more in which no frame came, nights off among them."""
    del bound
    window = within(case) or (FIRST, NOW)
    sources = case.get("sources") or NAMES
    recorded = [one for source in sources for one in _recorded(record, source)]
    gaps = [one for source in sources for one in _gaps(record, source)]
    unrecorded = [one for one in gaps if not any(_meet(one, other) for other in recorded)]
    by_frames = [one for source in sources for one in (*_gaps(record, source, window), *_unjudged(record, source))]
    for stops, down in ((recorded, recorded), ([*recorded, *unrecorded], by_frames)):
        yield _figures(case["outages"], stops, down, window), None, within(case) is None


def _figures(wanted: Case, stops: list[Stop], down: list[Stop], window: Window) -> list[Figure]:
    counted = [one for one in stops if one.seconds(window) > 0]
    if wanted.get("is_open"):
        counted = [one for one in counted if one.until is None]
    figures = [Figure(("outages",), len(counted))] if "outages" in wanted["figures"] else []
    if "downtime_seconds" in wanted["figures"]:
        seconds: dict[str, float] = {}
        for one in down:
            seconds[one.source] = seconds.get(one.source, 0.0) + one.seconds(window)
        figures += [Figure((f"downtime_seconds[{name}]", "downtime_seconds"), value) for name, value in seconds.items()]
    return figures


def _recorded(record: Record, source: str) -> list[Stop]:
    sql = "SELECT o.started_at, o.ended_at FROM outage o JOIN source s ON s.id = o.source_id WHERE s.name = ?"
    return [Stop(source, moment(start), moment(end) if end else None) for start, end in record.rows(sql, (source,))]


def _gaps(record: Record, source: str, window: Window = (FIRST, NOW)) -> list[Stop]:
    """Return the gaps between quarters of an hour with a frame, cut at the window and then long enough to tell."""
    sql = (
        "SELECT DISTINCT strftime('%s', f.received_at) / 900 FROM frame f JOIN source s ON s.id = f.source_id "
        "WHERE s.name = ? AND f.received_at < ? ORDER BY 1"
    )
    starts = [datetime.fromtimestamp(900 * number, UTC) for (number,) in record.rows(sql, (source, text(NOW)))]
    gaps = [(one + QUARTER, following) for one, following in pairwise([*starts, NOW])]
    cut = [(max(start, window[0]), min(end, window[1], NOW)) for start, end in gaps]
    return [Stop(source, start, None if end == NOW else end) for start, end in cut if end - start >= QUIET]


def _unjudged(record: Record, source: str) -> list[Stop]:
    """Return the quarters of an hour whose frames were all left without a judgement."""
    sql = (
        "SELECT strftime('%s', f.received_at) / 900 AS quarter FROM frame f JOIN source s ON s.id = f.source_id "
        "LEFT JOIN inspection i ON i.frame_id = f.id AND i.fault IS NULL WHERE s.name = ? "
        "GROUP BY quarter HAVING COUNT(i.id) = 0"
    )
    starts = [datetime.fromtimestamp(900 * number, UTC) for (number,) in record.rows(sql, (source,))]
    return [Stop(source, start, start + QUARTER) for start in starts]


def _meet(one: Stop, other: Stop) -> bool:
    is_before = one.until is not None and one.until <= other.start
    return one.source == other.source and not is_before and (other.until is None or other.until > one.start)
