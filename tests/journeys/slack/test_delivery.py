"""Delivery against the local Slack: on a virtual clock where time matters, with real processes where there are two."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.alerts.alarms import AlarmBell
from agent.alerts.catch_up import fold_what_is_over
from agent.alerts.deliver import Deliverer
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import resolve_quiet, route_events
from agent.notifiers.other_way import other_way
from agent.notifiers.slack import SlackNotifier
from agent.notifiers.slack_client import make_client
from agent.talk import utc_now
from config.routes import AlarmSettings
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.migrate import migrate
from storage.records import Delivery, DeliveryState
from storage.repositories.deliveries import list_unsent
from tests.factories_agent import Clock, Plant
from tests.journeys.commands import Running, json_lines, oddspot
from tests.journeys.slack.conftest import tokens
from tests.journeys.slack.reading import roots, settled, words
from tests.servers.collector import Collector
from tests.servers.postgres import PostgresServer
from tests.servers.slack import LocalSlack
from tests.unit.agent.fakes import InlineExecutor

MOST_ROUNDS = 400


@dataclass
class Virtual:
    """Talks to the local Slack on a clock of its own, a second a round; it starts now, as Slack's stamps do."""

    plant: Plant
    clock: Clock
    deliverer: Deliverer

    def run(self, seconds: int, *, step: float = 1.0) -> None:
        for _ in range(int(seconds / step)):
            now = self.clock()
            if now.second < step:
                resolve_quiet(self.plant.database, self.plant.settings, now=now)
                fold_what_is_over(self.plant.database, now=now)
            route_events(self.plant.database, self.plant.settings, now=now)
            if self.deliverer.has_work():
                self.deliverer.deliver()
            self.clock.forward(step)

    def anomaly(self, source: str = "line-1", **values: Any) -> None:
        self.plant.anomaly(source, at=self.clock(), **{"has_heatmap": False} | values)

    @property
    def unsent(self) -> list[Delivery]:
        with self.plant.database.reading() as session:
            return list_unsent(session, limit=500)


@pytest.fixture
def virtual(plant: Plant) -> Virtual:
    return start_virtual(plant)


def start_virtual(plant: Plant, **sections: Any) -> Virtual:
    if sections:
        plant.reconfigure(**sections)
    clock = Clock(utc_now().replace(microsecond=0))
    out = Outgoing(plant.database, plant.blobs, SlackNotifier(make_client(plant.settings.slack)), plant.settings, clock)
    chance = random.Random(0)  # noqa: S311 - spreads waits, guards nothing
    return Virtual(plant, clock, Deliverer(out, InlineExecutor(), chance=chance))


def texts(slack: LocalSlack, channel: str = "oddspot") -> list[str]:
    return [message.versions[0].text for message in roots(slack, channel)]


def test_waits_out_a_minute_of_429_and_loses_nothing(slack: LocalSlack, virtual: Virtual) -> None:
    slack.fail_next("chat.postMessage", rate_limited=60)
    for number in range(5):
        virtual.anomaly(f"line-{number}")
    virtual.run(60)
    assert (len(slack.calls_of("chat.postMessage")), roots(slack)) == (1, [])
    virtual.run(10)

    assert sorted(text.split(":")[0] for text in texts(slack)) == [f"line-{number}" for number in range(5)]
    assert len(slack.calls_of("chat.postMessage")) == 6
    assert virtual.unsent == []


@pytest.mark.parametrize("way", ["down", "503", "dropped"])
def test_tells_after_an_hour_without_slack_only_the_present(slack: LocalSlack, plant: Plant, way: str) -> None:
    virtual = start_virtual(plant, alerts={"resolve_minutes": 20})
    virtual.anomaly("line-0")
    virtual.run(5)
    if way == "down":
        slack.down()
    elif way == "503":
        slack.fail_next("*", status=503, count=None)
    else:
        slack.fail_next("*", drop_before=True, count=None)
    for name in ("line-1", "line-2", "line-3"):
        for _ in range(3):
            virtual.anomaly(name)
    virtual.run(50 * 60, step=10)
    virtual.anomaly("line-4")
    virtual.run(10 * 60, step=10)
    slack.clear_faults()
    slack.up()
    virtual.run(8 * 60)

    before, *after = texts(slack)
    (catch_up,) = [text for text in after if text.startswith("While Slack was away")]
    assert before.startswith("line-0:")
    assert "3 incidents opened and resolved, 9 anomalies." in catch_up
    assert [text.split(":")[0] for text in after if text != catch_up] == ["line-4"]
    assert roots(slack)[0].text.endswith(".")
    assert "Resolved" in words(roots(slack)[0])
    assert virtual.unsent == []


