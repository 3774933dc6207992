import time
from datetime import timedelta
from functools import partial
from statistics import median

import pytest

from agent.messages import message as written
from agent.notifiers.slack import SlackNotifier
from agent.notifiers.slack_client import make_client
from agent.talk import utc_now
from storage.records import DeliveryKind, DeliveryState, NewDelivery
from storage.repositories.deliveries import add_delivery, claim_due_deliveries, list_unsent
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.silences import add_silence
from tests.factories_agent import Plant
from tests.journeys.slack.conftest import Start
from tests.journeys.slack.reading import buttons, pictures, roots, settled, words
from tests.servers.slack import LocalSlack, Message

IDLE_SECONDS = 1.5
"""Longer than the second that Slack wants between two messages of a channel."""


def test_posts_one_message_with_buttons_then_puts_the_heatmap_into_it(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    start()
    anomaly = plant.anomaly(name="<!channel> & friends.png", at=utc_now())

    message = slack.wait_for(lambda: [m for m in roots(slack) if pictures(m)])[0]

    first = message.versions[0]
    assert buttons(first.blocks) == ["Defect", "False alarm", "Unsure", "Acknowledge", "Silence 1 h"]
    assert not pictures(first)
    (shown,) = pictures(message)
    assert "2.3x the threshold" in shown["alt_text"]
    assert "top left" in shown["alt_text"]
    (stored,) = slack.files
    assert shown["slack_file"] == {"id": stored.id}
    assert stored.content == plant.blobs.get(anomaly.heatmap or "")
    assert stored.alt_text == shown["alt_text"]
    assert "&lt;!channel&gt; &amp; friends.png" in words(message)
    assert "odder than all 200 good ones" in words(message)
    assert "<!" not in words(message) + message.text
    assert message.arguments["unfurl_links"] in {False, "0"}
    slack.wait_for(lambda: settled(plant))


def test_tells_fourteen_alike_in_one_message_edited_at_most_once_in_two_seconds(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    start()
    for _ in range(14):
        plant.anomaly(at=utc_now())

    slack.wait_for(lambda: any("14 alike" in words(m) for m in roots(slack)))
    slack.wait_for(lambda: settled(plant))

    (message,) = roots(slack)
    assert len(message.edits) <= 4
    assert slack.workspace.rate_breaches == []
    block_ids = [block["block_id"] for edit in message.versions for block in edit.blocks]
    assert len(block_ids) == len(set(block_ids))


def test_records_a_silenced_anomaly_and_says_nothing(slack: LocalSlack, plant: Plant, start: Start) -> None:
    quiet = plant.source("line-1")
    with plant.database.transaction() as session:
        until = utc_now() + timedelta(hours=1)
        add_silence(session, source_id=quiet, until=until, author="test", comment="", now=utc_now())
    start()
    silenced = plant.anomaly("line-1", at=utc_now())
    plant.anomaly("line-2", at=utc_now())

    slack.wait_for(lambda: roots(slack))
    slack.wait_for(lambda: settled(plant))

    assert [words(message).split(":")[0] for message in roots(slack)] == ["*line-2"]
    assert plant.incident_of(silenced) is not None


def test_tells_of_late_frames_nothing(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    late = plant.anomaly("line-1", at=utc_now(), pages=False)
    plant.anomaly("line-2", at=utc_now())

    slack.wait_for(lambda: roots(slack))
    slack.wait_for(lambda: settled(plant))

    assert len(roots(slack)) == 1
    assert plant.incident_of(late) is not None


def test_finds_a_message_whose_answer_was_lost_instead_of_posting_it_twice(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    slack.fail_next("chat.postMessage", drop_after_accept=True)
    start()
    plant.anomaly(at=utc_now())

    slack.wait_for(lambda: settled(plant))

    assert len(roots(slack)) == 1
    assert len(slack.calls_of("chat.postMessage")) == 1
    assert slack.calls_of("conversations.history")
    assert pictures(roots(slack)[0])


def test_finds_a_picture_whose_answer_was_lost_instead_of_uploading_it_twice(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    slack.fail_next("files.completeUploadExternal", drop_after_accept=True)
    start()
    plant.anomaly(at=utc_now())

    slack.wait_for(lambda: settled(plant))

    (message,) = roots(slack)
    assert len(slack.thread(message)) == 1
    assert pictures(message)


def test_sends_again_what_never_arrived(slack: LocalSlack, plant: Plant, start: Start) -> None:
    slack.fail_next("chat.postMessage", drop_before=True)
    slack.fail_next("chat.postMessage", status=503)
    start()
    plant.anomaly(at=utc_now())

    slack.wait_for(lambda: settled(plant), timeout=30)

    assert len(roots(slack)) == 1


def test_waits_as_long_as_slack_asks(slack: LocalSlack, plant: Plant, start: Start) -> None:
    slack.fail_next("chat.postMessage", rate_limited=2)
    start()
    plant.anomaly(at=utc_now())

    slack.wait_for(lambda: settled(plant))

    refused, accepted = slack.calls_of("chat.postMessage")
    assert accepted.at - refused.at >= 2
    assert len(roots(slack)) == 1


def test_fails_visibly_where_slack_will_never_accept(slack: LocalSlack, plant: Plant, start: Start) -> None:
    slack.add_channel("away", is_member=False)
    start(channel="#away")
    plant.anomaly(at=utc_now())

    slack.wait_for(lambda: slack.calls_of("chat.postMessage") and settled(plant))

    with plant.database.reading() as session:
        (failed,) = list_unsent(session, limit=10)
    assert (failed.state, failed.error) == (DeliveryState.FAILED, "not_in_channel")


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long"])
def test_sends_plain_text_where_the_blocks_are_refused(
    slack: LocalSlack, plant: Plant, start: Start, error: str
) -> None:
    slack.fail_next("chat.postMessage", error=error)
    start()
    plant.anomaly(at=utc_now(), has_heatmap=False)

    slack.wait_for(lambda: settled(plant))

    (message,) = roots(slack)
    assert message.blocks == []
    assert "2.3x the threshold" in message.text


def test_lets_one_unreachable_channel_hold_up_no_other(slack: LocalSlack, plant: Plant, start: Start) -> None:
    slack.add_channel("other")
    sources = {"line-2": {"path": "/photos", "channel": "#other"}}
    plant.reconfigure(sources=sources)
    slack.fail_next("chat.postMessage", rate_limited=30)
    start()
    plant.anomaly("line-1", at=utc_now())
    slack.wait_for(lambda: slack.calls_of("chat.postMessage"))
    plant.anomaly("line-2", at=utc_now())

    slack.wait_for(lambda: slack.bot_messages("other"), timeout=5)

    assert roots(slack) == []


def test_finds_after_a_crash_what_was_posted_and_posts_what_was_not(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    long_ago = utc_now() - timedelta(minutes=2)
    keys = []
    for name in ("line-1", "line-2"):
        anomaly = plant.anomaly(name, at=long_ago, pages=False)
        with plant.database.transaction() as session:
            incident = join_incident(session, anomaly.id, Joining(join=timedelta(minutes=30)), now=long_ago).incident
            new = NewDelivery(DeliveryKind.POST, "#oddspot", long_ago, incident_id=incident.id)
            add_delivery(session, new, now=long_ago)
            (claimed,) = claim_due_deliveries(session, limit=1, now=long_ago)
            keys.append(claimed.key)
    notifier = SlackNotifier(make_client(plant.settings.slack))
    notifier.post("#oddspot", written.Message("line-1: posted before the crash"), key=keys[0])
    start()

    slack.wait_for(lambda: len(roots(slack)) == 2 and settled(plant), timeout=30)

    posts = slack.calls_of("chat.postMessage")
    assert len(posts) == 1 + 1
    assert all(pictures(message) for message in roots(slack))


def test_posts_a_deleted_message_again_once(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    plant.anomaly(at=utc_now())
    slack.wait_for(lambda: settled(plant))
    delete(slack, plant)
    plant.anomaly(at=utc_now())
    slack.wait_for(lambda: settled(plant) and roots(slack))
    delete(slack, plant)
    plant.anomaly(at=utc_now())
    slack.wait_for(lambda: settled(plant) and len(slack.calls_of("chat.update")) >= 3)

    assert roots(slack) == []
    assert len(slack.calls_of("chat.postMessage")) == 2


def delete(slack: LocalSlack, plant: Plant) -> None:
    (message,) = roots(slack)
    make_client(plant.settings.slack).chat_delete(channel=message.channel, ts=message.ts)


def test_loses_nothing_while_slack_is_down(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    slack.down()
    for name in ("line-1", "line-2", "line-3"):
        plant.anomaly(name, at=utc_now())
    slack.up()

    slack.wait_for(lambda: len(roots(slack)) == 3 and settled(plant), timeout=60)

    assert slack.workspace.rate_breaches == []


def test_tells_everything_once_with_two_bots_at_work(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    start(waits_for_socket=False)
    slack.wait_for(lambda: len(slack.hub.sockets) == 2)
    for number in range(6):
        plant.anomaly(f"line-{number}", at=utc_now())
    asked = slack.mention("oddspot", "how many?")

    slack.wait_for(lambda: len(roots(slack)) == 6 and settled(plant), timeout=40)

    assert all(pictures(message) for message in roots(slack))
    assert len(slack.files) == 6
    assert len(slack.thread(asked)) == 1


@pytest.mark.alone
def test_tells_an_anomaly_within_two_seconds_on_an_idle_channel(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    seconds = []
    for number in range(5):
        time.sleep(IDLE_SECONDS)
        committed = plant.anomaly(f"line-{number}", at=utc_now(), has_heatmap=False)
        message = slack.wait_for(partial(later_roots, slack, number))[0]
        seconds.append((message.posted_wall - committed.inspected_at).total_seconds())
        slack.wait_for(lambda: settled(plant))

    assert median(seconds) < 2


def later_roots(slack: LocalSlack, known: int) -> list[Message]:
    return roots(slack)[known:]
