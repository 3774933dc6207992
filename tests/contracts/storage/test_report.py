"""Every cell of a report against plain SQL, on both databases, over a change to summer time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from storage.database import Database, Session
from storage.models import InspectionRow, OutageRow
from storage.queries.exact_interval import exact_interval
from storage.queries.report import Asked, build_report, report_rows, total_of
from storage.queries.report_figures import FIGURES, Value, figures_of, how_counted, sql_of
from storage.queries.report_results import AuditedMisses, Report, ReportRow
from storage.queries.report_sql import Checked
from storage.queries.status import known_sources
from storage.records import Window
from storage.repositories.reports import is_report_taken, take_report
from tests.histories import change
from tests.reported import BERLIN, REPORTED_AT, SUMMER_TIME, local_days, write_history

QUIET = timedelta(minutes=60)
WINDOWS = {
    "the day of 23 hours": local_days(SUMMER_TIME, date(2026, 3, 30)),
    "a week": local_days(date(2026, 3, 23), date(2026, 3, 30)),
    "a month": local_days(date(2026, 3, 1), date(2026, 4, 1)),
    "a shift": Window(datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC), BERLIN),
    "odd minutes": Window(datetime(2026, 3, 29, 0, 37, tzinfo=UTC), datetime(2026, 3, 29, 7, 11, tzinfo=UTC), BERLIN),
    "before anything": local_days(date(2026, 2, 1), date(2026, 3, 1)),
    "a day before the fitted one": local_days(date(2026, 3, 27), date(2026, 3, 28)),
}
ASKED = {"every source": None, "one": ("line-2",), "two, and one that is none": ("line-1", "press", "it's none")}


@pytest.fixture
def written(database: Database) -> Database:
    write_history(database)
    with database.reading() as session:
        shadow = session.scalars(select(InspectionRow.id).order_by(InspectionRow.id.desc()).limit(1)).one()
    change(database, shadow, is_shadow=True)
    return database


@pytest.fixture(params=ASKED)
def sources(request: pytest.FixtureRequest) -> tuple[str, ...] | None:
    return ASKED[str(request.param)]


def run(session: Session, sql: str) -> float | None:
    value = session.connection().exec_driver_sql(sql).scalar()
    return None if value is None else float(value)


def cells(report: Report) -> Iterator[tuple[ReportRow, str, Value]]:
    for row in (*report.rows, report.total):
        yield from ((row, name, value) for name, value in figures_of(row).items())


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_every_cell_is_what_its_sql_says(written: Database, window: Window, sources: tuple[str, ...] | None) -> None:
    steady = ("line-1", "press")
    asked = Asked(window, QUIET, sources=sources, steady=steady)
    checked = Checked(window, QUIET, written.dialect, REPORTED_AT, sources=sources, steady=steady)
    compared = set()
    with written.reading() as session:
        report = build_report(session, asked, now=REPORTED_AT)
        for row, name, value in cells(report):
            sql = sql_of(name, checked, source=row.source)
            if sql:
                expected = run(session, sql)
                assert value == pytest.approx(expected), (row.source, name, sql)
                compared.add(name)

    worked_out = {figure.name for figure in FIGURES if not figure.template}
    assert compared == {figure.name for figure in FIGURES} - worked_out
    for row in (*report.rows, report.total):
        figures = figures_of(row)
        counts = row.counts
        ends = figures["false_alarm_rate_low"], figures["false_alarm_rate_high"]
        assert figures["downtime_minutes"] == (figures["no_frame_minutes"] or 0) + (figures["none_judged_minutes"] or 0)
        assert ends == (exact_interval(counts.false_alarms, counts.judged) or (None, None))
        assert figures["miss_rate"] is None


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_every_bar_of_a_chart_is_what_the_same_sql_says_of_its_span(written: Database, window: Window) -> None:
    step = (window.end - window.start) / 5
    spans = [(window.start + number * step, window.start + (number + 1) * step) for number in range(5)]
    asked = Asked(window, QUIET, spans=spans)
    names = ("received", "judged", "not_judged", "faulted", "anomalies", "confirmed", "false_alarms", "unlabelled")
    with written.reading() as session:
        report = build_report(session, asked, now=REPORTED_AT)
        for bucket in report.buckets:
            checked = Checked(Window(bucket.start, bucket.end), QUIET, written.dialect, REPORTED_AT)
            figures = figures_of(bucket.row)
            assert [figures[name] for name in names] == [run(session, sql_of(name, checked)) for name in names]

    assert sum(bucket.row.counts.judged for bucket in report.buckets) == report.total.counts.judged


def test_counts_by_hand_what_a_small_history_holds(written: Database) -> None:
    window = local_days(SUMMER_TIME, date(2026, 3, 30))
    assert window.end - window.start == timedelta(hours=23)
    with written.reading() as session:
        report = build_report(session, Asked(window, QUIET, sources=("press",)), now=REPORTED_AT)
    (row,) = report.rows

    # Of its 40 frames, 13 min apart from 20:00, those from number 14 (23:02) on lie in the day; number 14 is frozen,
    # the 39th is a shadow; number 21, 28 and 35 are odd, 28 was called a false alarm. Ten more ended otherwise.
    assert (row.frames.received, row.counts.judged, row.not_judged) == (36, 24, 11)
    assert (row.counts.anomalies, row.counts.false_alarms, row.counts.unlabelled) == (3, 1, 2)
    assert (row.frames.rejected, row.frames.dropped, row.frames.dead_letter, row.frames.waiting) == (2, 2, 2, 4)
    assert row.duplicates == 1
    assert row.labels == 6
    assert row.promise.rate == pytest.approx((5 * 0.01 + 19 * 0.03) / 24)
    # Eleven quarters held only unjudged frames: that of the frozen one, and ten from 07:00 UTC on. No frame came
    # from 04:30 to 07:00, nor from 10:15 to the end at 22:00; gaps between the ten are shorter than an hour.
    assert row.downtime.not_judged == timedelta(minutes=11 * 15)
    assert row.downtime.no_frame == timedelta(hours=2, minutes=30) + timedelta(hours=11, minutes=45)


def test_says_why_frames_were_not_judged(written: Database) -> None:
    window = local_days(SUMMER_TIME, date(2026, 3, 30))
    with written.reading() as session:
        report = build_report(session, Asked(window, QUIET), now=REPORTED_AT)

    found = {(reason.kind, reason.reason): reason.frames for reason in report.reasons}
    assert sum(found.values()) == report.total.not_judged
    assert found["rejected", "truncated"] == 2
    assert found["fault", "frozen"] == 1
    assert found["waiting", ""] == 4


def test_says_which_versions_judged_and_what_they_promised(written: Database) -> None:
    window = local_days(date(2026, 3, 1), date(2026, 4, 1))
    with written.reading() as session:
        report = build_report(session, Asked(window, QUIET), now=REPORTED_AT)

    used = {use.version.name: use for use in report.versions}
    assert list(used) == ["line-1@1", "line-1@2", "line-2@1", "line-2@2", "press@1", "press@2"]
    assert [used[name].is_active for name in ("press@1", "press@2")] == [False, True]
    assert sum(use.judged for use in report.versions) == report.total.counts.judged
    assert used["press@1"].last < used["press@2"].first


def test_says_who_changed_what_of_the_sources_asked_for(written: Database) -> None:
    window = local_days(SUMMER_TIME - timedelta(days=1), date(2026, 3, 30))
    with written.reading() as session:
        every, press, line = (
            build_report(session, Asked(window, QUIET, sources=sources), now=REPORTED_AT)
            for sources in (None, ("press",), ("line-1",))
        )

    assert [(one.actor, one.action, one.source) for one in every.changes] == [
        ("slack:U1", "source_paused", "press"),
        ("ben", "silence", None),
        ("ann", "silence", "press"),
    ]
    assert (every.change_count, every.changes) == (3, press.changes)
    assert [one.actor for one in line.changes] == ["ben"]
    assert {(one.author, one.kind): one.labels for one in press.labels_by} == {
        ("terminal:ann", "false_alarm"): 2,
        ("slack:U0", "false_alarm"): 1,
        ("slack:U28", "false_alarm"): 1,
        ("slack:U7", "defect"): 1,
        ("terminal:ann", "defect"): 1,
    }


def test_shows_the_worst_that_nobody_called_a_false_alarm(written: Database) -> None:
    window = local_days(date(2026, 3, 1), date(2026, 4, 1))
    with written.reading() as session:
        report = build_report(session, Asked(window, QUIET, spans=[(window.start, window.end)]), now=REPORTED_AT)

    assert len(report.worst) == 3
    assert all(one.label != "false_alarm" for one in report.worst)
    assert len(report.points) == report.total.counts.anomalies
    assert max(point.ratio for point in report.points) == report.buckets[0].max_ratio


def test_says_the_miss_rate_an_audit_found(written: Database) -> None:
    window = local_days(SUMMER_TIME, date(2026, 3, 30))
    asked = Asked(window, QUIET, audited={"press": AuditedMisses(50, 1), "line-1": AuditedMisses(50, 0)})
    with written.reading() as session:
        total = build_report(session, asked, now=REPORTED_AT).total

    figures = figures_of(total)
    assert figures["miss_rate"] == 0.01
    assert (figures["miss_rate_low"], figures["miss_rate_high"]) == exact_interval(1, 100)


def test_counts_no_downtime_that_is_still_to_come_nor_before_the_first_frame(written: Database) -> None:
    window = local_days(date(2026, 3, 1), date(2026, 5, 1))
    asked = Asked(window, QUIET)
    with written.reading() as session:
        sources = known_sources(session)
        early, late = (
            total_of(report_rows(session, asked, sources, promises={}, now=now)).downtime.no_frame
            for now in (REPORTED_AT, REPORTED_AT + timedelta(hours=2))
        )

    assert late - early == 3 * timedelta(hours=2)
    assert early < 3 * timedelta(days=6)


def test_writes_how_each_figure_is_counted(database: Database) -> None:
    checked = Checked(WINDOWS["a week"], QUIET, database.dialect, REPORTED_AT)

    how = how_counted(checked)

    assert [one.name for one in how] == [figure.name for figure in FIGURES]
    assert all(one.words.endswith(".") and "{" not in one.words + one.sql for one in how)
    assert all(not one.sql or "'SOURCE'" in one.sql_of_source for one in how)


def test_takes_a_report_once(database: Database) -> None:
    start = WINDOWS["a week"].start
    taken = []
    for kind, channel, at in (
        ("week", "#a", start),
        ("week", "#a", start),
        ("week", "#b", start),
        ("day", "#a", start),
    ):
        with database.transaction() as session:
            taken.append(take_report(session, kind, channel=channel, starts_at=at, now=REPORTED_AT))

    assert taken == [True, False, True, True]
    with database.reading() as session:
        assert is_report_taken(session, "week", channel="#a", starts_at=start)
        assert not is_report_taken(session, "week", channel="#c", starts_at=start)


def test_lists_the_outages_that_ran_within_the_window(written: Database) -> None:
    window = local_days(SUMMER_TIME, date(2026, 3, 30))
    hour = timedelta(hours=1)
    spans = {
        "before": (window.start - 2 * hour, window.start),
        "across the start": (window.start - hour, window.start + hour),
        "going on": (window.end - hour, None),
        "after": (window.end, None),
    }
    with written.transaction() as session:
        ids = {source.name: source.id for source in known_sources(session)}
        for number, (kind, (start, end)) in enumerate(spans.items()):
            source_id = ids["press" if number != 2 else "line-1"]
            outage = {"source_id": source_id, "kind": kind, "started_at": start, "last_at": start, "ended_at": end}
            session.execute(insert(OutageRow).values(outage | {"frames": 7, "is_told": False}))
    with written.reading() as session:
        every, press = (
            build_report(session, Asked(window, QUIET, sources=sources), now=REPORTED_AT)
            for sources in (None, ("press",))
        )

    assert [(one.source, one.kind) for one in every.outages] == [("line-1", "going on"), ("press", "across the start")]
    assert [one.kind for one in press.outages] == ["across the start"]
