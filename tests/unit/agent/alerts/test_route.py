from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from agent.alerts.route import repeat_untaken, resolve_quiet, route_events
from agent.alerts.view import incident_view
from storage.queries.inspections import get_inspection
from storage.records import DeliveryKind, EventKind, IncidentState, LabelKind
from storage.repositories.deliveries import list_unsent
from storage.repositories.events import add_event
from storage.repositories.incidents import list_recent_incidents, set_message
from storage.repositories.labels import add_label
from storage.repositories.silences import active_silences, add_silence
from storage.repositories.sources import source_by_name
from tests.factories_agent import NOON, Clock, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier


def route(plant: Plant, *, seconds: float = 0) -> list[tuple[DeliveryKind, str]]:
    now = NOON + timedelta(seconds=seconds)
    route_events(plant.database, plant.settings, now=now)
    with plant.database.reading() as session:
        found = list_unsent(session, limit=50)
    return [(delivery.kind, delivery.channel) for delivery in reversed(found)]


def test_posts_a_new_incident_and_edits_what_joins_it(plant: Plant) -> None:
    plant.anomaly()
    assert route(plant) == [(DeliveryKind.POST, "#oddspot")]
    plant.anomaly()
    plant.anomaly()

    assert route(plant) == [(DeliveryKind.POST, "#oddspot"), (DeliveryKind.EDIT, "#oddspot")]


def test_tries_an_event_again_that_could_not_be_routed_and_lets_the_others_pass(plant: Plant) -> None:
    plant.anomaly()
    with plant.database.transaction() as session:
        source_id = source_by_name(session, "line-1").id
        add_event(session, EventKind.JOB_DONE, source_id=source_id, payload={"text": "done"}, now=NOON)
    good = plant.settings
    plant.settings = good.model_copy(update={"alerts": good.alerts.model_copy(update={"join_minutes": 1e300})})

    assert route(plant) == [(DeliveryKind.NOTICE, "#oddspot")]
    plant.settings = good
    assert route(plant) == [(DeliveryKind.NOTICE, "#oddspot"), (DeliveryKind.POST, "#oddspot")]
    assert len(route(plant)) == 2


def test_gives_an_event_up_in_sight_after_ten_failures(plant: Plant) -> None:
    plant.anomaly()
    good = plant.settings
    plant.settings = good.model_copy(update={"alerts": good.alerts.model_copy(update={"join_minutes": 1e300})})

    with capture_logs() as logs:
        routed = [route_events(plant.database, plant.settings, now=NOON) for _ in range(12)]

    assert routed == [0] * 12
    assert [line["reason"] for line in logs if line["event"] == "alert_not_delivered"] == ["cannot be routed"]


def test_edits_no_sooner_than_the_settings_allow(plant: Plant) -> None:
    plant.anomaly()
    plant.anomaly()
    route(plant)

    with plant.database.reading() as session:
        edit = next(one for one in list_unsent(session, limit=5) if one.kind is DeliveryKind.EDIT)
    assert edit.due_at == NOON + timedelta(seconds=plant.settings.alerts.edit_every_seconds)


def test_uses_the_channel_of_the_source(plant: Plant) -> None:
    plant.reconfigure(sources={"line-1": {"path": "/photos", "channel": "#paint"}})
    plant.anomaly("line-1")

    assert route(plant) == [(DeliveryKind.POST, "#paint")]


def test_records_but_tells_nothing_of_frames_that_do_not_page(plant: Plant) -> None:
    plant.anomaly(pages=False)
    assert route(plant) == []
    plant.anomaly()

    assert route(plant) == [(DeliveryKind.POST, "#oddspot")]
    with plant.database.reading() as session:
        (incident,) = list_recent_incidents(session, limit=5)
    assert incident.anomalies == 2


@pytest.mark.parametrize("is_everything", [True, False])
def test_records_but_tells_nothing_while_silenced(plant: Plant, is_everything: bool) -> None:  # noqa: FBT001 - a case
    source_id = None if is_everything else plant.source()
    until = NOON + timedelta(hours=1)
    with plant.database.transaction() as session:
        add_silence(session, source_id=source_id, until=until, author="test", comment="", now=NOON)
    plant.anomaly()
    assert route(plant) == []
    plant.anomaly()

    assert route(plant, seconds=3600) == [(DeliveryKind.POST, "#oddspot")]


def test_resolves_quiet_incidents_and_lets_their_message_say_so(plant: Plant) -> None:
    plant.anomaly("line-1", pages=False)
    plant.anomaly("line-2", pages=False)
    route(plant)
    with plant.database.transaction() as session:
        set_message(session, 1, channel="C1", message_ts="1.0")
    later = NOON + timedelta(minutes=plant.settings.alerts.resolve_minutes + 1)

    assert resolve_quiet(plant.database, plant.settings, now=later) == 2
    assert resolve_quiet(plant.database, plant.settings, now=later) == 0
    with plant.database.reading() as session:
        assert {one.state for one in list_recent_incidents(session, limit=5)} == {IncidentState.RESOLVED}
    assert route(plant) == [(DeliveryKind.EDIT, "#oddspot")]


RIGHT, UP = (1.0, 0.0), (0.0, 1.0)