def test_alarms_another_way_where_a_channel_is_archived_and_tells_once_it_is_back(
    slack: LocalSlack, virtual: Virtual, tmp_path: Path
) -> None:
    with Collector() as mail:
        alarms = AlarmSettings.model_validate({"urls": [f"json://127.0.0.1:{mail.port}/"]})
        bell = AlarmBell(virtual.plant.database, other_way(alarms), InlineExecutor(), virtual.clock)
        slack.workspace.channels[slack.channel.id].is_archived = True
        virtual.anomaly()
        virtual.run(5)
        bell.look()
        (failed,) = virtual.unsent
        slack.workspace.channels[slack.channel.id].is_archived = False
        config = tmp_path / "oddspot.yaml"
        config.write_text(yaml.safe_dump({"storage": {"data_dir": str(tmp_path)}}), encoding="utf-8")
        (listed,) = json_lines(oddspot("outbox", "--json", cwd=tmp_path))
        done = oddspot("outbox", "retry", listed["id"], cwd=tmp_path)
        virtual.clock.now = max(virtual.clock(), utc_now() + timedelta(seconds=1))
        virtual.run(5)
        bell.look()

    assert (failed.state, failed.error, listed["why"]) == (DeliveryState.FAILED, "is_archived", "given up: is_archived")
    assert done.stdout == f"{listed['id']} will be tried again now.\n"
    assert [text.split(":")[0] for text in texts(slack)] == ["line-1"]
    assert [b"cannot be told" in post.body for post in mail.posts] == [True, False]
    assert b"is reached again" in mail.posts[1].body


def test_calls_whom_the_rule_names_and_nobody_a_file_names(slack: LocalSlack, plant: Plant) -> None:
    rule = {"mention": ["U0ANNA"], "escalate": {"after_minutes": 5, "mention": ["S0TEAM"]}}
    virtual = start_virtual(plant, routes=[rule])
    virtual.anomaly(name="<!channel> ignore previous instructions.png", attributes={"lot": "<!everyone>"})
    virtual.run(6 * 60)

    (root,) = roots(slack)
    (reply,) = slack.thread(root)
    shown = f"{words(root)}{root.text}{words(reply)}{reply.text}"
    assert root.text.startswith("<@U0ANNA> line-1:")
    assert reply.text.startswith("<!subteam^S0TEAM> I-1 is open")
    assert "&lt;!channel&gt; ignore previous instructions.png" in shown
    assert "<!channel" not in shown + str(root.blocks)
    assert "<!everyone" not in shown + str(root.blocks)


def test_sums_up_a_night_in_which_the_clocks_change(slack: LocalSlack, plant: Plant) -> None:
    virtual = start_virtual(
        plant,
        time_zone="Europe/Berlin",
        routes=[{"quiet": {"hours": "22:00-06:00", "unless_severity": 9}}],
        alerts={"resolve_minutes": 60},
    )
    virtual.clock.now = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # midnight; at 01:00 UTC the clocks go back
    for name in ("line-1", "line-2", "line-3"):
        virtual.anomaly(name)
    virtual.run(6 * 3600, step=60)
    for _ in range(20):
        virtual.anomaly("line-4")
    virtual.run(59 * 60, step=60)
    assert virtual.clock() == datetime(2026, 10, 25, 4, 59, tzinfo=UTC)
    assert roots(slack) == []
    virtual.run(120)

    (text,) = texts(slack)
    assert text.startswith("Quiet hours 2026-10-24 22:00 to 06:00 (Europe/Berlin) are over: 1 incident still open; ")
    assert "3 incidents opened and resolved, 3 anomalies. Open: I-4." in text
    assert "20 alike" in words(roots(slack)[0])
    assert virtual.unsent == []


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, slack: LocalSlack, tmp_path: Path) -> Iterator[Plant]:
    """A plant whose settings stand in a file, on each kind of database, for real processes."""
    url = f"sqlite:///{tmp_path / 'oddspot.db'}"
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.create_database("two_bots")
    sections = {"storage": {"data_dir": str(tmp_path), "database_url": url}, "slack": tokens(slack)}
    (tmp_path / "oddspot.yaml").write_text(yaml.safe_dump(sections), encoding="utf-8")
    database = Database(url)
    migrate(database)
    yield Plant(database, BlobStore(tmp_path), Settings.model_validate(sections))
    database.close()
    if request.param == "postgresql":
        postgres.drop_database("two_bots")


def test_keeps_one_message_a_second_with_two_bot_processes(slack: LocalSlack, shared: Plant, tmp_path: Path) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(Running("talk", cwd=tmp_path))
        slack.wait_for(lambda: len(slack.hub.sockets) == 2, timeout=60)
        for number in range(8):
            shared.anomaly(f"line-{number}", at=utc_now(), has_heatmap=False)
        slack.wait_for(lambda: len(roots(slack)) == 8 and settled(shared), timeout=60)

    assert sorted(text.split(":")[0] for text in texts(slack)) == [f"line-{number}" for number in range(8)]
    assert slack.workspace.rate_breaches == []
    assert len(slack.calls_of("chat.postMessage")) == 8
