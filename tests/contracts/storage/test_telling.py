"""Events, incidents, deliveries, labels and silences, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storage.database import Database
from storage.models import AuditRow, DeliveryRow, IncidentRow, InspectionRow, LabelRow
from storage.records import DeliveryKind, DeliveryState, IncidentState, LabelKind, NewDelivery
from storage.repositories.audit import act_at, write_audit
from storage.repositories.deliveries import (
    add_delivery,
    claim_due_deliveries,
    list_unsent,
    mark_due_again,
    mark_failed,
    mark_sent,
)
from storage.repositories.events import claim_events, forget_seen_events, is_first_sight, was_seen
from storage.repositories.incidents import (
    Joining,
    UnknownIncidentError,
    incident_by_id,
    join_incident,
    list_recent_incidents,
    resolve_quiet_incidents,
    set_incident_state,
)
from storage.repositories.labels import UnknownInspectionError, add_label, labels_of
from storage.repositories.silences import active_silences, add_silence, is_silenced
from tests.factories import NOON, make_inspection, make_source, make_version

JOIN = timedelta(minutes=30)


def test_gives_each_event_once_and_again_where_its_transaction_failed(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_inspection(session, source, make_version(session, source))

    def die_half_way() -> None:
        with database.transaction() as session:
            assert len(claim_events(session, limit=10, now=NOON)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die_half_way()
    with database.transaction() as session:
        again = claim_events(session, limit=10, now=NOON)
    with database.transaction() as session:
        assert claim_events(session, limit=10, now=NOON) == []

    assert len(again) == 1


def test_joins_anomalies_that_are_near_in_time_and_opens_another_for_a_later_one(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        moments = (timedelta(0), timedelta(minutes=20), timedelta(minutes=45), timedelta(hours=3))
        ids = [
            make_inspection(session, source, version, number, captured_at=NOON + after, score=2.0 + number)
            for number, after in enumerate(moments)
        ]
        joined = [
            join_incident(session, inspection_id, Joining(join=JOIN), now=NOON + after)
            for inspection_id, after in zip(ids, moments, strict=True)
        ]

    assert [each.is_new for each in joined] == [True, False, False, True]
    assert len({each.incident.id for each in joined}) == 2
    with database.reading() as session:
        first = incident_by_id(session, joined[0].incident.id)
    assert (first.anomalies, first.cover_inspection_id) == (3, ids[2])


def test_changes_nothing_when_an_anomaly_joins_twice(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        inspection_id = make_inspection(session, source, make_version(session, source))
        once = join_incident(session, inspection_id, Joining(join=JOIN), now=NOON)
        twice = join_incident(session, inspection_id, Joining(join=JOIN), now=NOON)

    assert (once.is_new, twice.is_new) == (True, False)
    assert twice.incident.anomalies == 1


def test_lets_no_frame_from_the_future_hold_an_incident_open(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        early = make_inspection(session, source, version, 1, captured_at=NOON + timedelta(days=400))
        opened = join_incident(session, early, Joining(join=JOIN), now=NOON).incident
        later = make_inspection(session, source, version, 2, captured_at=NOON + timedelta(hours=5))

        assert join_incident(session, later, Joining(join=JOIN), now=NOON + timedelta(hours=5)).is_new
        assert opened.last_at == NOON


def test_keeps_two_sources_apart(database: Database) -> None:
    with database.transaction() as session:
        for name in ("line-1", "line-2"):
            source = make_source(session, name)
            inspection_id = make_inspection(session, source, make_version(session, source))
            assert join_incident(session, inspection_id, Joining(join=JOIN), now=NOON).is_new

        assert [incident.source for incident in list_recent_incidents(session, limit=5)] == ["line-2", "line-1"]


def test_resolves_an_incident_after_a_quiet_time_and_audits_a_persons_act(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        inspection_id = make_inspection(session, source, make_version(session, source))
        incident = join_incident(session, inspection_id, Joining(join=JOIN), now=NOON).incident

    with database.transaction() as session:
        soon = resolve_quiet_incidents(session, quiet=timedelta(hours=1), now=NOON + timedelta(minutes=59))
        later = resolve_quiet_incidents(session, quiet=timedelta(hours=1), now=NOON + timedelta(minutes=61))
        set_incident_state(session, incident.id, IncidentState.DISMISSED, actor="slack:U1", now=NOON)
        audit = session.scalars(select(AuditRow.action).where(AuditRow.subject == incident.shown_id)).all()

    assert (soon, later) == ([], [incident.id])
    assert audit == ["incident_dismissed"]
    with database.reading() as session, pytest.raises(UnknownIncidentError, match="I-99"):
        incident_by_id(session, 99)


def test_merges_edits_that_wait_for_the_same_incident(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        inspection_id = make_inspection(session, source, make_version(session, source))
        incident = join_incident(session, inspection_id, Joining(join=JOIN), now=NOON).incident
        for _ in range(3):
            edit = NewDelivery(DeliveryKind.EDIT, "#line", NOON + timedelta(seconds=5), incident_id=incident.id)
            add_delivery(session, edit, now=NOON)

        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 1
        assert claim_due_deliveries(session, limit=5, now=NOON) == []
        assert len(claim_due_deliveries(session, limit=5, now=NOON + timedelta(seconds=5))) == 1


def test_settles_a_delivery_once_and_keeps_what_failed_in_sight(database: Database) -> None:
    with database.transaction() as session:
        for channel in ("#a", "#b", "#c"):
            add_delivery(session, NewDelivery(DeliveryKind.NOTICE, channel, NOON), now=NOON)
        sent, waiting, lost = claim_due_deliveries(session, limit=5, now=NOON)

    with database.transaction() as session:
        assert mark_sent(session, sent, message_ts="1.0", now=NOON)
        assert not mark_sent(session, sent, message_ts="2.0", now=NOON)
        assert mark_due_again(session, waiting, due_at=NOON + timedelta(seconds=9), error="429", counts=False)
        assert mark_failed(session, lost, error="channel_not_found")
        unsent = {each.channel: each for each in list_unsent(session, limit=5)}

    assert set(unsent) == {"#b", "#c"}
    assert (unsent["#b"].state, unsent["#b"].attempts) == (DeliveryState.PENDING, 0)
    assert (unsent["#c"].state, unsent["#c"].error) == (DeliveryState.FAILED, "channel_not_found")


def test_remembers_outside_events_until_told_to_forget(database: Database) -> None:
    with database.transaction() as session:
        assert is_first_sight(session, "Ev1", now=NOON)
        assert not is_first_sight(session, "Ev1", now=NOON)
        forget_seen_events(session, before=NOON + timedelta(days=1))
        assert is_first_sight(session, "Ev1", now=NOON)


def test_lets_the_last_label_win_and_keeps_the_history(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        inspection_id = make_inspection(session, source, make_version(session, source))
        add_label(session, inspection_id, LabelKind.DEFECT, author="slack:U1", defect_class="scratch", now=NOON)
        add_label(session, inspection_id, LabelKind.FALSE_ALARM, author="slack:U2", now=NOON)
        add_label(session, inspection_id, LabelKind.FALSE_ALARM, author="slack:U2", now=NOON)

        row = session.get_one(InspectionRow, inspection_id)
        history = labels_of(session, inspection_id)
        audit = session.scalars(select(AuditRow.actor).where(AuditRow.subject == f"A-{inspection_id}")).all()

    assert (row.label, row.defect_class) == ("false_alarm", None)
    assert [(label.kind, label.author) for label in history] == [("defect", "slack:U1"), ("false_alarm", "slack:U2")]
    assert audit == ["slack:U1", "slack:U2"]


def test_refuses_a_label_for_what_is_not_there(database: Database) -> None:
    with database.transaction() as session, pytest.raises(UnknownInspectionError, match="There is no inspection A-7"):
        add_label(session, 7, LabelKind.DEFECT, author="x", now=NOON)
    with database.reading() as session:
        assert session.scalars(select(LabelRow)).all() == []


def test_silences_one_source_for_a_time_once_for_a_double_click(database: Database) -> None:
    hour = NOON + timedelta(hours=1)
    with database.transaction() as session:
        silent, loud = make_source(session, "line-1"), make_source(session, "line-2")
        first = add_silence(session, source_id=silent.id, until=hour, author="slack:U1", comment="", now=NOON)
        again = add_silence(session, source_id=silent.id, until=hour, author="slack:U1", comment="", now=NOON)

        assert first == again
        assert is_silenced(session, source_id=silent.id, now=NOON)
        assert not is_silenced(session, source_id=silent.id, now=hour)
        assert not is_silenced(session, source_id=loud.id, now=NOON)
        assert [each.source for each in active_silences(session, now=NOON)] == ["line-1"]


def test_silences_once_though_the_later_of_two_clicks_comes_first(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        ids = {
            add_silence(session, source_id=source.id, until=at + JOIN, author="slack:U1", comment="", now=at)
            for at in (NOON + timedelta(milliseconds=50), NOON)
        }

    assert len(ids) == 1


def test_orders_incidents_with_nothing_left_out(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        for number in range(3):
            captured_at = NOON + timedelta(hours=2 * number)
            inspection_id = make_inspection(session, source, version, number, captured_at=captured_at)
            join_incident(session, inspection_id, Joining(join=JOIN), now=captured_at)
        listed = list_recent_incidents(session, limit=2)
        total = session.scalar(select(func.count()).select_from(IncidentRow))

    assert total == 3
    assert [incident.id for incident in listed] == [3, 2]


def test_remembers_what_was_seen_and_what_somebody_did_at_a_moment(database: Database) -> None:
    with database.transaction() as session:
        assert not was_seen(session, "settled:C1:1.0")
        assert is_first_sight(session, "settled:C1:1.0", now=NOON)
        assert was_seen(session, "settled:C1:1.0")
        write_audit(session, actor="ann", action="one", subject="A-1", detail={}, now=NOON)
        write_audit(session, actor="ann", action="two", subject="A-1", detail={}, now=NOON)
        session.flush()
        last, nobody = act_at(session, actor="ann", at=NOON), act_at(session, actor="ben", at=NOON)

    assert last is not None
    assert (last.action, nobody) == ("two", None)
