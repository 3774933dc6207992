from datetime import timedelta
from itertools import pairwise

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
