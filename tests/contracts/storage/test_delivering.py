"""Folding, alarms, webhooks and the outbox, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from storage.database import Database, Session
from storage.models import AuditRow, DeliveryRow
from storage.queries.outbox import list_outbox, next_try_at, why_unsent
from storage.records import Delivery, DeliveryKind, DeliveryState, EventKind, IncidentState, NewDelivery
from storage.repositories.alarms import (
    FAILED,
    claim_untold,
    clear_alarms,
    count_unsent,
    mark_told,
    open_alarms,
    raise_alarm,
    raise_unsent,
)
from storage.repositories.deliveries import add_delivery, list_unsent, mark_due_again, mark_failed, mark_sent
from storage.repositories.events import add_event
from storage.repositories.folding import (
    add_folded,
    bring_forward,
    count_waiting_posts,
    fold_closed,
    fold_sending,
    folded_incidents,
    gather,
    note_in,
)
from storage.repositories.incidents import Joining, join_incident, set_incident_state, set_message
from storage.repositories.outbox import DeliveryNotUnsentError, UnknownDeliveryError, drop_delivery, retry_delivery
from storage.repositories.pace import note_reached
from storage.repositories.sending import claim_for_channels, has_escalation, last_post, note_route, put_in_doubt
from storage.repositories.webhooks import add_webhook, has_event_since, renew_webhook, was_routed
from tests.factories import NOON, make_inspection, make_source, make_version

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def make_incident(session: Session, number: int = 0, *, is_closed: bool = False) -> int:
    source = make_source(session, f"line-{number}")
    inspection_id = make_inspection(session, source, make_version(session, source), number)
    incident = join_incident(session, inspection_id, Joining(HOUR), now=NOON).incident
    if is_closed:
        set_incident_state(session, incident.id, IncidentState.RESOLVED, actor="test", now=NOON)
    return incident.id


def post(session: Session, incident_id: int, *, at: datetime = NOON) -> int:
    made = add_delivery(session, NewDelivery(DeliveryKind.POST, "#a", at, incident_id=incident_id), now=at)
    assert made is not None
    return made


def claim(session: Session, *, now: datetime = NOON) -> Delivery:
    (claimed,) = claim_for_channels(session, busy=(), limit=1, now=now)
    return claimed


def row(session: Session, delivery_id: int) -> DeliveryRow:
    return session.get_one(DeliveryRow, delivery_id, populate_existing=True)


def test_gathers_into_one_notice_until_it_is_being_sent(database: Database) -> None:
    with database.transaction() as session:
        first = gather(session, "#a", "catch_up", wanted_at=None, now=NOON)
        note_in(session, first, since="early")
        note_in(session, first, since="late", until="now")
        assert gather(session, "#a", "catch_up", wanted_at=None, now=NOON) == first
        assert gather(session, "#b", "catch_up", wanted_at=None, now=NOON) != first
        assert gather(session, "#a", "quiet", wanted_at=NOON + HOUR, now=NOON) != first
        assert row(session, first).payload == {"notice": "catch_up", "since": "early", "until": "now"}

        claimed = next(one for one in claim_for_channels(session, busy=("#b",), limit=5, now=NOON) if one.id == first)
        assert gather(session, "#a", "catch_up", wanted_at=None, now=NOON) != first
        put_in_doubt(session, claimed, due_at=NOON, error="lost")
        assert gather(session, "#a", "catch_up", wanted_at=None, now=NOON) != first


def test_gathers_into_one_notice_with_two_bots_at_once(database: Database) -> None:
    def gather_one() -> int:
        with database.transaction() as session:
            return gather(session, "#a", "quiet", wanted_at=NOON + HOUR, now=NOON)

    with ThreadPoolExecutor(1) as other_bot:
        with database.transaction() as session:
            first = gather(session, "#a", "quiet", wanted_at=NOON + HOUR, now=NOON)
            second = other_bot.submit(gather_one)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)  # it waits for the first to end

        assert second.result(timeout=20) == first


def test_gathers_for_each_moment_by_itself(database: Database) -> None:
    with database.transaction() as session:
        tonight, tomorrow = NOON + 6 * HOUR, NOON + 30 * HOUR
        first = gather(session, "#a", "quiet", wanted_at=tonight, now=NOON)

        assert gather(session, "#a", "quiet", wanted_at=tomorrow, now=NOON) != first
        assert gather(session, "#a", "quiet", wanted_at=tonight, now=NOON + HOUR) == first
        assert row(session, first).due_at == tonight


def test_folds_only_what_is_closed_untold_old_and_surely_unsent(database: Database) -> None:
    with database.transaction() as session:
        ids = [make_incident(session, number, is_closed=number != 1) for number in range(5)]
        set_message(session, ids[2], channel="C1", message_ts="1.0")
        posts = [post(session, incident_id) for incident_id in ids[:4]]
        young = post(session, ids[4], at=NOON + HOUR)
        edit = NewDelivery(DeliveryKind.EDIT, "#a", NOON, incident_id=ids[0])
        edit_id = add_delivery(session, edit, now=NOON)
        row(session, posts[3]).payload = {"doubtful_since": NOON.isoformat()}
        session.flush()

        assert fold_closed(session, "catch_up", wanted_before=NOON + MINUTE, now=NOON + HOUR) == 1
        assert fold_closed(session, "catch_up", wanted_before=NOON + MINUTE, now=NOON + HOUR) == 0
        states = [row(session, one).state for one in (*posts, young, edit_id or 0)]
        notice = row(session, posts[0]).folded_into or 0

        assert states == ["folded", "pending", "pending", "pending", "pending", "folded"]
        assert [one.id for one in folded_incidents(session, notice)] == [ids[0]]
        assert count_waiting_posts(session, "#a", now=NOON + HOUR) == 4
        assert last_post(session, ids[0]) is None
        assert all(one.id != posts[0] for one in list_unsent(session, limit=20))


def test_folds_what_was_looked_for_in_vain(database: Database) -> None:
    with database.transaction() as session:
        incident_id = make_incident(session, is_closed=True)
        post(session, incident_id)
        claimed = claim(session)
        fold_sending(session, claimed, "catch_up", now=NOON)
        notice = row(session, claimed.id).folded_into

        assert notice is not None
        assert [one.id for one in folded_incidents(session, notice)] == [incident_id]
        fold_sending(session, claimed, "catch_up", now=NOON)
        assert not mark_sent(session, claimed, message_ts="1.0", now=NOON)


def test_keeps_an_incident_for_a_summary_once_and_leaves_it_out_once_it_has_a_message(database: Database) -> None:
    with database.transaction() as session:
        incident_id = make_incident(session)
        notice = gather(session, "#a", "quiet", wanted_at=NOON + HOUR, now=NOON)
        for _ in range(2):
            add_folded(session, incident_id, notice, now=NOON)

        assert [one.id for one in folded_incidents(session, notice)] == [incident_id]
        assert was_routed(session, incident_id)
        assert [one.id for one in list_unsent(session, limit=5)] == [notice]
        set_message(session, incident_id, channel="C1", message_ts="1.0")
        assert folded_incidents(session, notice) == []


def test_brings_forward_what_was_put_off_but_not_what_is_planned(database: Database) -> None:
    later = NOON + HOUR
    with database.transaction() as session:
        for channel in ("#a", "#b"):
            add_delivery(session, NewDelivery(DeliveryKind.NOTICE, channel, NOON), now=NOON)
        planned = add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#a", later), now=NOON)
        for claimed in claim_for_channels(session, busy=(), limit=2, now=NOON):
            mark_due_again(session, claimed, due_at=later, error="HTTP 503")
        bring_forward(session, "#a", now=NOON + MINUTE)

        due = {one.id: one.due_at for one in list_unsent(session, limit=9)}
        assert due == {1: NOON + MINUTE, 2: later, planned: later}


def test_raises_an_alarm_once_a_trouble_and_calls_it_off_once(database: Database) -> None:
    with database.transaction() as session:
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#a", NOON), now=NOON)
        mark_failed(session, claim(session), error="is_archived")
        assert raise_alarm(session, FAILED, "#a", "is_archived", now=NOON)
        assert not raise_alarm(session, FAILED, "#a", "invalid_auth", now=NOON)
    with database.transaction() as session:
        (alarm,) = claim_untold(session, now=NOON, again_after=MINUTE)
        assert claim_untold(session, now=NOON, again_after=MINUTE) == []
        assert claim_untold(session, now=NOON + MINUTE, again_after=MINUTE) == [alarm]
        mark_told(session, alarm, now=NOON + MINUTE)
        assert clear_alarms(session, wanted_before=NOON - HOUR, now=NOON + MINUTE) == []
        assert count_unsent(session, "#a") == 1
        note_reached(session, "#a", now=NOON + 2 * MINUTE)
        (over,) = clear_alarms(session, wanted_before=NOON - HOUR, now=NOON + 3 * MINUTE)
        assert (over.id, over.cleared_at) == (alarm.id, NOON + 3 * MINUTE)
        assert open_alarms(session) == []
        assert claim_untold(session, now=NOON + HOUR, again_after=MINUTE) == [over]
        mark_told(session, over, now=NOON + HOUR)
        assert claim_untold(session, now=NOON + 2 * HOUR, again_after=MINUTE) == []
        assert raise_alarm(session, FAILED, "#a", "is_archived", now=NOON + 2 * HOUR)


def test_calls_an_alarm_off_whose_failed_deliveries_a_person_let_go(database: Database) -> None:
    with database.transaction() as session:
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#a", NOON), now=NOON)
        mark_failed(session, claim(session), error="is_archived")
        raise_alarm(session, FAILED, "#a", "is_archived", now=NOON)
        drop_delivery(session, 1, actor="terminal:anna", now=NOON)

        assert len(clear_alarms(session, wanted_before=NOON - HOUR, now=NOON)) == 1


def test_raises_alarms_for_what_is_unsent_or_untaken_for_too_long(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        add_event(session, EventKind.JOB_DONE, source_id=source.id, payload={}, now=NOON)
        for channel, kind in (("#a", DeliveryKind.NOTICE), ("#b", DeliveryKind.PICTURE)):
            add_delivery(session, NewDelivery(kind, channel, NOON), now=NOON)
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#c", NOON + HOUR), now=NOON)

        assert raise_unsent(session, wanted_before=NOON, now=NOON) == []
        assert raise_unsent(session, wanted_before=NOON + MINUTE, now=NOON + MINUTE) == ["#a", "events"]
        assert raise_unsent(session, wanted_before=NOON + MINUTE, now=NOON + MINUTE) == []


def test_knows_webhooks_events_and_renews_only_what_nobody_tried(database: Database) -> None:
    with database.transaction() as session:
        incident_id = make_incident(session)
        given = {"incident_id": incident_id}
        assert not was_routed(session, incident_id)
        assert not renew_webhook(session, "webhook:a", "incident.updated", "{}", **given)
        add_webhook(session, "webhook:a", "incident.updated", "{1}", due_at=NOON, now=NOON, **given)
        assert renew_webhook(session, "webhook:a", "incident.updated", "{2}", **given)
        assert not renew_webhook(session, "webhook:b", "incident.updated", "{3}", **given)
        assert not renew_webhook(session, "webhook:a", "incident.opened", "{4}", **given)
        claimed = claim(session)
        assert claimed.payload["body"] == "{2}"
        mark_due_again(session, claimed, due_at=NOON, error="HTTP 500")
        assert not renew_webhook(session, "webhook:a", "incident.updated", "{5}", **given)
        assert has_event_since(session, "incident.updated", since=NOON, **given)
        assert not has_event_since(session, "incident.updated", since=NOON + MINUTE, **given)


def test_lists_the_outbox_by_what_is_wanted_longest(database: Database) -> None:
    with database.transaction() as session:
        incident_id = make_incident(session)
        escalation = NewDelivery(DeliveryKind.ESCALATION, "#a", NOON + HOUR, incident_id=incident_id)
        add_delivery(session, escalation, now=NOON)
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#a", NOON), now=NOON)
        claim(session)
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#a", NOON), now=NOON)
        assert has_escalation(session, incident_id)
    with database.reading() as session:
        found = list_outbox(session, limit=5)
        assert [one.shown_id for one in found] == ["D-2", "D-3", "D-1"]
        assert [why_unsent(one, now=NOON) for one in found] == [
            "is being sent",
            "its channel is busy, one message a second",
            "planned, unless somebody acts before",
        ]
        assert [next_try_at(one, now=NOON) for one in found] == [
            None,
            NOON + timedelta(seconds=15),
            NOON + HOUR,
        ]
        assert [one.shown_id for one in list_outbox(session, limit=1)] == ["D-2"]
        assert list_outbox(session, limit=5, channel="#b") == []


def test_tells_an_escalation_from_a_call_for_what_became_worse(database: Database) -> None:
    with database.transaction() as session:
        incident_id = make_incident(session)
        worse = NewDelivery(DeliveryKind.ESCALATION, "#a", NOON, incident_id=incident_id, payload={"is_worse": True})
        add_delivery(session, worse, now=NOON)
        assert not has_escalation(session, incident_id)
        post_id = post(session, incident_id)
        found = last_post(session, incident_id)
        assert found is not None
        note_route(session, found, {"route": {"severity": 6.0}})

        assert row(session, post_id).payload == {"route": {"severity": 6.0}}


def test_lets_a_person_retry_or_drop_what_is_unsent_with_an_audit_row(database: Database) -> None:
    with database.transaction() as session:
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#a", NOON), now=NOON)
        claimed = claim(session)
        with pytest.raises(DeliveryNotUnsentError, match="D-1 is sending"):
            drop_delivery(session, 1, actor="terminal:anna", now=NOON)
        mark_failed(session, claimed, error="is_archived")
        retry_delivery(session, 1, actor="terminal:anna", now=NOON + HOUR)
        retried = row(session, 1)
        assert (retried.state, retried.due_at, retried.wanted_at) == (DeliveryState.PENDING, NOON + HOUR, NOON + HOUR)
        drop_delivery(session, 1, actor="terminal:anna", now=NOON + HOUR)
        with pytest.raises(DeliveryNotUnsentError, match="D-1 is dropped"):
            retry_delivery(session, 1, actor="terminal:anna", now=NOON + HOUR)
        with pytest.raises(UnknownDeliveryError, match="D-7"):
            retry_delivery(session, 7, actor="terminal:anna", now=NOON)

        assert list(session.scalars(select(AuditRow.action).where(AuditRow.subject == "D-1"))) == [
            "delivery_retry",
            "delivery_drop",
        ]
