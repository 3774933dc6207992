"""Images people ask about: leased and fenced, told once, kept for a while, and counted nowhere; on both databases."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from storage.blobs import BlobStore
from storage.database import Database, Session
from storage.models import AuditRow, Base, EventRow, FrameRow, JobRow, PinRow
from storage.queries.budget import budget_outlook, commissioned, false_incidents
from storage.queries.counting import count_frames_by_source, count_inspections
from storage.queries.downtime import first_received
from storage.queries.incidents import list_incidents
from storage.queries.judged import judged_sources
from storage.queries.label_counts import count_labelled_since
from storage.queries.misses import misses
from storage.queries.report import Asked, build_report
from storage.queries.selection import Selection
from storage.queries.status import source_status
from storage.queries.whatif import threshold_table
from storage.records import (
    JobKind,
    JobState,
    LookLease,
    LookResult,
    NewLook,
    Region,
    RejectReason,
    SourceState,
    Verdict,
)
from storage.repositories.arrivals import last_received_at
from storage.repositories.audit_picks import pick_for_audit
from storage.repositories.drift_checks import p_values_after
from storage.repositories.frames import queue_depth
from storage.repositories.jobs import UnknownJobError, add_job, claim_job, give_back_jobs_of, has_job
from storage.repositories.looks import (
    MOST_TRIES,
    add_look,
    claim_look,
    finish_look,
    give_back_look,
    has_look,
    has_untold_look,
    look_by_id,
    take_untaken_threads,
    withdraw_look,
)
from storage.repositories.roll_ups import frames_a_day
from storage.repositories.sources import set_source_state, source_by_name
from storage.repositories.tallies import tally
from storage.repositories.versions import active_version
from storage.retention import prune_looks, prune_originals
from tests.factories import NOON, lease_one, make_inspection, make_source, make_version
from tests.reported import REPORTED_AT, local_days, write_history

THREAD = ("C1", "1.5")
ODD = LookResult(
    detector="line-1@1",
    verdict=Verdict.ANOMALOUS,
    score=9.5,
    threshold=1.0,
    p_value=0.005,
    good_ones=200,
    width=300,
    height=200,
    regions=(Region(1, 2, 3, 4, 12, 9.5),),
    picture="a" * 64,
)
MONTH = local_days(date(2026, 3, 1), date(2026, 4, 1))


def ask(
    session: Session, source: str = "line-1", *, number: int = 0, thread: tuple[str, str] | None = THREAD, **of: Any
) -> int:
    found = make_source(session, source) if of.pop("is_new", True) else source_by_name(session, source)
    look = NewLook(found.id, source, f"{number:064x}", f"part-{number}.png", "slack:U1", thread)
    return add_look(session, look, now=of.pop("now", NOON))


def claim(session: Session, owner: str = "a", *, seconds: float = 60.0) -> LookLease | None:
    return claim_look(session, owner=owner, lease_seconds=seconds, now=NOON)


def claimed(session: Session, owner: str = "a", *, seconds: float = 60.0) -> LookLease:
    lease = claim(session, owner, seconds=seconds)
    assert lease is not None
    return lease


def events(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        return [dict(row.payload) for row in session.scalars(select(EventRow).order_by(EventRow.id))]


def test_gives_the_oldest_to_one_alone_and_none_of_it_to_those_who_run_other_jobs(database: Database) -> None:
    with database.transaction() as session:
        first, second = ask(session), ask(session, number=1)
        other = add_job(session, JobKind.SWEEP, source_id=1, arguments={}, requested_by="test", now=NOON)
        job = claim_job(session, owner="jobs", lease_seconds=60, kinds=[JobKind.SWEEP])
        none = claim_job(session, owner="jobs", lease_seconds=60, kinds=[JobKind.SWEEP])
        leases = [claim(session, owner) for owner in ("a", "b", "c")]
        waits = has_look(session), has_job(session, kinds=[JobKind.AUDIT])

    assert [lease.look.id if lease else None for lease in leases] == [first, second, None]
    assert (job.job.id if job else None, none, waits) == (other, None, (True, False))


def test_keeps_all_that_was_said_and_tells_it_once_in_its_thread(database: Database) -> None:
    with database.transaction() as session:
        look_id = ask(session)
        slow = claimed(session, "slow", seconds=-1)
        quick = claimed(session, "quick")
        assert not finish_look(session, slow, ODD, now=NOON)
        assert not give_back_look(session, slow)
        assert finish_look(session, quick, ODD, now=NOON)
        assert not finish_look(session, quick, ODD, now=NOON)
        look = look_by_id(session, look_id)
        acts = [(row.actor, row.action, row.subject) for row in session.scalars(select(AuditRow))]

    assert (look.result, look.state, look.thread, look.created_at) == (ODD, JobState.DONE, THREAD, NOON)
    assert events(database) == [{"job": look_id, "kind": "look", "channel": "C1", "thread": ["C1", "1.5"]}]
    assert ("slack:U1", "image_asked", "line-1") in acts


def test_tells_nobody_where_whoever_asked_waits_for_it_and_keeps_a_reason(database: Database) -> None:
    with database.transaction() as session:
        look_id = ask(session, thread=None)
        finish_look(session, claimed(session), LookResult(rejected=RejectReason.TOO_MANY_PIXELS), now=NOON)
        look = look_by_id(session, look_id)

    assert look.result == LookResult(rejected=RejectReason.TOO_MANY_PIXELS)
    assert (look.state, events(database)) == (JobState.DONE, [])


def test_ends_and_tells_one_that_failed_too_often_and_takes_the_next(database: Database) -> None:
    with database.transaction() as session:
        bad, good = ask(session), ask(session, number=1)
        for _ in range(MOST_TRIES):
            assert give_back_look(session, claimed(session))
        lease = claimed(session)
        failed = look_by_id(session, bad)

    assert (failed.state, lease.look.id) == (JobState.FAILED, good)
    assert failed.result is not None
    assert failed.result.failure == f"It was tried {MOST_TRIES} times in vain."
    assert [payload["job"] for payload in events(database)] == [bad]


def test_gives_at_once_to_others_what_a_process_held_that_died(database: Database) -> None:
    with database.transaction() as session:
        look_id = ask(session)
        claimed(session, "dead", seconds=1000)
        assert claim(session, "other") is None
        assert give_back_jobs_of(session, "dead") == 1

        assert claimed(session, "other").look.id == look_id


def test_withdraws_only_what_nobody_has_begun(database: Database) -> None:
    with database.transaction() as session:
        begun, waiting = ask(session), ask(session, number=1)
        claimed(session)
        assert [withdraw_look(session, one) for one in (begun, waiting)] == [False, True]
        assert look_by_id(session, waiting).state is JobState.FAILED
        job = add_job(session, JobKind.SWEEP, source_id=1, arguments={}, requested_by="test", now=NOON)
        for unknown in (job, 99):
            with pytest.raises(UnknownJobError):
                look_by_id(session, unknown)


def test_names_a_thread_once_that_nobody_answers_unless_somebody_is_scoring(database: Database) -> None:
    soon, late = NOON + timedelta(seconds=5), NOON - timedelta(seconds=20)
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        ask(session), ask(session, number=1)
        ask(session, number=2, thread=None)
        assert take_untaken_threads(session, asked_before=NOON, long_before=late) == []
        make_inspection(session, source, active(session), 1)  # it ends; nothing is held
        session.execute(insert_frame(source.id))
        lease_one(session)
        assert take_untaken_threads(session, asked_before=soon, long_before=late) == []
        assert has_untold_look(session)
        assert take_untaken_threads(session, asked_before=soon, long_before=soon) == [THREAD]
        assert not has_untold_look(session)
        assert take_untaken_threads(session, asked_before=soon, long_before=soon) == []


def active(session: Session) -> Any:
    return active_version(session, source_by_name(session, "line-1"))


def insert_frame(source_id: int) -> Any:
    values = {
        "source_id": source_id,
        "sha256": "f" * 64,
        "captured_at": NOON,
        "captured_by": "mtime",
        "received_at": NOON,
        "sequence": 0,
        "name": "held.png",
        "size_bytes": 1,
        "attributes": {},
        "state": "pending",
        "attempt": 0,
    }
    return insert(FrameRow).values(values)


def test_names_only_sources_whose_detector_is_there_to_score(database: Database) -> None:
    with database.transaction() as session:
        make_version(session, make_source(session, "line-2"))
        make_version(session, make_source(session, "imported"), bundle=None)
        make_source(session, "new")

        assert [source.name for source in judged_sources(session)] == ["line-2"]


def test_forgets_a_question_and_its_files_after_a_while_but_no_file_that_is_needed(
    database: Database, tmp_path: Path
) -> None:
    blobs = BlobStore(tmp_path / "data")
    names = [blobs.put(f"image {number}".encode()) for number in range(6)]
    picture = blobs.put(b"heatmap")
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        make_inspection(session, source, version, 0, score=0.5)
        session.execute(update(FrameRow).values(sha256=names[1]))
        session.execute(insert(PinRow).values(detector_version_id=version.id, sha256=names[2]))
        result = LookResult(verdict=Verdict.NORMAL, score=0.1, threshold=1.0, picture=picture)
        for number in range(5):
            ask(session, number=number, is_new=False, now=NOON + timedelta(days=6 if number == 3 else 0))
            finish_look(session, claimed(session), result, now=NOON)
        ask(session, number=5, is_new=False)
        for row in session.scalars(select(JobRow).order_by(JobRow.id)):
            number = int(row.arguments["sha256"], 16)
            row.arguments = row.arguments | {"sha256": names[number if number != 4 else 3]}
    week = NOON + timedelta(days=7, hours=1)

    assert prune_looks(database, blobs, days=7, now=week) == 2

    # Needed: a frame's, a pinned one, one asked about again lately, one that still waits, one nobody asked about.
    assert sorted(blobs.names()) == sorted(name for number, name in enumerate(names) if number != 0)
    with database.reading() as session:
        left = list(session.scalars(select(JobRow.arguments["sha256"].as_string()).order_by(JobRow.id)))
    assert left == [names[3], names[5]]
    assert prune_looks(database, blobs, days=7, now=week) == 0


def test_keeps_an_image_that_is_asked_about_when_its_frame_forgets_it(database: Database, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "data")
    name = blobs.put(b"image")
    with database.transaction() as session:
        source = make_source(session)
        make_inspection(session, source, make_version(session, source), 0, score=0.5)
        session.execute(update(FrameRow).values(sha256=name))
        look = NewLook(source.id, source.name, name, "part.png", "slack:U1", THREAD)
        add_look(session, look, now=NOON)

    assert prune_originals(database, blobs, normal_days=1, anomaly_days=1, now=NOON + timedelta(days=2)) == 1
    assert list(blobs.names()) == [name]


@pytest.fixture
def written(database: Database) -> Database:
    write_history(database)
    return database


def everything(database: Database) -> dict[str, Any]:
    """Return every figure that anything in the house counts, or decides by."""
    now = REPORTED_AT
    with database.reading() as session:
        press = source_by_name(session, "press")
        version = active_version(session, press)
        assert version is not None
        report = build_report(session, Asked(MONTH, timedelta(hours=1)), now=now)
        figures: dict[str, Any] = {
            "report": report,
            "counts": count_inspections(session, selection=Selection(window=MONTH)),
            "frames": count_frames_by_source(session, window=MONTH),
            "status": source_status(session, window=MONTH, limit=50),
            "what if": threshold_table(session, source=press, window=MONTH, join=timedelta(minutes=30)),
            "budget": budget_outlook(session, version, budget=2, now=now),
            "commissioned": commissioned(session, version, budget=2, now=now),
            "false incidents": false_incidents(session, source_id=press.id, window=MONTH),
            "misses": misses(session, selection=Selection(window=MONTH)),
            "incidents": list_incidents(session, window=MONTH, limit=100),
            "pace": frames_a_day(session, press.id, now=now),
            "first": first_received(session, [press.id]),
            "queue": queue_depth(session),
            "drift": p_values_after(session, version.id, 0, limit=9999),
            "sweep": count_labelled_since(session, source_id=press.id, since=None),
            "silence": last_received_at(session, press.id),
            "tally": tally(session).frames,
        }
    with database.transaction() as session:  # a day is picked once, so it is undone
        day = local_days(date(2026, 3, 29), date(2026, 3, 30))
        press = source_by_name(session, "press")
        figures["audit"] = pick_for_audit(session, press, day="2026-03-29", window=day, frames=9, now=now)
        session.rollback()
    assert figures["audit"]
    return figures


def rows_but(database: Database, *left_out: str) -> dict[str, list[Any]]:
    """Return every row of every table that is not left out."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in left_out]
    with database.reading() as session:
        return {table.name: [tuple(row) for row in session.execute(select(table))] for table in tables}


