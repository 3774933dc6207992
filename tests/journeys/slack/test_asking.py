"""Questions and wishes in Slack, answered by the built-in reader: buttons, pictures, tables, rights, bad input."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from agent.assistant.assistant import Assistant
from agent.talk import utc_now
from storage.queries.inspections import get_inspection
from storage.records import Feedback, JobKind, LabelKind
from storage.repositories.feedback import list_feedback
from storage.repositories.incidents import incident_by_id
from storage.repositories.jobs import job_by_id
from storage.repositories.labels import add_label, labels_of
from storage.repositories.silences import active_silences
from tests.factories_agent import Plant, make_plant
from tests.journeys.slack.conftest import Start, tokens
from tests.journeys.slack.reading import buttons, roots, settled, words
from tests.servers.slack import ANNA, BEN, GUEST, LocalSlack, Message, StoredFile

HOUR = timedelta(hours=1)


@pytest.fixture
def plant(slack: LocalSlack, tmp_path: Path) -> Iterator[Plant]:
    places = {"line-1": {"path": str(tmp_path)}, "press": {"path": str(tmp_path), "channel": "#press"}}
    made = make_plant(
        tmp_path,
        slack=tokens(slack),
        sources=places,
        storage={"data_dir": str(tmp_path)},
        alerts={"edit_every_seconds": 0},
    )
    yield made
    made.database.close()


@pytest.fixture
def assistant(plant: Plant) -> Assistant:
    return Assistant(plant.database, plant.settings)


def ask(
    slack: LocalSlack, text: str, *, channel: str = "oddspot", thread: Message | None = None, user: str = ANNA
) -> Message:
    """Mention the bot and return its reply, as it stands now."""
    asked = slack.mention(channel, text, user=user, thread_ts=thread.thread_ts or thread.ts if thread else None)
    slack.wait_for(lambda: replies(slack, asked))
    return replies(slack, asked)[0]


def replies(slack: LocalSlack, asked: Message) -> list[Message]:
    new = [one for one in slack.bot_messages() if one.ts > asked.ts]
    return [one for one in new if one.thread_ts == (asked.thread_ts or asked.ts)]


def now_is(slack: LocalSlack, message: Message) -> Message:
    return next(one for one in slack.bot_messages() if one.ts == message.ts)


def files_of(slack: LocalSlack, message: Message, count: int = 1) -> list[StoredFile]:
    """Wait for so many files in a message's thread."""
    root = message.thread_ts or message.ts

    def shared() -> list[StoredFile]:
        ready = [one for one in slack.files if one.is_completed and one.user == message.user]
        return [one for one in ready if any(share[2] == root for share in one.shares)]

    return slack.wait_for(lambda: shared() if len(shared()) >= count else [])


def idle(slack: LocalSlack) -> bool:
    return all(envelope.is_acked for envelope in slack.envelopes)