def test_tells_what_is_not_alike_in_messages_of_their_own(plant: Plant) -> None:
    for looks in (RIGHT, UP, (1.0, 0.2), (0.2, 1.0)):
        plant.anomaly(looks=looks)

    kinds = [kind for kind, _ in route(plant)]
    assert sorted(kinds) == [DeliveryKind.EDIT, DeliveryKind.EDIT, DeliveryKind.POST, DeliveryKind.POST]


def test_holds_back_what_is_like_a_false_alarm_and_shows_how_often(plant: Plant) -> None:
    alarm = plant.anomaly(looks=RIGHT)
    route(plant)
    with plant.database.transaction() as session:
        set_message(session, 1, channel="C1", message_ts="1.0")
        add_label(session, alarm.id, LabelKind.FALSE_ALARM, author="slack:U1", now=NOON)
    held = [plant.anomaly(looks=(1.0, 0.3)) for _ in range(2)]
    told = plant.anomaly(looks=UP)

    assert [kind for kind, _ in route(plant)] == [DeliveryKind.POST, DeliveryKind.EDIT, DeliveryKind.POST]
    with plant.database.reading() as session:
        found = [get_inspection(session, one.id) for one in (*held, told)]
        shown = incident_view(session, plant.settings, 1, now=NOON)
    assert [one.held_by for one in found if one is not None] == [alarm.id, alarm.id, None]
    assert [one.incident_id for one in found if one is not None] == [None, None, 2]
    assert shown.held == 2


def test_forgets_a_false_alarm_after_the_days_of_the_settings(plant: Plant) -> None:
    alarm = plant.anomaly(looks=RIGHT)
    with plant.database.transaction() as session:
        add_label(session, alarm.id, LabelKind.FALSE_ALARM, author="slack:U1", now=NOON)
    route(plant)
    seconds = plant.settings.alerts.remember_days * 86400 + 1
    plant.anomaly(looks=RIGHT, at=NOON + timedelta(seconds=seconds))

    assert len(route(plant, seconds=seconds)) == 2


def test_silences_things_like_one_but_never_a_known_defect(plant: Plant) -> None:
    first = plant.anomaly(looks=RIGHT)
    dent = plant.anomaly(looks=(1.0, 1.0))
    route(plant)
    with plant.database.transaction() as session:
        add_label(session, dent.id, LabelKind.DEFECT, author="slack:U1", defect_class="dent", now=NOON)
        for like in (first.id, None):
            add_silence(
                session,
                source_id=first.source_id,
                until=NOON + timedelta(days=7),
                author="slack:U1",
                comment="",
                like_inspection_id=like,
                now=NOON,
            )
    hours = timedelta(hours=3)
    plant.anomaly(looks=(1.0, -1.0), at=NOON + hours)
    before = len(route(plant, seconds=hours.total_seconds()))
    plant.anomaly(looks=(0.9, 1.0), at=NOON + hours)

    assert len(route(plant, seconds=hours.total_seconds())) == before + 1
    with plant.database.reading() as session:
        assert sum(one.hits for one in active_silences(session, now=NOON)) == 1
        newest = list_recent_incidents(session, limit=1)[0]
    assert newest.seen_before == dent.id


def test_tells_an_incident_anew_that_goes_on_and_nobody_took_up(
    plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier
) -> None:
    plant.anomaly(has_heatmap=False)
    rounds.run(3)
    for _ in range(10):
        clock.forward(plant.settings.alerts.repeat_minutes * 60 / 9)
        plant.anomaly(has_heatmap=False, at=clock())
        rounds.run(8)
    assert repeat_untaken(plant.database, plant.settings, now=clock()) == 1
    assert repeat_untaken(plant.database, plant.settings, now=clock()) == 0
    rounds.run(4)

    old, new = notifier.messages.values()
    assert old[-1].text == "line-1: I-1 goes on; it is told anew below."
    assert "11 alike" in new[0].text
    assert repeat_untaken(plant.database, plant.settings, now=clock()) == 0


def test_shows_what_was_done_on_a_terminal(plant: Plant) -> None:
    anomaly = plant.anomaly()
    route(plant)
    with plant.database.transaction() as session:
        set_message(session, 1, channel="C1", message_ts="1.0")
        payload = {"incident_id": 1}
        add_event(session, EventKind.CHANGED, source_id=anomaly.source_id, payload=payload, now=NOON)

    assert route(plant)[-1] == (DeliveryKind.EDIT, "#oddspot")


def test_tells_of_a_source_where_its_rule_says(plant: Plant) -> None:
    plant.reconfigure(routes=[{"source": "line-*", "channel": "#lines"}])
    source_id = plant.source()
    with plant.database.transaction() as session:
        add_event(session, EventKind.JOB_DONE, source_id=source_id, payload={"text": "done"}, now=NOON)

    assert route(plant) == [(DeliveryKind.NOTICE, "#lines")]


def test_tells_digests_drifts_and_jobs_as_notices(plant: Plant) -> None:
    source_id = plant.source()
    with plant.database.transaction() as session:
        digest = {"inspections": [], "frames": 3, "since": NOON.isoformat()}
        add_event(session, EventKind.DIGEST, source_id=source_id, payload=digest, now=NOON)
        add_event(session, EventKind.JOB_DONE, source_id=source_id, payload={"text": "done"}, now=NOON)
        drift = {"detector": "line-1@1", "direction": "higher", "text": "Higher."}
        add_event(session, EventKind.DRIFT, source_id=source_id, payload=drift, now=NOON)

    assert route(plant) == [(DeliveryKind.NOTICE, "#oddspot")] * 3