def test_changes_no_row_and_no_figure_that_anything_counts(written: Database) -> None:
    rows, figures = rows_but(written, "job", "audit", "event"), everything(written)
    for number in range(30):
        with written.transaction() as session:
            ask(session, "press", number=number, is_new=False, now=REPORTED_AT - timedelta(hours=number))
    assert everything(written) == figures
    for _ in range(30):
        with written.transaction() as session:
            assert finish_look(session, claimed(session), ODD, now=REPORTED_AT)

    assert everything(written) == figures
    assert rows_but(written, "job", "audit", "event") == rows
    assert {event["kind"] for event in events(written)[-30:]} == {"look"}


def test_the_same_image_as_a_frame_would_have_changed_them(written: Database) -> None:
    with written.transaction() as session:
        set_source_state(session, "press", SourceState.LIVE, actor="test", now=REPORTED_AT - timedelta(days=2))
    figures = everything(written)
    with written.transaction() as session:
        press = source_by_name(session, "press")
        version = active_version(session, press)
        assert version is not None
        at = REPORTED_AT - timedelta(days=1)
        make_inspection(session, press, version, 999_999, score=9.5, captured_at=at)

    after = everything(written)

    changed = {name for name in figures if figures[name] != after[name]}
    wanted = {"report", "counts", "frames", "status", "what if", "tally", "drift", "silence", "commissioned"}
    assert wanted <= changed
