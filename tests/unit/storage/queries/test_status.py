from datetime import timedelta

from storage.database import Database
from storage.queries.status import known_sources, source_status
from storage.records import SourceState, Window
from storage.repositories.frames import receive_frame
from tests.factories import make_inspection, make_source, make_version, new_frame
from tests.histories import NOW, fill, line


def test_tells_version_queue_last_image_and_counts_of_each_source(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        make_inspection(session, source, version, 1, captured_at=NOW - timedelta(hours=2))
        receive_frame(session, new_frame(source, 2, captured_at=NOW))
        make_source(session, "line-2", state=SourceState.COMMISSIONING)

    with database.reading() as session:
        first, second = source_status(session, window=Window(NOW - timedelta(days=1), NOW), limit=9)

    assert (first.version and first.version.name, first.waiting) == ("line-1@1", 1)
    assert first.last_inspected == NOW - timedelta(hours=2)
    assert first.counts.anomalies == 1
    assert (second.source.state, second.version, second.last_inspected) == (SourceState.COMMISSIONING, None, None)


def test_tells_the_version_that_judged_last_in_an_imported_history(database: Database) -> None:
    fill(database, [line(9), line(5, detector="line-1@2"), line(1, detector="line-1@3")])

    with database.reading() as session:
        [then] = source_status(session, window=Window(NOW - timedelta(days=1), NOW - timedelta(hours=3)), limit=9)
        [now] = source_status(session, window=Window(NOW - timedelta(days=1), NOW), limit=9)

    assert then.version is not None
    assert now.version is not None
    assert (then.version.name, now.version.name) == ("line-1@2", "line-1@3")


def test_lists_sources_by_name_within_the_limit(database: Database) -> None:
    fill(database, [line(1, source="b"), line(2, source="a"), line(3, source="c")])

    with database.reading() as session:
        assert [source.name for source in known_sources(session, limit=2)] == ["a", "b"]
