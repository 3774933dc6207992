"""The daily audit's picks and what is known of misses, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from storage.database import Database, Session
from storage.models import AuditPickRow
from storage.queries.around import frames_round
from storage.queries.misses import misses
from storage.queries.selection import Selection
from storage.records import LabelKind, Source, Window
from storage.repositories.audit_picks import NotPickedError, answer_pick, pick_for_audit, picks_of
from storage.repositories.labels import add_label
from storage.repositories.thumbnails import set_thumbnails, without_thumbnail
from tests.factories import NOON, make_inspection, make_source, make_version

DAY = Window(NOON, NOON + timedelta(days=1))
UNKNOWN = "misses unknown: only alerted frames were labelled"


def normals(session: Session, source: Source, count: int, *, start: int = 0) -> list[int]:
    version = make_version(session, source)
    return [
        make_inspection(session, source, version, start + number, score=0.01 * (number + 1)) for number in range(count)
    ]


def pick(session: Session, source: Source, day: str = "2026-11-20", frames: int = 5) -> list[int]:
    return pick_for_audit(session, source, day=day, window=DAY, frames=frames, now=NOON)


def test_picks_three_at_random_and_the_two_nearest_below_the_threshold_once_a_day(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        ids = normals(session, source, 60)
        make_inspection(session, source, make_version(session, source), 99, score=2.0)

        chosen, again = pick(session, source), pick(session, source)
        picks = picks_of(session, chosen)

    assert again == []
    assert [one.stratum for one in picks] == ["random"] * 3 + ["near"] * 2
    assert {one.weight for one in picks[:3]} == {20.0}
    nearest = [one for one in reversed(ids) if one not in chosen[:3]][:2]
    assert chosen[3:] == nearest


def test_picks_alike_where_the_day_is_alike_and_otherwise_on_another(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        normals(session, source, 60)
        first, other = pick(session, source), pick(session, source, "2026-11-21")
        session.execute(delete(AuditPickRow))
        again = pick(session, source)

    assert again == first
    assert other[:3] != first[:3]


def test_picks_what_there_is_where_there_are_few_frames(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        ids = normals(session, source, 2)

        assert sorted(pick(session, source)) == ids
        assert pick(session, make_source(session, "line-2")) == []


def test_says_the_rate_of_random_picks_with_its_exact_interval(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        normals(session, source, 60)
        chosen = pick(session, source)
        answer_pick(session, chosen[0], "missed", author="ada", now=NOON)
        answer_pick(session, chosen[1], "good", author="ada", now=NOON)
        answer_pick(session, chosen[3], "missed", author="ada", now=NOON)

        found = misses(session, selection=Selection(sources=("line-1",)))

    assert (found.looked_at, found.missed, found.near_looked_at, found.near_missed, found.reported) == (2, 1, 1, 1, 2)
    assert (found.low, found.high) == pytest.approx((0.012579, 0.987421), abs=1e-5)
    assert found.sentence.startswith("misses: 1 of 2 audited frames called normal was a defect, so between 1.3 % and")


def test_says_that_misses_are_unknown_where_only_alerts_were_labelled(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        normals(session, source, 9)
        pick(session, source)

        found = misses(session, selection=Selection())

    assert (found.rate, found.sentence) == (None, UNKNOWN)


def test_lets_the_last_word_on_a_pick_count_and_keeps_each_in_the_audit(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        normals(session, source, 9)
        chosen = pick(session, source)
        for said in ("missed", "missed", "good"):
            answer_pick(session, chosen[0], said, author="ada", now=NOON)
        (answered,) = picks_of(session, chosen[:1])

        found = misses(session, selection=Selection())

    assert (answered.said, answered.said_by) == ("good", "ada")
    assert (found.looked_at, found.missed, found.reported) == (1, 0, 0)


def test_takes_a_word_that_came_by_another_way_for_an_answer(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        normals(session, source, 9)
        chosen = pick(session, source)
        add_label(session, chosen[0], LabelKind.MISSED, author="ada", now=NOON)

        assert misses(session, selection=Selection()).missed == 1


def test_refuses_an_answer_on_what_nobody_was_asked_about(database: Database) -> None:
    with database.transaction() as session:
        (inspection_id,) = normals(session, make_source(session), 1)

        with pytest.raises(NotPickedError):
            answer_pick(session, inspection_id, "good", author="ada", now=NOON)


def test_finds_the_frames_nearest_to_a_moment_in_order(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        ids = normals(session, source, 60)
        make_inspection(session, source, make_version(session, source), 90, captured_at=NOON + timedelta(hours=2))
        at = NOON + timedelta(seconds=30)

        near = frames_round(session, source_id=source.id, at=at, limit=5)
        none = frames_round(session, source_id=source.id, at=NOON + timedelta(hours=1), limit=5)

    assert [one.id for one in near] == ids[28:33]
    assert none == []


def test_keeps_a_thumbnail_only_where_there_was_none(database: Database) -> None:
    with database.transaction() as session:
        ids = normals(session, make_source(session), 2)
        waiting = without_thumbnail(session, ids)
        set_thumbnails(session, {ids[0]: "a" * 64})
        set_thumbnails(session, {ids[0]: "b" * 64})

        assert [inspection_id for inspection_id, _ in waiting] == ids
        assert [inspection_id for inspection_id, _ in without_thumbnail(session, ids)] == ids[1:]


@pytest.mark.parametrize(("reports", "were"), [(1, "1 was"), (2, "2 were")])
def test_says_that_misses_were_reported_where_nobody_answered_an_audit(
    database: Database, reports: int, were: str
) -> None:
    with database.transaction() as session:
        for inspection_id in normals(session, make_source(session), 5)[:reports]:
            add_label(session, inspection_id, LabelKind.MISSED, author="ben", now=NOON)

        found = misses(session, selection=Selection(window=DAY))

    assert (found.reported, found.rate) == (reports, None)
    assert found.sentence == f"misses unknown: {were} reported, but no audit was answered"
