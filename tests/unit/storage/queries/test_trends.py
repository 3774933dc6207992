from datetime import timedelta

from storage.database import Database
from storage.queries.selection import Selection
from storage.queries.trends import count_spans, trend
from storage.records import Window
from tests.histories import NOW, fill, line, normal

HOUR = timedelta(hours=1)


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
