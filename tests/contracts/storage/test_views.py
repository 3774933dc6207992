"""A wish that a moved camera stays: it waits for frames, is had once, and is dropped where the camera is back."""

from datetime import timedelta

import pytest

from storage.database import Database, Session
from storage.models import AuditRow, FrameRow
from storage.records import Fault, JobState
from storage.repositories.jobs import claim_job, has_job, job_by_id
from storage.repositories.outages import end_outage, open_outage, outage_by_id
from storage.repositories.versions import active_version
from storage.repositories.views import (
    FRAMES_WANTED,
    NotMovedError,
    count_view,
    frames_of_view,
    start_views,
    view_job,
    want_view,
)
from tests.factories import NOON, make_inspection, make_source, make_version

MINUTE = timedelta(minutes=1)


def moved(session: Session, *, frames: int, kind: str = Fault.MOVED) -> int:
    """Let a source's camera have moved so many frames ago; two others of it were good before."""
    source = make_source(session)
    version = make_version(session, source)
    for number in range(-2, frames):
        at, fault = NOON + number * MINUTE, kind if number >= 0 else None
        make_inspection(session, source, version, 2 + number, captured_at=at, fault=fault)
    moments = {"started_at": NOON, "last_at": NOON + frames * MINUTE, "now": NOON}
    opened = open_outage(session, source_id=source.id, kind=kind, frames=frames, is_told=True, **moments)
    assert opened is not None
    return opened


def test_waits_for_fifty_frames_before_it_is_worked_on(database: Database) -> None:
    with database.transaction() as session:
        outage_id = moved(session, frames=FRAMES_WANTED - 1)
        wish = want_view(session, outage_id, channel="C1", actor="ben", now=NOON)
        assert start_views(session) == []
        assert not has_job(session)
        assert claim_job(session, owner="test", lease_seconds=60) is None
        make_one_more(session, outage_id)
        assert start_views(session) == ["line-1"]
        lease = claim_job(session, owner="test", lease_seconds=60)

    assert lease is not None
    assert (lease.job.id, lease.job.arguments["outage_id"], lease.job.arguments["channel"]) == (
        wish.id,
        outage_id,
        "C1",
    )


def make_one_more(session: Session, outage_id: int) -> None:
    source = make_source(session)
    at = NOON + FRAMES_WANTED * MINUTE
    version = active_version(session, source)
    assert version is not None
    make_inspection(session, source, version, FRAMES_WANTED + 5, captured_at=at, fault=Fault.MOVED)
    assert count_view(session, outage_by_id(session, outage_id)) == FRAMES_WANTED


def test_counts_only_frames_since_the_move_whose_originals_are_there_newest_first(database: Database) -> None:
    with database.transaction() as session:
        outage = outage_by_id(session, moved(session, frames=3))
        rows = session.query(FrameRow).order_by(FrameRow.captured_at.desc()).limit(3).all()
        rows[1].has_blob = False
        session.flush()
        assert count_view(session, outage) == 2
        assert frames_of_view(session, outage, limit=5) == [rows[0].sha256, rows[2].sha256]


def test_two_wishes_are_one_and_stand_once_in_the_audit(database: Database) -> None:
    with database.transaction() as session:
        outage_id = moved(session, frames=3)
        first = want_view(session, outage_id, channel=None, actor="ben", now=NOON)
        again = want_view(session, outage_id, channel=None, actor="anna", now=NOON + MINUTE)
        audits = session.query(AuditRow).filter_by(action="new_view_wanted").all()

    assert again == first
    assert [(one.actor, one.subject, one.detail["outage"]) for one in audits] == [("ben", "line-1", outage_id)]


def test_drops_the_wish_where_the_camera_is_back(database: Database) -> None:
    with database.transaction() as session:
        outage_id = moved(session, frames=FRAMES_WANTED)
        wish = want_view(session, outage_id, channel=None, actor="ben", now=NOON)
        assert end_outage(session, outage_by_id(session, outage_id), at=NOON + 60 * MINUTE, now=NOON + 60 * MINUTE)
        assert start_views(session) == []
        done = job_by_id(session, wish.id)

    assert (done.state, done.result is not None and "back where it was" in done.result["none"]) == (JobState.DONE, True)


def test_refuses_what_is_no_moved_camera(database: Database) -> None:
    with database.transaction() as session:
        outage_id = moved(session, frames=3, kind=Fault.BLACK)
        with pytest.raises(NotMovedError, match="is not said to have moved"):
            want_view(session, outage_id, channel=None, actor="ben", now=NOON)
        assert view_job(session, outage_by_id(session, outage_id)) is None
