from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from storage.database import Database
from storage.queries.selection import Selection
from storage.queries.trends import count_spans, trend
from storage.records import Window
from tests.histories import NOW, fill, line, normal

HOUR = timedelta(hours=1)


@contextmanager
def counted_looks(database: Database) -> Iterator[list[str]]:
    looks: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        looks.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield looks
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_counts_every_span_the_empty_ones_as_nothing(database: Database) -> None:
    fill(database, [line(3), line(2.5), normal(0.5)])
    spans = [(NOW - HOUR * number, NOW - HOUR * (number - 1)) for number in (3, 2, 1)]

    with database.reading() as session:
        buckets = count_spans(session, selection=Selection(), spans=spans)

    assert [(bucket.counts.anomalies, bucket.counts.judged) for bucket in buckets] == [(2, 2), (0, 0), (0, 1)]


def test_compares_with_the_window_before(database: Database) -> None:
    fill(database, [line(5), line(1), line(0.5), line(1.5, source="line-2")])
    window, before = Window(NOW - 3 * HOUR, NOW), Window(NOW - 6 * HOUR, NOW - 3 * HOUR)

    with database.reading() as session:
        found = trend(
            session,
            selection=Selection(sources=("line-1",)),
            window=window,
            before=before,
            spans=[(window.start, window.end)],
        )

    assert (found.total.anomalies, found.before.anomalies) == (2, 1)
    assert [bucket.counts.anomalies for bucket in found.buckets] == [2]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu"])
def test_counts_many_local_hours_of_any_zone_by_few_looks_and_each_the_same_as_alone(
    database: Database, zone: str
) -> None:
    labels = ["defect", "false_alarm", "unsure", None]
    fill(
        database,
        [line(tenths / 10, label=labels[tenths % 4]) for tenths in range(1, 600, 3)]
        + [normal(tenths / 10, fault="black" if tenths % 3 else None) for tenths in range(1, 600, 7)],
    )
    local = NOW.astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    spans = list(pairwise([NOW - 55 * HOUR, *(local - number * HOUR for number in range(50, 0, -1)), NOW]))

    with database.reading() as session, counted_looks(database) as looks:
        together = count_spans(session, selection=Selection(), spans=spans)
        few = len(looks)
        alone = [count_spans(session, selection=Selection(), spans=[span])[0] for span in spans]

    assert list(together) == alone
    assert sum(bucket.counts.anomalies for bucket in together) > 0
    assert few < len(spans)


def test_counts_many_spans_of_whole_hours_at_once_and_each_the_same_as_alone(database: Database) -> None:
    labels = ["defect", "false_alarm", "unsure", None]
    fill(
        database,
        [line(hours / 7, label=labels[hours % 4], source=f"line-{hours % 2}") for hours in range(1, 150, 2)]
        + [normal(hours / 5, fault="black" if hours % 3 else None) for hours in range(1, 120)],
    )
    whole = NOW.replace(minute=0)
    edges = [NOW - 22.3 * HOUR, *(whole - number * HOUR for number in range(21, 0, -3)), NOW]
    spans = list(pairwise(edges))

    with database.reading() as session:
        selection = Selection(sources=("line-1",))
        together = count_spans(session, selection=selection, spans=spans)
        alone = [count_spans(session, selection=selection, spans=[span])[0] for span in spans]

    assert list(together) == alone
    assert sum(bucket.counts.anomalies for bucket in together) > 0
    assert sum(bucket.counts.not_judged for bucket in together) > 0
