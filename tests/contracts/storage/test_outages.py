"""Outages: opened and ended once, told through the outbox, and answered for by window, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.database import Database, Session
from storage.models import DeliveryRow, EventRow, InspectionRow, RollUpRow
from storage.queries.outages import not_judged
from storage.records import (
    SILENT,
    DeliveryKind,
    Fault,
    LabelKind,
    NewDelivery,
    NotJudged,
    Outage,
    Window,
)
from storage.repositories.arrivals import last_arrivals, last_received_at, spans_with_frames
from storage.repositories.deliveries import add_delivery, claim_due_deliveries, mark_sent
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.labels import add_label
from storage.repositories.outages import (
    UnknownOutageError,
    count_outage_posts,
    end_outage,
    is_outage_settled,
    keep_outage,
    list_outages,
    open_outage,
    open_outage_of,
    outage_by_id,
    outage_told_at,
    set_outage_message,
    set_told_frames,
    told_outages_going_on,
)
from storage.repositories.recent_frames import is_judged, mark_faulted, recent_frames
from storage.repositories.roll_ups import write_counts
from tests.factories import NOON, make_inspection, make_source, make_version

MINUTE = timedelta(minutes=1)


def opened(
    session: Session, source_id: int, *, kind: str = Fault.MOVED, minute: int = 0, is_told: bool = True
) -> int | None:
    at = NOON + minute * MINUTE
    return open_outage(
        session,
        source_id=source_id,
        kind=kind,
        started_at=at,
        last_at=at,
        frames=3,
        is_told=is_told,
        now=at,
    )


def test_one_outage_of_a_source_goes_on_at_a_time(database: Database) -> None:
    with database.transaction() as session:
        line_1, line_2 = make_source(session).id, make_source(session, "line-2").id

        first, again, other = opened(session, line_1), opened(session, line_1, minute=1), opened(session, line_2)

        assert first is not None
        assert again is None
        assert other is not None
        going_on = open_outage_of(session, line_1)
        assert going_on == Outage(first, line_1, "line-1", "moved", NOON, NOON, None, frames=3, good=0)


def test_tells_of_its_beginning_and_its_end_in_their_transactions(database: Database) -> None:
    with pytest.raises(UnknownOutageError):
        _open_and_fail(database)
    with database.transaction() as session:
        source = make_source(session)
        outage_id = opened(session, source.id)
        outage = open_outage_of(session, source.id)
        assert outage is not None
        assert end_outage(session, outage, at=NOON + 9 * MINUTE, now=NOON + 9 * MINUTE)
        assert not end_outage(session, outage, at=NOON + 10 * MINUTE, now=NOON + 10 * MINUTE)

    with database.reading() as session:
        events = session.scalars(select(EventRow).order_by(EventRow.id)).all()
        [kept] = list_outages(session, limit=9)
    assert [(event.kind, event.payload) for event in events] == [("outage", {"outage_id": outage_id})] * 2
    assert kept.ended_at == NOON + 9 * MINUTE


def _open_and_fail(database: Database) -> None:
    with database.transaction() as session:
        opened(session, make_source(session).id)
        outage_by_id(session, 99)


def test_tells_nobody_of_an_outage_in_commissioning(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        opened(session, source.id, is_told=False)
        outage = open_outage_of(session, source.id)
        assert outage is not None
        assert told_outages_going_on(session, limit=9) == []
        end_outage(session, outage, at=NOON, now=NOON)

        assert session.scalars(select(EventRow)).all() == []


def test_counts_on_while_it_goes_on_and_no_longer(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        opened(session, source.id)
        outage = open_outage_of(session, source.id)
        assert outage is not None
        longer = replace(outage, kind="black", frames=412, good=2, last_at=NOON + MINUTE)
        assert keep_outage(session, longer)
        assert open_outage_of(session, source.id) == longer

        end_outage(session, longer, at=NOON, now=NOON)
        assert not keep_outage(session, replace(longer, frames=500))
        assert outage_by_id(session, outage.id).frames == 412
        with pytest.raises(UnknownOutageError):
            outage_by_id(session, 99)


def test_lists_the_newest_first_of_one_source_or_all(database: Database) -> None:
    with database.transaction() as session:
        line_1, line_2 = make_source(session), make_source(session, "line-2")
        opened(session, line_1.id)
        going_on = open_outage_of(session, line_1.id)
        assert going_on is not None
        end_outage(session, going_on, at=NOON + MINUTE, now=NOON)
        opened(session, line_1.id, minute=5)
        opened(session, line_2.id, minute=2)

        assert [one.started_at for one in list_outages(session, limit=9)] == [NOON + at * MINUTE for at in (5, 2, 0)]
        assert len(list_outages(session, limit=9, source="line-1")) == 2
        assert [one.source for one in list_outages(session, limit=9, only_open=True)] == ["line-1", "line-2"]
        assert len(list_outages(session, limit=1)) == 1


def test_remembers_where_its_message_stands_and_what_it_says(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        outage_id = opened(session, source.id)
        assert outage_id is not None
        for _ in range(2):
            add_delivery(session, NewDelivery(DeliveryKind.OUTAGE, "#a", NOON, outage_id=outage_id), now=NOON)
        assert len(session.scalars(select(DeliveryRow)).all()) == 1
        assert not is_outage_settled(session, outage_id)
        [delivery] = claim_due_deliveries(session, limit=9, now=NOON)
        assert delivery.outage_id == outage_id
        assert mark_sent(session, delivery, message_ts="1.0", now=NOON + MINUTE)
        set_outage_message(session, outage_id, channel="C1", message_ts="1.0")
        set_told_frames(session, outage_id, 3)

        told = outage_by_id(session, outage_id)
        assert (told.channel, told.message_ts, told.told_frames) == ("C1", "1.0", 3)
        assert outage_told_at(session, outage_id) == NOON + MINUTE
        assert count_outage_posts(session, outage_id) == 1
        assert is_outage_settled(session, outage_id)


def test_says_what_of_a_window_was_not_judged(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        opened(session, source.id, minute=-10)
        going_on = open_outage_of(session, source.id)
        assert going_on is not None
        end_outage(session, going_on, at=NOON + 20 * MINUTE, now=NOON)
        opened(session, source.id, kind=SILENT, minute=40)
        for number, fault in enumerate([Fault.MOVED, Fault.MOVED, Fault.BLACK, None]):
            make_inspection(session, source, version, number, fault=fault, captured_at=NOON + number * MINUTE)
        make_inspection(session, source, version, 9, fault=Fault.MOVED, captured_at=NOON - 5 * MINUTE)
        window = Window(NOON, NOON + 60 * MINUTE)

        found = not_judged(session, window=window, now=NOON + 45 * MINUTE, sources=("line-1",))

        assert found == [
            NotJudged("line-1", "black", 0.0, 1, 0),
            NotJudged("line-1", "moved", 20.0, 2, 1),
            NotJudged("line-1", "silent", 5.0, 0, 1),
        ]
        assert not_judged(session, window=window, now=NOON, sources=()) == []


def test_takes_back_its_word_on_frames_that_turn_out_faulty(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        odd, normal, told, labelled = (
            make_inspection(session, source, version, number, score=score)
            for number, score in enumerate((2.0, 0.5, 2.0, 0.5))
        )
        join_incident(session, told, Joining(MINUTE), now=NOON)
        add_label(session, labelled, LabelKind.DEFECT, author="test", now=NOON)
        session.flush()

        frames = list(session.scalars(select(InspectionRow.frame_id).order_by(InspectionRow.id)))
        marked = mark_faulted(session, version.id, frames, Fault.MOVED)

        assert marked == frames[:2]
        assert [is_judged(session, one) for one in (odd, normal, told, labelled)] == [False, False, True, True]
        assert mark_faulted(session, version.id, frames[:1], Fault.BLACK) == []
        write_counts(session)
        [roll_up] = session.scalars(select(RollUpRow)).all()
        assert (roll_up.anomalous, roll_up.faulted, roll_up.scored) == (1, 2, 4)


def test_finds_the_frames_just_before_by_when_they_were_captured(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        for number in (3, 1, 2, 9):
            at = NOON + number * MINUTE
            make_inspection(session, source, version, number, captured_at=at, signs={"mean": float(number)})
        newer = make_version(session, source)

        found = recent_frames(session, source_id=source.id, version_id=version.id, until=NOON + 5 * MINUTE, limit=2)

        assert [(frame.sha256, frame.signs) for frame in found] == [
            (f"{2:064x}", {"mean": 2.0}),
            (f"{3:064x}", {"mean": 3.0}),
        ]
        assert recent_frames(session, source_id=source.id, version_id=newer.id, until=NOON + MINUTE, limit=2) == []


def test_knows_a_sources_pace(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        assert last_received_at(session, source.id) is None
        for number in range(4):
            make_inspection(session, source, version, number, captured_at=NOON + 20 * number * MINUTE)

        assert last_received_at(session, source.id) == NOON + 60 * MINUTE
        assert last_arrivals(session, source.id, limit=2) == [NOON + 40 * MINUTE, NOON + 60 * MINUTE]
        spans = [NOON + at * MINUTE for at in (15, 30, 60)]
        assert spans_with_frames(session, source.id, since=NOON + MINUTE) == spans