def test_silences_only_once_a_person_confirmed_and_gives_it_back(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.source("line-1")
    start()
    reply = ask(slack, "please silence line-1 for 2 hours")
    assert buttons(reply.blocks) == ["Confirm", "Cancel"]
    assert reply.text.startswith("Silence line-1 until ")
    assert "(2 h)? Nothing changes until somebody confirms it." in reply.text
    with plant.database.reading() as session:
        assert active_silences(session, now=utc_now()) == []
    clicks = [slack.click(reply, "proposal_confirm", user=BEN) for _ in range(2)]
    slack.wait_for(lambda: f"Confirmed by <@{BEN}>" in words(now_is(slack, reply)))
    slack.wait_for(lambda: all(click.is_acked for click in clicks) and slack.workspace.ephemerals)

    with plant.database.reading() as session:
        (silence,) = active_silences(session, now=utc_now())
    assert (silence.source, silence.author) == ("line-1", f"slack:{BEN}")
    assert [row.action for row in plant.audit() if row.actor == f"slack:{BEN}"] == ["silence"]
    assert "answered already" in slack.workspace.ephemerals[0]["text"]
    assert buttons(now_is(slack, reply).blocks) == ["Undo"]
    slack.click(now_is(slack, reply), "proposal_undo", user=ANNA)
    slack.wait_for(lambda: f"Taken back by <@{ANNA}>" in words(now_is(slack, reply)))
    with plant.database.reading() as session:
        assert active_silences(session, now=utc_now()) == []


def test_changes_nothing_where_it_is_cancelled_or_a_guest_confirms(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    plant.source("line-1")
    start()
    reply = ask(slack, "mute line-1 until tomorrow 6am")
    slack.click(reply, "proposal_confirm", user=GUEST)
    slack.wait_for(lambda: slack.workspace.ephemerals)
    assert slack.workspace.ephemerals[0]["text"] == "Guests may not do this."
    stale = now_is(slack, reply)
    slack.click(reply, "proposal_cancel")
    slack.wait_for(lambda: f"Cancelled by <@{ANNA}>" in words(now_is(slack, reply)))
    confirm = next(one for block in stale.blocks if block["type"] == "actions" for one in block["elements"])
    press(slack, reply, confirm)
    slack.wait_for(lambda: len(slack.workspace.ephemerals) == 2)

    assert "answered already" in slack.workspace.ephemerals[1]["text"]
    with plant.database.reading() as session:
        assert active_silences(session, now=utc_now()) == []
    assert [row for row in plant.audit() if row.actor.startswith("slack:")] == []


def press(slack: LocalSlack, message: Message, element: dict[str, Any], **container: Any) -> None:
    """Press a button that Slack still shows to somebody, though the message is another by now."""
    place = {"type": "message", "message_ts": message.ts, "channel_id": message.channel, "thread_ts": message.thread_ts}
    action = {key: element[key] for key in ("action_id", "value", "type")} | {"block_id": "b", "action_ts": "1.0"}
    slack.gateway.publish(
        "interactive",
        {
            "type": "block_actions",
            "team": {"id": "T0ODDSPOT", "domain": "oddspot-works"},
            "user": {"id": ANNA, "team_id": "T0ODDSPOT"},
            "channel": {"id": message.channel, "name": "oddspot"},
            "container": place | container,
            "actions": [action],
            "trigger_id": "1.1.x",
            "response_url": slack.workspace.new_response_url(message.channel, message.ts, ANNA),
            "api_app_id": "A0ODDSPOT",
        },
    )


def test_takes_up_and_labels_by_words(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    plant.anomaly(at=utc_now(), has_heatmap=False)
    slack.wait_for(lambda: roots(slack) and settled(plant))
    taken = ask(slack, "acknowledge I-1")
    slack.click(taken, "proposal_confirm")
    slack.wait_for(lambda: f"Acknowledged by <@{ANNA}>" in words(roots(slack)[0]))
    again = ask(slack, "label A-1 as <!channel> scratch")
    assert again.blocks == [] or "<!channel>" not in json.dumps(again.blocks)
    label = ask(slack, "label A-1 as scratch")
    slack.click(label, "proposal_confirm", user=BEN)
    slack.wait_for(lambda: f"Defect (scratch), says <@{BEN}>" in words(roots(slack)[0]))
    over = ask(slack, "resolve I-1")
    slack.click(over, "proposal_confirm")
    slack.wait_for(lambda: "I-1 is over." in words(now_is(slack, over)))

    with plant.database.reading() as session:
        assert incident_by_id(session, 1).state == "resolved"
        (written,) = labels_of(session, 1)
    assert (written.kind, written.defect_class, written.author) == (LabelKind.DEFECT, "scratch", f"slack:{BEN}")


def test_says_so_where_a_proposal_is_out_of_date(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    plant.anomaly(at=utc_now(), has_heatmap=False)
    slack.wait_for(lambda: roots(slack) and settled(plant))
    first, second = ask(slack, "resolve I-1"), ask(slack, "acknowledge I-1")
    slack.click(first, "proposal_confirm")
    slack.wait_for(lambda: "Confirmed" in words(now_is(slack, first)))
    slack.click(second, "proposal_confirm")
    slack.wait_for(lambda: "Nothing was changed: I-1 is resolved by now." in words(now_is(slack, second)))


def test_leaves_a_threshold_to_the_detectors_and_has_it_told_here(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    plant.source("line-1")
    start()
    reply = ask(slack, "set the threshold of line-1 to 0.8")
    assert "It judges nothing until a person applies it." in reply.text
    slack.click(reply, "proposal_confirm")
    slack.wait_for(lambda: "is being made a version" in words(now_is(slack, reply)))

    with plant.database.reading() as session:
        job = job_by_id(session, 1)
    assert (job.kind, job.arguments["threshold"], job.arguments["channel"]) == (JobKind.THRESHOLD, 0.8, reply.channel)
    assert job.requested_by == f"slack:{ANNA}"
    assert [row.action for row in plant.audit() if row.actor == f"slack:{ANNA}"] == ["threshold_asked"]


def test_draws_what_goes_along_time(slack: LocalSlack, plant: Plant, start: Start) -> None:
    for hours in (1, 25, 26, 27, 50, 75, 76):
        plant.anomaly(at=utc_now() - hours * HOUR, pages=False)
    start()
    reply = ask(slack, "anomalies per day over the last 7 days?")
    (chart,) = files_of(slack, reply)

    assert chart.name == "anomalies-along-time.png"
    assert picture(chart).size[0] > 800
    assert "per day" in chart.title


def test_shows_one_and_shows_several(slack: LocalSlack, plant: Plant, start: Start) -> None:
    for hours in (1, 2, 3):
        plant.anomaly(at=utc_now() - hours * HOUR, pages=False)
    start()
    one = ask(slack, "show A-2")
    several = ask(slack, "list the worst anomalies of the last 24 hours")
    (heatmap,) = files_of(slack, one)
    (sheet,) = files_of(slack, several)

    assert heatmap.name == "A-2.png"
    assert heatmap.content == plant.blobs.get(shown_heatmap(plant, 2))
    assert sheet.title.count("A-") == 3
    assert picture(sheet).size == (992, 280)


def test_sends_no_picture_where_none_may_leave_the_house(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.anomaly(at=utc_now() - HOUR, pages=False)
    start(images="none")
    ask(slack, "show A-1")
    ask(slack, "list the anomalies of the last 24 hours")
    ask(slack, "list the anomalies of the last 24 hours as csv")
    slack.wait_for(lambda: any(one.name.endswith(".csv") for one in slack.files))

    assert [one.name for one in slack.files] == ["oddspot-list-anomalies.csv"]


def test_exports_a_table_that_no_spreadsheet_runs(slack: LocalSlack, plant: Plant, start: Start) -> None:
    one = plant.anomaly(at=utc_now() - HOUR, pages=False, has_heatmap=False)
    with plant.database.transaction() as session:
        add_label(session, one.id, LabelKind.DEFECT, author="ann", defect_class="=HYPERLINK(1)", now=utc_now())
    start()
    reply = ask(slack, "list the anomalies of the last 24 hours as csv")
    (table,) = files_of(slack, reply)
    again = ask(slack, "as csv", thread=reply)
    slack.wait_for(lambda: len(slack.files) == 2)
    nothing = ask(slack, "export that")

    (row,) = csv.DictReader(io.StringIO((table.content or b"").decode()))
    assert (row["id"], row["source"], row["defect_class"]) == ("A-1", "line-1", "'=HYPERLINK(1)")
    assert again.text == reply.text
    assert nothing.text.startswith("Which figures?")


def test_keeps_whether_an_answer_helped(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.anomaly(at=utc_now() - HOUR, pages=False, has_heatmap=False)
    start()
    reply = ask(slack, "how many anomalies in the last 24 hours?")
    for user, value in ((ANNA, "positive"), (ANNA, "positive"), (BEN, "positive"), (BEN, "negative")):
        slack.click(reply, "feedback", user=user, value=value)
        slack.wait_for(lambda: idle(slack))
    slack.wait_for(lambda: len(slack.workspace.ephemerals) == 4)

    with plant.database.reading() as session:
        found = sorted(list_feedback(session, limit=9), key=lambda one: one.author)
    assert [(one.author, one.is_helpful) for one in found] == [(f"slack:{ANNA}", True), (f"slack:{BEN}", False)]
    assert isinstance(found[0], Feedback)
    assert found[0].question == "how many anomalies in the last 24 hours?"
    assert found[0].answer == reply.text
    assert found[0].tools == ("count_anomalies",)


def test_answers_without_thumbs_where_a_workspace_does_not_know_them(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    plant.source("line-1")
    start()
    slack.fail_next("chat.postMessage", error="invalid_blocks")
    reply = ask(slack, "how many anomalies today?")

    assert reply.text
    assert [block["type"] for block in reply.blocks] == ["section"]


def test_says_what_stands_and_reports_to_the_person_alone(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    plant.anomaly(at=utc_now() - 25 * HOUR, has_heatmap=False)
    slack.wait_for(lambda: settled(plant))
    said = len(slack.bot_messages())
    for text in (
        "status",
        "report week",
        "report day line-1",
        "report line-9",
        "silence",
        "ask how many anomalies in the last 48 hours?",
    ):
        before = len(slack.workspace.ephemerals)
        envelope = slack.slash(text)
        slack.wait_for(lambda: envelope.is_acked)  # noqa: B023 - waited for at once
        if text != "silence":
            slack.wait_for(lambda: len(slack.workspace.ephemerals) > before)  # noqa: B023 - the same
    texts = [one["text"] for one in slack.workspace.ephemerals]

    assert texts[0].startswith("Open incidents: ")
    assert texts[1].startswith("Week ")
    assert "frame" in texts[2]
    assert texts[3] == "There is no source 'line-9'; the nearest: line-1."
    assert "/oddspot silence line-1 2h" in (slack.envelopes[-2].response or {})["text"]
    assert "1 anomaly" in texts[4]
    assert len(slack.bot_messages()) == said


def test_silences_by_the_slash_command_after_a_click(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.source("line-1")
    start()
    slack.slash("silence line-1 2h")
    (shown,) = slack.wait_for(lambda: slack.workspace.ephemerals)
    assert shown["text"].startswith("Silence line-1 until")
    confirm = next(one for block in shown["blocks"] if block["type"] == "actions" for one in block["elements"])
    stands = ask(slack, "help")
    press(slack, stands, confirm, is_ephemeral=True)
    slack.wait_for(lambda: "Confirmed by" in now_is(slack, stands).text)

    with plant.database.reading() as session:
        assert [one.author for one in active_silences(session, now=utc_now())] == [f"slack:{ANNA}"]


def test_answers_only_those_who_may_ask(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.source("line-1")
    start(allowed_users=(BEN,), allowed_channels=(slack.channel.id,))
    slack.add_channel("other")
    refused = ask(slack, "how many anomalies today?", user=ANNA)
    elsewhere = ask(slack, "how many anomalies today?", channel="other", user=BEN)
    answered = ask(slack, "how many anomalies today?", user=BEN)
    direct = slack.direct_message("how many anomalies today?", user=BEN)
    (reply,) = slack.wait_for(lambda: slack.thread(direct))

    assert refused.text == "Only people named in Oddspot's settings may do this."
    assert elsewhere.text == "Oddspot's settings allow this only in other channels."
    assert "line-1" in answered.text or "anomal" in answered.text or "No data" in answered.text
    assert reply.text == answered.text


def test_lets_a_channel_see_only_its_own_sources(slack: LocalSlack, plant: Plant, start: Start) -> None:
    slack.add_channel("press")
    for source in ("line-1", "press", "press"):
        plant.anomaly(source, at=utc_now() - HOUR, pages=False, has_heatmap=False)
    start(only_own_sources=True)
    here = ask(slack, "how many anomalies in the last 24 hours?")
    there = ask(slack, "how many anomalies in the last 24 hours?", channel="press")
    hidden = ask(slack, "how many anomalies on press in the last 24 hours?")
    wish = ask(slack, "silence press for 2 hours")
    direct = slack.direct_message("how many anomalies in the last 24 hours?")
    (all_of_them,) = slack.wait_for(lambda: slack.thread(direct))

    assert [one.text.split(" anomal")[0].split()[-1] for one in (here, there, all_of_them)] == ["1", "2", "3"]
    assert "2" not in hidden.text.replace("24", "")
    assert "Confirm" not in buttons(wish.blocks)


@pytest.mark.parametrize(
    ("text", "start_of_reply"),
    [
        ("", "What would you like to know?"),
        ("?!", "What would you like to know?"),
        ("how many " * 1200, "That question is too long"),
        ("Wie viele Anomalien gab es gestern?", "Ich verstehe leider nur Englisch."),
        ("show A-999999", "No data: there is no inspection A-999999"),
        ("how many on line-77 today?", "There is no source 'line-77'"),
    ],
)
def test_is_kind_to_what_is_no_question(
    slack: LocalSlack, plant: Plant, start: Start, text: str, start_of_reply: str
) -> None:
    plant.anomaly(at=utc_now() - HOUR, pages=False, has_heatmap=False)
    start()

    assert ask(slack, text).text.startswith(start_of_reply)


def test_offers_the_second_of_two_questions(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.anomaly(at=utc_now() - HOUR, pages=False, has_heatmap=False)
    start()
    reply = ask(slack, "How many anomalies in the last 24 hours? And which incidents are open?")
    slack.click(reply, "ask_this_0")
    slack.wait_for(lambda: len([one for one in slack.bot_messages() if one.thread_ts == reply.thread_ts]) == 2)

    assert buttons(reply.blocks) == ["Which incidents are open?"]
    assert "incident" in slack.bot_messages()[-1].text


def test_says_that_it_cannot_read_a_pdf(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.anomaly(at=utc_now() - HOUR, pages=False, has_heatmap=False)
    start()
    alone = slack.direct_message("", files=[("report.pdf", b"%PDF-1.7")])
    (reply,) = slack.wait_for(lambda: slack.thread(alone))
    both = slack.direct_message("how many anomalies in the last 24 hours?", files=[("report.pdf", b"%PDF-1.7")])
    (answer,) = slack.wait_for(lambda: slack.thread(both))

    assert reply.text.startswith("I cannot look at report.pdf: it is a PDF")
    assert "1 anomaly" in answer.text
    assert answer.text.endswith("I answer from what the cameras recorded.")


def picture(file: StoredFile) -> Image.Image:
    return Image.open(io.BytesIO(file.content or b""))


def shown_heatmap(plant: Plant, inspection_id: int) -> str:
    with plant.database.reading() as session:
        found = get_inspection(session, inspection_id)
    assert found is not None
    assert found.heatmap is not None
    assert found.captured_at < datetime.now(tz=found.captured_at.tzinfo)
    return found.heatmap
