"""Incidents by likeness, what is remembered of labels, silences for a part, and acts taken back; on both databases."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from storage.database import Database
from storage.models import InspectionRow, LabelRow, SilenceRow
from storage.records import Candidate, DeliveryKind, IncidentState, LabelKind, Likeness, NewDelivery
from storage.repositories.audit import is_undone, last_act
from storage.repositories.deliveries import add_delivery, claim_due_deliveries, mark_sent
from storage.repositories.incidents import (
    Joining,
    incident_by_id,
    join_incident,
    resolve_quiet_incidents,
    set_incident_state,
    set_message,
    untaken_incidents,
)
from storage.repositories.labels import add_label, last_label, withdraw_label
from storage.repositories.memory import held_back, hold_back, labelled_false_alarms, remembered
from storage.repositories.silences import active_silences, add_silence, count_hit, is_silenced, silences_of
from storage.repositories.undoing import NotUndoneError, undo
from tests.factories import NOON, make_inspection, make_source, make_version

JOIN, HOUR = timedelta(minutes=30), timedelta(hours=1)


class BySpace:
    """Calls alike what has the same embedding space: a stand-in for cosines."""

    def choose(self, found: Likeness, candidates: Sequence[Candidate]) -> int | None:
        alike = [one.incident.id for one in candidates if one.embedding_space == found.embedding_space]
        return alike[0] if alike else None

    def add(self, likeness: bytes | None, found: Likeness) -> bytes | None:
        return (likeness or b"") + found.vectors


def anomalies(database: Database, *spaces: str, minutes: float = 1.0) -> list[int]:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        return [
            make_inspection(
                session,
                source,
                version,
                number,
                captured_at=NOON + timedelta(minutes=minutes * number),
                vectors=b"\x00\x3c",
                embedding_space=space,
            )
            for number, space in enumerate(spaces)
        ]


def join(database: Database, inspection_id: int, joining: Joining, *, minutes: float = 0) -> tuple[int, bool, bool]:
    with database.transaction() as session:
        now = NOON + timedelta(minutes=minutes)
        joined = join_incident(session, inspection_id, joining, grouping=BySpace(), now=now)
    return joined.incident.id, joined.is_new, joined.is_reopened


def test_keeps_apart_what_is_not_alike_though_it_comes_together(database: Database) -> None:
    ids = anomalies(database, "a", "b", "a", "b")
    joined = [join(database, one, Joining(JOIN), minutes=number) for number, one in enumerate(ids)]

    assert joined == [(1, True, False), (2, True, False), (1, False, False), (2, False, False)]
    with database.reading() as session:
        assert incident_by_id(session, 1).anomalies == 2


def test_opens_an_incident_again_whose_like_comes_soon_after_it_was_resolved(database: Database) -> None:
    ids = anomalies(database, "a", "b", "a", "a", minutes=40)
    joining = Joining(JOIN, flap=HOUR)
    join(database, ids[0], joining)
    with database.transaction() as session:
        assert resolve_quiet_incidents(session, quiet=HOUR, now=NOON + timedelta(minutes=70)) == [1]

    assert join(database, ids[1], joining, minutes=75) == (2, True, False)
    assert join(database, ids[2], joining, minutes=80) == (1, False, True)
    with database.transaction() as session:
        back = incident_by_id(session, 1)
        assert (back.state, back.reopened, back.closed_at, back.anomalies) == (IncidentState.OPEN, 1, None, 2)
        later = NOON + timedelta(minutes=80) + 1.5 * HOUR
        assert resolve_quiet_incidents(session, quiet=HOUR, now=later) == [2]
        assert resolve_quiet_incidents(session, quiet=HOUR, now=later + HOUR) == [1]
    assert join(database, ids[3], joining, minutes=600) == (3, True, False)


def test_opens_none_again_of_another_time_though_it_was_resolved_just_now(database: Database) -> None:
    ids = anomalies(database, "a", "a", minutes=24 * 60)
    joining = Joining(JOIN, flap=HOUR)
    join(database, ids[0], joining)
    with database.transaction() as session:
        assert resolve_quiet_incidents(session, quiet=HOUR, now=NOON + timedelta(days=1)) == [1]

    assert join(database, ids[1], joining, minutes=24 * 60) == (2, True, False)


def test_puts_what_is_too_much_into_one_incident_more(database: Database) -> None:
    ids = anomalies(database, "a", "b", "c", "d", "a")
    joining = Joining(JOIN, storm_incidents=2, storm_window=HOUR)
    joined = [join(database, one, joining, minutes=number)[0] for number, one in enumerate(ids)]

    assert joined == [1, 2, 3, 3, 1]
    with database.reading() as session:
        assert [incident_by_id(session, one).is_storm for one in (1, 2, 3)] == [False, False, True]


def test_dismisses_an_incident_by_the_word_on_its_cover_and_opens_it_by_another(database: Database) -> None:
    ids = anomalies(database, "a", "a")
    for one in ids:
        join(database, one, Joining(JOIN))
    states = []
    with database.transaction() as session:
        for inspection_id, kind in (
            (ids[1], LabelKind.FALSE_ALARM),
            (ids[0], LabelKind.FALSE_ALARM),
            (ids[0], LabelKind.DEFECT),
        ):
            add_label(session, inspection_id, kind, author="slack:U1", now=NOON)
            states.append(incident_by_id(session, 1).state)
        assert labelled_false_alarms(session, 1) == [ids[1]]

    assert states == [IncidentState.OPEN, IncidentState.DISMISSED, IncidentState.OPEN]


@pytest.mark.parametrize("is_first", [True, False])
def test_never_dismisses_an_incident_with_a_defect_in_it(database: Database, *, is_first: bool) -> None:
    ids = anomalies(database, "a", "a")
    for one in ids:
        join(database, one, Joining(JOIN))
    words = [(ids[1], LabelKind.DEFECT), (ids[0], LabelKind.FALSE_ALARM)]
    with database.transaction() as session:
        labels = [
            add_label(session, inspection_id, kind, author="slack:U1", now=NOON)
            for inspection_id, kind in (words if is_first else reversed(words))
        ]
        said = incident_by_id(session, 1).state
        defect = next(label for label in labels if label.kind is LabelKind.DEFECT)
        withdraw_label(session, defect.id, author="slack:U1", now=NOON)
        withdrawn = incident_by_id(session, 1).state

    assert (said, withdrawn) == (IncidentState.OPEN, IncidentState.DISMISSED)


def test_remembers_defects_for_good_and_false_alarms_for_a_while(database: Database) -> None:
    old, new, defect, unsure = anomalies(database, "a", "a", "a", "a")
    with database.transaction() as session:
        add_label(session, old, LabelKind.FALSE_ALARM, author="slack:U1", now=NOON - timedelta(days=40))
        add_label(session, new, LabelKind.DEFECT, author="slack:U1", now=NOON - timedelta(days=9))
        add_label(session, new, LabelKind.FALSE_ALARM, author="slack:U2", now=NOON - timedelta(days=8))
        add_label(
            session, defect, LabelKind.DEFECT, author="slack:U1", defect_class="dent", now=NOON - timedelta(days=90)
        )
        add_label(session, unsure, LabelKind.UNSURE, author="slack:U1", now=NOON)
        source_id = session.get_one(InspectionRow, old).source_id
        since = NOON - timedelta(days=30)
        known = remembered(session, source_id, false_alarms_since=since)
        before = [(one.likeness.inspection_id, one.label) for one in known]
        add_label(session, old, LabelKind.FALSE_ALARM, author="slack:U1", now=NOON)
        after = remembered(session, source_id, false_alarms_since=since)
        few = remembered(session, source_id, false_alarms_since=since, most=1)
        history = session.query(LabelRow).filter_by(inspection_id=old).count()

    assert sorted(before) == [(new, LabelKind.FALSE_ALARM), (defect, LabelKind.DEFECT)]
    assert {one.likeness.inspection_id for one in after} == {old, new, defect}
    assert {one.defect_class for one in after if one.label is LabelKind.DEFECT} == {"dent"}
    assert history == 2
    assert [one.likeness.inspection_id for one in few] == [defect, old]


def test_counts_what_each_false_alarm_has_held_back(database: Database) -> None:
    alarm, first, second, other = anomalies(database, "a", "a", "a", "a")
    with database.transaction() as session:
        for one in (first, second):
            hold_back(session, one, like=alarm)
        held = held_back(session, [alarm, other])

    assert list(held) == [alarm]
    assert (held[alarm].count, held[alarm].last_at) == (2, NOON + timedelta(minutes=2))


def test_silences_a_part_without_silencing_the_source(database: Database) -> None:
    (like,) = anomalies(database, "a")
    until = NOON + HOUR
    with database.transaction() as session:
        source_id = session.get_one(InspectionRow, like).source_id
        chosen: dict[str, Any] = {
            "source_id": source_id,
            "until": until,
            "author": "slack:U1",
            "comment": "",
            "now": NOON,
        }
        first = add_silence(session, like_inspection_id=like, **chosen)
        again = add_silence(session, like_inspection_id=like, **chosen)
        lot = add_silence(session, attribute=("lot", "L7"), **chosen)
        assert not is_silenced(session, source_id=source_id, now=NOON)
        count_hit(session, first)
        count_hit(session, first)
        found = {one.id: one for one in silences_of(session, source_id, now=NOON)}

    assert first == again
    assert (found[first].like_inspection_id, found[first].hits) == (like, 2)
    assert (found[lot].attribute, found[lot].value) == ("lot", "L7")


def test_takes_a_label_back_so_that_the_one_before_counts(database: Database) -> None:
    (one,) = anomalies(database, "a")
    join(database, one, Joining(JOIN))
    with database.transaction() as session:
        add_label(session, one, LabelKind.DEFECT, author="slack:U1", defect_class="dent", now=NOON)
        add_label(session, one, LabelKind.FALSE_ALARM, author="slack:U2", now=NOON)
        act = last_act(session, 1)
        assert act is not None
        assert incident_by_id(session, 1).state is IncidentState.DISMISSED
        for author in ("slack:U2", "slack:U3"):
            undo(session, act.id, author=author, now=NOON)
        word, row = last_label(session, one), session.get_one(InspectionRow, one)
        last = last_act(session, 1)

        assert is_undone(session, act.id)
        assert word is not None
        assert (word.kind, row.label, row.defect_class) == (LabelKind.DEFECT, "defect", "dent")
        assert incident_by_id(session, 1).state is IncidentState.OPEN
        assert last is not None
        assert (last.action, last.actor) == ("undo", "slack:U2")


def test_takes_back_a_silence_and_an_acknowledgement(database: Database) -> None:
    (one,) = anomalies(database, "a")
    join(database, one, Joining(JOIN))
    with database.transaction() as session:
        source_id = session.get_one(InspectionRow, one).source_id
        add_silence(
            session, source_id=source_id, until=NOON + HOUR, author="slack:U1", comment="", incident_id=1, now=NOON
        )
        silence = last_act(session, 1)
        set_incident_state(session, 1, IncidentState.ACKNOWLEDGED, actor="slack:U1", now=NOON)
        acknowledgement = last_act(session, 1)
        assert silence is not None
        assert acknowledgement is not None
        undo(session, silence.id, author="slack:U2", now=NOON)
        undo(session, acknowledgement.id, author="slack:U2", now=NOON)

        assert active_silences(session, now=NOON) == []
        assert session.query(SilenceRow.ended_by).scalar() == "slack:U2"
        assert incident_by_id(session, 1).state is IncidentState.OPEN


def test_takes_nothing_back_that_others_have_changed_since_or_that_cannot_be(database: Database) -> None:
    (one,) = anomalies(database, "a")
    join(database, one, Joining(JOIN))
    with database.transaction() as session:
        set_incident_state(session, 1, IncidentState.ACKNOWLEDGED, actor="slack:U1", now=NOON)
        act = last_act(session, 1)
        set_incident_state(session, 1, IncidentState.RESOLVED, actor="slack:U2", now=NOON)
        assert act is not None
        with pytest.raises(NotUndoneError, match="I-1 is resolved by now"):
            undo(session, act.id, author="slack:U1", now=NOON)
        with pytest.raises(NotUndoneError, match="cannot be taken back"):
            undo(session, 999, author="slack:U1", now=NOON)


def test_knows_which_open_incidents_nobody_took_up(database: Database) -> None:
    ids = anomalies(database, "a", "a", minutes=20)
    join(database, ids[0], Joining(JOIN))
    with database.transaction() as session:
        add_delivery(session, NewDelivery(DeliveryKind.POST, "#line", NOON, incident_id=1), now=NOON)
        (post,) = claim_due_deliveries(session, limit=1, now=NOON)
        mark_sent(session, post, message_ts="1.0", now=NOON)
        set_message(session, 1, channel="C1", message_ts="1.0")
        later = NOON + HOUR
        assert untaken_incidents(session, told_before=later) == []
    join(database, ids[1], Joining(JOIN), minutes=20)
    with database.transaction() as session:
        assert [one.id for one in untaken_incidents(session, told_before=later)] == [1]
        assert untaken_incidents(session, told_before=NOON) == []
        set_incident_state(session, 1, IncidentState.ACKNOWLEDGED, actor="slack:U1", now=NOON)
        assert untaken_incidents(session, told_before=later) == []
