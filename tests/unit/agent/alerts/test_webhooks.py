import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from agent.alerts.deliver import Deliverer
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import resolve_quiet, tell_change
from config.routes import WebhookSettings
from storage.records import DeliveryState, IncidentState, LabelKind
from storage.repositories.deliveries import list_unsent
from storage.repositories.incidents import set_incident_state
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from tests.factories_agent import Clock, Plant
from tests.servers.collector import Collector
from tests.unit.agent.conftest import Rounds, make_chance
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def server() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture
def rounds(plant: Plant, clock: Clock, notifier: FakeNotifier, server: Collector) -> Rounds:
    """As everywhere, with one webhook in the settings."""
    webhook = WebhookSettings.model_validate({"url": f"{server.url}/hook", "secret": SECRET, "name": "mes"})
    plant.settings = plant.settings.model_copy(update={"webhooks": (webhook,)})
    out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
    return Rounds(plant, clock, Deliverer(out, InlineExecutor(), chance=make_chance()))


def bodies(server: Collector) -> list[dict[str, Any]]:
    return [json.loads(posted.body) for posted in server.posts]


def kinds(server: Collector) -> list[str]:
    return [body["type"] for body in bodies(server)]


def test_tells_of_an_incident_from_its_beginning_to_its_end(
    plant: Plant, rounds: Rounds, server: Collector, clock: Clock
) -> None:
    first = plant.anomaly(at=clock(), has_heatmap=False, name="<!channel> & friends.png")
    rounds.run(3)
    for _ in range(4):
        plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(10)
    with plant.database.transaction() as session:
        add_label(session, first.id, LabelKind.DEFECT, author="slack:U0ANNA", defect_class="scratch", now=clock())
        tell_change(session, plant.settings, 1, now=clock())
    rounds.run(8)
    clock.forward(2 * 3600)
    resolve_quiet(plant.database, plant.settings, now=clock())
    rounds.run(3)

    assert kinds(server) == ["incident.opened", "incident.updated", "incident.updated", "incident.resolved"]
    opened, joined, labelled, resolved = (body["data"] for body in bodies(server))
    assert opened["worst_anomaly"]["image"] == "<!channel> & friends.png"
    assert (opened["incident"]["id"], opened["worst_anomaly"]["score"]) == ("I-1", 2.3)
    assert joined["incident"]["anomalies"] == 5
    assert labelled["labels"][0] | {"at": ""} == {
        "anomaly": "A-1",
        "label": "defect",
        "class": "scratch",
        "author": "slack:U0ANNA",
        "at": "",
    }
    assert (resolved["incident"]["state"], resolved["incident"]["closed_at"][-1]) == ("resolved", "Z")
    assert len({posted.headers["webhook-id"] for posted in server.posts}) == 4


def test_tries_again_with_the_same_id_and_body_and_a_new_time(
    plant: Plant, rounds: Rounds, server: Collector, clock: Clock, notifier: FakeNotifier
) -> None:
    server.answers = [(500, {}), (429, {"retry-after": "30"}), (302, {"location": "/x"})]
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(60)

    assert len(server.posts) == 4
    assert len({(posted.headers["webhook-id"], posted.body, posted.path) for posted in server.posts}) == 1
    stamps = [int(posted.headers["webhook-timestamp"]) for posted in server.posts]
    assert stamps == sorted(set(stamps))
    assert stamps[2] - stamps[1] >= 30
    assert len(notifier.messages) == 1


def test_sends_everything_after_the_other_side_was_away(
    plant: Plant, rounds: Rounds, server: Collector, clock: Clock, notifier: FakeNotifier
) -> None:
    server.down()
    for number in range(3):
        plant.anomaly(f"line-{number}", at=clock(), has_heatmap=False)
    rounds.run(20, seconds=60)
    clock.forward(2 * 3600)
    resolve_quiet(plant.database, plant.settings, now=clock())
    rounds.run(1)
    server.up()
    rounds.run(8, seconds=60)
    rounds.run(5)

    assert sorted(kinds(server)) == ["incident.opened"] * 3 + ["incident.resolved"] * 3
    assert not any("away" in versions[0].text for versions in notifier.messages.values())


def test_gives_up_after_three_days_or_where_it_wants_no_more(
    plant: Plant, rounds: Rounds, server: Collector, clock: Clock
) -> None:
    server.answers = [(410, {})]
    plant.anomaly("line-1", at=clock(), has_heatmap=False)
    rounds.run(2)
    server.answers = [(500, {})] * 1000
    plant.anomaly("line-2", at=clock(), has_heatmap=False)
    rounds.run(3)
    clock.forward(timedelta(days=3).total_seconds())
    rounds.run(2)

    with plant.database.reading() as session:
        failed = {one.error for one in list_unsent(session, limit=9) if one.state is DeliveryState.FAILED}
    assert failed == {"HTTP 410: it wants no more", "HTTP 500"}


def test_tells_nothing_of_what_is_silenced(plant: Plant, rounds: Rounds, server: Collector, clock: Clock) -> None:
    with plant.database.transaction() as session:
        until = clock() + timedelta(minutes=30)
        add_silence(session, source_id=None, until=until, author="anna", comment="", now=clock())
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(2)
    clock.forward(2 * 3600)
    resolve_quiet(plant.database, plant.settings, now=clock())
    rounds.run(2)

    assert server.posts == []


def test_tells_at_night_too_and_once_of_an_end(plant: Plant, rounds: Rounds, server: Collector, clock: Clock) -> None:
    webhooks = plant.settings.webhooks
    plant.reconfigure(routes=[{"quiet": {"hours": "00:00-23:59"}}], webhooks=[])
    plant.settings = plant.settings.model_copy(update={"webhooks": webhooks})
    for _ in range(3):
        plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(2)
    with plant.database.transaction() as session:
        set_incident_state(session, 1, IncidentState.DISMISSED, actor="anna", now=clock())
        for _ in range(2):
            tell_change(session, plant.settings, 1, now=clock())
    rounds.run(10)

    assert sorted(kinds(server)) == ["incident.opened", "incident.resolved", "incident.updated"]


def test_gives_up_what_the_settings_no_longer_name(
    plant: Plant, rounds: Rounds, clock: Clock, notifier: FakeNotifier
) -> None:
    plant.anomaly(at=clock(), has_heatmap=False)
    without = plant.settings.model_copy(update={"webhooks": ()})
    out = Outgoing(plant.database, plant.blobs, notifier, without, clock)
    rounds.deliverer = Deliverer(out, InlineExecutor(), chance=make_chance())
    rounds.run(2)

    with plant.database.reading() as session:
        (failed,) = list_unsent(session, limit=9)
    assert failed.error == "the settings name no such webhook any more"
