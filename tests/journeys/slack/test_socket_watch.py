"""The watchdog of Socket Mode, with a real socket to the local Slack; time is what the test says."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from slack_bolt import App

from agent.alerts.alarms import AlarmBell
from agent.bot.socket_mode import SocketMode
from agent.bot.socket_watch import SocketWatch
from agent.notifiers.slack_client import make_client
from storage.repositories.alarms import open_alarms
from storage.status.pulse import Pulse
from tests.factories_agent import Plant
from tests.servers.slack import LocalSlack
from tests.unit.agent.alerts.test_alarms import FakeWay
from tests.unit.agent.fakes import InlineExecutor

MINUTE = timedelta(minutes=1)


class Watched:
    def __init__(self, slack: LocalSlack, plant: Plant) -> None:
        own = plant.settings.slack
        self.client = make_client(own)
        app = App(client=self.client, token_verification_enabled=False)
        app.event("app_mention")(lambda: None)
        self.socket = SocketMode(app, own, slack.app_token, chance=random.Random(0))  # noqa: S311 - spreads waits
        self.pulse = Pulse("telling", longest_seconds=60)
        self.heard: list[str] = []
        self.plant = plant

    def watch(self) -> SocketWatch:
        given = (self.socket, self.client, self.plant.database)
        return SocketWatch(*given, note=self.pulse.note, heard=self.heard.append, alarm_after=5 * MINUTE)

    def alarms(self) -> list[str]:
        with self.plant.database.reading() as session:
            return [alarm.reason for alarm in open_alarms(session)]


@pytest.fixture
def watched(slack: LocalSlack, plant: Plant) -> Iterator[Watched]:
    made = Watched(slack, plant)
    made.socket.ensure_open(now=datetime.now(UTC))
    slack.wait_for(lambda: made.socket.heard_at)
    yield made
    made.socket.close()


def test_leaves_a_socket_alone_that_was_heard_lately(slack: LocalSlack, watched: Watched) -> None:
    watch = watched.watch()

    assert watch.look(now=datetime.now(UTC) + MINUTE / 2) is None
    assert slack.calls_of("auth.test") == []
    slack.mention(slack.channel.id, "hello")
    slack.wait_for(lambda: watched.socket.event_at)
    assert watch.look(now=datetime.now(UTC)) is None

    assert {"anything", "event"} <= {*watched.heard}
    assert watched.pulse.in_the_way() is None


def test_opens_another_socket_where_slack_is_there_and_the_socket_is_silent(
    slack: LocalSlack, watched: Watched
) -> None:
    watch = watched.watch()
    before = slack.hub.opened

    found = watch.look(now=datetime.now(UTC) + 2 * MINUTE)

    assert found == "the socket was silent and is opened anew"
    slack.wait_for(lambda: slack.hub.opened == before + 1)
    slack.wait_for(lambda: watch.look(now=datetime.now(UTC)) is None)
    assert watched.pulse.in_the_way() is None
    assert watched.alarms() == []


def test_tells_by_another_way_of_a_token_that_was_revoked_until_it_is_well(
    slack: LocalSlack, watched: Watched, plant: Plant
) -> None:
    watch, way = watched.watch(), FakeWay()
    bell = AlarmBell(plant.database, way, InlineExecutor(), lambda: datetime.now(UTC) + 10 * MINUTE)
    slack.fail_next("auth.test", error="token_revoked", count=None)
    start = datetime.now(UTC)

    assert watch.look(now=start + 2 * MINUTE) == "the socket is silent: token_revoked"
    bell.look()
    assert (watched.pulse.in_the_way(), watched.alarms()) == (
        "Slack is not heard (the socket is silent: token_revoked)",
        [],
    )
    watch.look(now=start + 6 * MINUTE)
    bell.look()
    bell.look()
    assert watched.alarms() == ["the socket is silent: token_revoked"]

    slack.clear_faults()
    another = watched.watch()  # as after a start anew: the alarm of the process before is called off
    assert another.look(now=datetime.now(UTC)) is None
    bell.look()
    assert way.titles == ["Oddspot does not hear Slack", "Oddspot hears Slack again"]
    assert watched.alarms() == []


def test_asks_slack_once_a_minute_at_most(slack: LocalSlack, watched: Watched) -> None:
    slack.fail_next("auth.test", status=503, count=None)
    watch, later = watched.watch(), datetime.now(UTC) + 2 * MINUTE

    found = [watch.look(now=later + timedelta(seconds=seconds)) for seconds in range(0, 120, 5)]

    assert {*found} == {"the socket is silent: HTTP 503"}
    assert len(slack.calls_of("auth.test")) == 2
