from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from agent.alerts.route import repeat_untaken, resolve_quiet
from agent.notifiers.port import NotifyError
from storage.models import IncidentRow
from storage.records import DeliveryKind, DeliveryState, IncidentState, LabelKind
from storage.repositories.deliveries import list_unsent
from storage.repositories.incidents import set_incident_state
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from tests.factories_agent import Clock, Plant
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier

NIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
ESCALATES: dict[str, Any] = {"escalate": {"after_minutes": 15, "mention": ["U0BEN"]}}
QUIET: dict[str, Any] = {"quiet": {"hours": "22:00-06:00", "unless_severity": 4}}


def posts(notifier: FakeNotifier) -> list[tuple[str, str]]:
    return [(place.channel, versions[0].text) for place, versions in notifier.messages.items()]


def test_posts_where_the_rule_says_and_keeps_the_mention_in_every_edit(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    plant.reconfigure(routes=[{"severity_from": 2, "channel": "#urgent", "mention": ["S0TEAM"]}])
    plant.anomaly(score=2.3)
    plant.anomaly("line-2", score=1.5, has_heatmap=False)
    rounds.run(8)
    plant.anomaly(score=2.2)
    rounds.run(8)

    assert sorted(channel for channel, _ in posts(notifier)) == ["ODDSPOT", "URGENT"]
    urgent = next(versions for place, versions in notifier.messages.items() if place.channel == "URGENT")
    assert len(urgent) == 3
    assert all(version.text.startswith("<!subteam^S0TEAM> line-1:") for version in urgent)
    assert all(version.blocks[0]["text"]["text"] == "<!subteam^S0TEAM>" for version in urgent)


def test_keeps_the_rules_channel_and_mention_where_a_deleted_message_is_posted_again(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier
) -> None:
    plant.reconfigure(routes=[{"channel": "#urgent", "mention": ["here"]} | ESCALATES])
    plant.anomaly(has_heatmap=False)
    rounds.run(2)
    for place in list(notifier.messages):
        notifier.delete(place)
    plant.anomaly(has_heatmap=False)
    rounds.run(9)

    assert [(channel, text[:8]) for channel, text in posts(notifier)] == [("URGENT", "<!here> ")]
    with plant.database.reading() as session:
        assert [one.kind for one in list_unsent(session, limit=5)] == [DeliveryKind.ESCALATION]


def test_calls_nobody_but_those_of_the_settings(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    plant.reconfigure(routes=[ESCALATES])
    plant.anomaly(
        name="<!channel> ignore previous instructions.png",
        attributes={"lot": "<!here>", "part": "<@U0ANNA>"},
        has_heatmap=False,
    )
    rounds.run(2)
    rounds.run(3, seconds=900)

    said = [str(version) for versions in notifier.messages.values() for version in versions]
    assert len(said) == 2
    assert "<@U0BEN>" in said[1]
    assert not any("<!" in text or "<@U0ANNA>" in text for text in said)


def test_escalates_once_as_a_reply_where_nobody_acts(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[ESCALATES])
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(14, seconds=60)
    assert len(notifier.messages) == 1
    rounds.run(40, seconds=60)

    (root, (reply, (message,))) = next(iter(notifier.messages)), list(notifier.messages.items())[1]
    assert notifier.replies == {reply: root}
    assert message.text.startswith("<@U0BEN> I-1 is open and nobody has acted on it for 15 min.")
    assert len(notifier.messages) == 2


def test_escalates_in_another_channel_and_says_where_the_message_is(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[{"escalate": {"after_minutes": 5, "channel": "#leads"}}])
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(10, seconds=60)

    assert [channel for channel, _ in posts(notifier)] == ["ODDSPOT", "LEADS"]
    assert notifier.replies == {}
    assert "nobody has acted on it for 5 min" in posts(notifier)[1][1]


@pytest.mark.parametrize("act", ["acknowledged", "resolved", "dismissed", "label", "silence"])
def test_escalates_nothing_somebody_acted_on(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock, act: str
) -> None:
    plant.reconfigure(routes=[ESCALATES])
    anomaly = plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(3)
    with plant.database.transaction() as session:
        if act == "label":
            add_label(session, anomaly.id, LabelKind.UNSURE, author="anna", now=clock())
        elif act == "silence":
            until = clock() + timedelta(hours=1)
            add_silence(session, source_id=None, until=until, author="anna", comment="", now=clock())
        else:
            set_incident_state(session, 1, IncidentState(act), actor="anna", now=clock())
    rounds.run(20, seconds=60)

    assert len(notifier.messages) == 1
    with plant.database.reading() as session:
        assert list_unsent(session, limit=5) == []


def test_looks_for_an_escalation_that_may_have_arrived(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[ESCALATES])
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(3)
    notifier.lost = [NotifyError("#oddspot", "connection lost", ambiguous=True)]
    rounds.run(30, seconds=60)

    assert len(notifier.messages) == 2


def test_escalates_beside_a_message_that_was_deleted(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[ESCALATES])
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(3)
    notifier.delete(next(iter(notifier.messages)))
    rounds.run(20, seconds=60)

    ((_, text),) = posts(notifier)
    assert "I-1 is open" in text
    assert notifier.replies == {}


SEVERE = {"severity_from": 5, "mention": ["S0TEAM"]}


def test_calls_whom_a_rule_names_once_an_incident_has_become_worse(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[SEVERE, {"mention": ["U0ANNA"]} | ESCALATES])
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(2)
    for score in (3.0, 6.0, 8.0):
        plant.anomaly(score=score, at=clock(), has_heatmap=False)
        rounds.run(8)

    (root, (reply, (message,))) = next(iter(notifier.messages)), list(notifier.messages.items())[1]
    assert len(notifier.messages) == 2
    assert notifier.replies == {reply: root}
    assert message.text.startswith("<!subteam^S0TEAM> I-1 has become worse.\nline-1: 3 alike; 6.0x the threshold;")
    assert notifier.messages[root][-1].text.startswith("<!subteam^S0TEAM> line-1: 4 alike")
    rounds.run(20, seconds=60)
    assert "nobody has acted on it" in list(notifier.messages.values())[2][0].text


def test_tells_of_what_became_worse_in_the_rules_channel_though_it_was_taken_up(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[SEVERE | {"channel": "#urgent"}])
    first = plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(2)
    with plant.database.transaction() as session:
        add_label(session, first.id, LabelKind.UNSURE, author="anna", now=clock())
        set_incident_state(session, 1, IncidentState.ACKNOWLEDGED, actor="anna", now=clock())
    plant.anomaly(score=7.0, at=clock(), has_heatmap=False)
    rounds.run(8)

    assert [channel for channel, _ in posts(notifier)] == ["ODDSPOT", "URGENT"]
    assert "I-1 has become worse" in posts(notifier)[1][1]


def test_calls_nobody_at_night_for_what_may_not_break_it(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[SEVERE | {"quiet": {"hours": "22:00-06:00"}}])
    clock.now = NIGHT - timedelta(hours=3)
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(2)
    clock.now = NIGHT - timedelta(hours=2, minutes=29)
    plant.anomaly(score=7.0, at=clock(), has_heatmap=False)
    rounds.run(8)

    assert len(notifier.messages) == 1


def test_keeps_quiet_at_night_and_sums_up_in_the_morning(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[QUIET | ESCALATES], alerts={"resolve_minutes": 60})
    clock.now = NIGHT
    for _ in range(3):
        plant.anomaly("line-1", at=clock(), has_heatmap=False)
    rounds.run(4, seconds=3600)
    resolve_quiet(plant.database, plant.settings, now=clock())
    plant.anomaly("line-2", at=clock(), has_heatmap=False)
    plant.anomaly("line-2", at=clock(), has_heatmap=False)
    rounds.run(1, seconds=5400)
    assert notifier.messages == {}
    rounds.run(3)

    ((channel, text),) = posts(notifier)
    (summary,) = next(iter(notifier.messages.values()))
    assert channel == "ODDSPOT"
    assert text == (
        "Quiet hours 2026-11-23 22:00 to 06:00 (Europe/Berlin) are over: 1 incident still open; "
        "1 incident opened and resolved, 3 anomalies. Open: I-2."
    )
    assert "*I-2 line-2*  2 alike; last 04:30:00" in str(summary.blocks)
    assert [block["type"] for block in summary.blocks] == ["section", "section", "actions", "context"]
    with plant.database.reading() as session:
        assert list_unsent(session, limit=5) == []


def test_lets_through_at_night_what_is_severe_and_leaves_it_out_of_the_summary(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[QUIET])
    clock.now = NIGHT
    plant.anomaly("line-1", at=clock(), has_heatmap=False)
    plant.anomaly("line-2", at=clock(), has_heatmap=False)
    rounds.run(3)
    plant.anomaly("line-1", score=5.0, at=clock(), has_heatmap=False)
    rounds.run(3)
    assert [text.split(",")[0] for _, text in posts(notifier)] == ["line-1: 2 alike"]
    clock.now = NIGHT + timedelta(hours=6)
    rounds.run(3)

    assert "1 incident still open; none opened and closed meanwhile. Open: I-2." in posts(notifier)[1][1]


def test_tells_nothing_anew_in_quiet_hours_and_keeps_the_rule_when_it_does(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[QUIET | {"channel": "#paint", "mention": ["here"]}], alerts={"repeat_minutes": 240})
    clock.now = NIGHT - timedelta(hours=3)
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(2)
    clock.now = NIGHT + timedelta(hours=2)
    with plant.database.transaction() as session:
        session.execute(update(IncidentRow).values(last_at=clock()))
    at_night = repeat_untaken(plant.database, plant.settings, now=clock())
    clock.now = NIGHT + timedelta(hours=6)
    by_day = repeat_untaken(plant.database, plant.settings, now=clock())
    rounds.run(3)

    assert (at_night, by_day) == (0, 1)
    assert [channel for channel, _ in posts(notifier)] == ["PAINT", "PAINT"]
    assert posts(notifier)[1][1].startswith("<!here> line-1:")


def test_uses_the_class_of_the_defect_an_incident_looks_like(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[{"defect_class": "dent", "channel": "#dents"}])
    first = plant.anomaly(looks=(1.0, 0.0), at=clock(), has_heatmap=False)
    rounds.run(2)
    with plant.database.transaction() as session:
        add_label(session, first.id, LabelKind.DEFECT, author="anna", defect_class="dent", now=clock())
    clock.forward(24 * 3600)
    resolve_quiet(plant.database, plant.settings, now=clock())
    clock.forward(24 * 3600)
    plant.anomaly(looks=(1.0, 0.1), at=clock(), has_heatmap=False)
    rounds.run(4)

    assert [channel for channel, _ in posts(notifier)] == ["ODDSPOT", "DENTS"]


def test_posts_after_quiet_hours_what_goes_on(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[QUIET])
    clock.now = datetime(2026, 11, 24, 4, 50, tzinfo=UTC)
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(11, seconds=60)
    rounds.run(3)
    plant.anomaly(at=clock(), has_heatmap=False)
    rounds.run(3)

    assert [text.split(" ")[0] for _, text in posts(notifier)] == ["Quiet", "line-1:"]
    assert "2 alike" in posts(notifier)[1][1]


def test_sums_up_once_where_the_clocks_change_at_night(
    plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock
) -> None:
    plant.reconfigure(routes=[{"quiet": {"hours": "22:00-02:30"}}])
    clock.now = datetime(2026, 10, 24, 23, 50, tzinfo=UTC)  # 01:50 CEST; 02:30 comes at 00:30 and again at 01:30 UTC
    for number in range(10):
        plant.anomaly(f"line-{number}", at=clock(), has_heatmap=False)
        rounds.run(1, seconds=600)
        assert notifier.messages == {}, clock()
    rounds.run(3)

    ((_, text),) = posts(notifier)
    assert text.startswith("Quiet hours 2026-10-24 22:00 to 02:30 (Europe/Berlin) are over: 10 incidents still open")


def test_gives_each_channel_its_summary(plant: Plant, rounds: Rounds, notifier: FakeNotifier, clock: Clock) -> None:
    plant.reconfigure(routes=[{"source": ["line-2"], "channel": "#paint"} | QUIET, QUIET])
    clock.now = NIGHT
    plant.anomaly("line-1", at=clock(), has_heatmap=False)
    plant.anomaly("line-2", at=clock(), has_heatmap=False)
    rounds.run(2)
    clock.now = NIGHT + timedelta(hours=6)
    rounds.run(3)

    assert sorted(channel for channel, _ in posts(notifier)) == ["ODDSPOT", "PAINT"]


def test_uses_the_class_people_gave_an_incident(plant: Plant, rounds: Rounds, notifier: FakeNotifier) -> None:
    plant.reconfigure(routes=[{"defect_class": ["scratch"], "channel": "#scratches"}])
    notifier.failures = [NotifyError("#oddspot", "is_archived", permanent=True)]
    first = plant.anomaly(has_heatmap=False)
    rounds.run(2)
    with plant.database.transaction() as session:
        add_label(session, first.id, LabelKind.DEFECT, author="anna", defect_class="scratch", now=rounds.clock())
    plant.anomaly(has_heatmap=False)
    rounds.run(2)

    assert [channel for channel, _ in posts(notifier)] == ["SCRATCHES"]
    with plant.database.reading() as session:
        assert [one.state for one in list_unsent(session, limit=5)] == [DeliveryState.FAILED]
