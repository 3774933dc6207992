import re
from datetime import timedelta

import pytest

from agent.assistant.answer import Usage
from agent.talk import utc_now
from storage.records import EventKind, LabelKind, SourceState
from storage.repositories.events import add_event
from storage.repositories.labels import labels_of
from storage.repositories.silences import active_silences
from storage.repositories.sources import source_by_name
from tests.factories_agent import Plant
from tests.journeys.slack.conftest import FakeAnswer, FakeAssistant, Start
from tests.journeys.slack.reading import buttons, pictures, roots, settled, words
from tests.servers.slack import ANNA, BEN, GUEST, STRANGER, LocalSlack, Message
from tests.servers.slack.blocks import check_blocks


def told(slack: LocalSlack, plant: Plant) -> Message:
    plant.anomaly(at=utc_now(), has_heatmap=False)
    slack.wait_for(lambda: roots(slack) and settled(plant))
    return roots(slack)[0]


def test_writes_the_label_a_person_clicks_and_shows_it(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    clicks = [slack.click(message, "defect", user=ANNA), slack.click(message, "defect", user=ANNA)]

    slack.wait_for(lambda: f"Defect, says <@{ANNA}> (A-1" in words(roots(slack)[0]))
    slack.wait_for(lambda: all(click.is_acked for click in clicks) and settled(plant))

    with plant.database.reading() as session:
        history = [(label.kind, label.author) for label in labels_of(session, 1)]
    assert history == [(LabelKind.DEFECT, f"slack:{ANNA}")]
    assert [row.action for row in plant.audit() if row.subject == "A-1"] == ["label"]
    assert all((click.ack_seconds or 9) < 3 for click in clicks)


def test_keeps_what_two_people_say_and_shows_the_last(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    slack.click(message, "defect", user=ANNA)
    slack.wait_for(lambda: f"<@{ANNA}>" in words(roots(slack)[0]))
    slack.click(roots(slack)[0], "false_alarm", user=BEN)

    slack.wait_for(lambda: f"False alarm, says <@{BEN}>" in words(roots(slack)[0]))

    with plant.database.reading() as session:
        history = [(label.kind, label.author) for label in labels_of(session, 1)]
    assert history == [(LabelKind.DEFECT, f"slack:{ANNA}"), (LabelKind.FALSE_ALARM, f"slack:{BEN}")]
    assert "says <@U0ANNA>" not in words(roots(slack)[0])


def test_silences_a_source_once_however_often_it_is_clicked(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    slack.click(message, "silence")
    slack.click(message, "silence")
    slack.wait_for(lambda: f"by <@{ANNA}>" in words(roots(slack)[0]))
    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes) and settled(plant))
    edits = len(roots(slack)[0].edits)
    plant.anomaly(at=utc_now(), has_heatmap=False)
    slack.wait_for(lambda: settled(plant))

    with plant.database.reading() as session:
        (silence,) = active_silences(session, now=utc_now())
    assert silence.source == "line-1"
    assert timedelta(minutes=59) < silence.until - utc_now() <= timedelta(minutes=60)
    assert "Silenced until" in words(roots(slack)[0])
    assert len(roots(slack)[0].edits) == edits


def test_refuses_guests_and_people_of_other_companies_visibly(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    slack.click(message, "defect", user=GUEST)
    slack.click(message, "false_alarm", user=STRANGER)

    slack.wait_for(lambda: len(slack.workspace.ephemerals) == 2)

    refused = {shown["user"]: shown["text"] for shown in slack.workspace.ephemerals}
    assert refused == {GUEST: "Guests may not do this.", STRANGER: "People of another company may not do this."}
    with plant.database.reading() as session:
        assert labels_of(session, 1) == []


def test_lets_only_named_people_press_where_the_settings_name_some(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    start(allowed_users=(BEN,))
    message = told(slack, plant)
    slack.click(message, "defect", user=ANNA)
    slack.wait_for(lambda: slack.workspace.ephemerals)
    slack.click(message, "defect", user=BEN)
    slack.wait_for(lambda: f"<@{BEN}>" in words(roots(slack)[0]))

    assert slack.workspace.ephemerals[0]["user"] == ANNA
    with plant.database.reading() as session:
        assert [label.author for label in labels_of(session, 1)] == [f"slack:{BEN}"]


def test_answers_a_mention_once_in_its_thread(slack: LocalSlack, start: Start, assistant: FakeAssistant) -> None:
    start()
    asked = slack.mention("oddspot", "how many since <!date^1^{date}|yesterday>?")
    slack.wait_for(lambda: slack.thread(asked))
    slack.resend(slack.envelopes[0])
    slack.wait_for(lambda: len(slack.envelopes[0].acked_at) == 2)
    slack.mention("oddspot", "and today?", thread_ts=asked.ts)
    slack.wait_for(lambda: len(assistant.asked) == 2 and len(slack.thread(asked)) == 3)

    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes))

    thread = f"T0ODDSPOT:{asked.channel}:{asked.ts}"
    assert assistant.asked == [("how many since yesterday?", thread), ("and today?", thread)]
    assert [reply.text for reply in slack.thread(asked) if reply.is_from_bot] == [
        "You asked: how many since yesterday?",
        "You asked: and today?",
    ]
    assert slack.workspace.statuses[0]["status"] == "is reading the record..."
    assert all((envelope.ack_seconds or 9) < 3 for envelope in slack.envelopes)


def test_answers_a_direct_message_in_its_own_thread(slack: LocalSlack, start: Start, assistant: FakeAssistant) -> None:
    start()
    asked = slack.direct_message("is line-1 well?")

    (reply,) = slack.wait_for(lambda: slack.thread(asked))
    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes))

    assert reply.text == "You asked: is line-1 well?"
    assert len(assistant.asked) == 1


def test_answers_neither_bots_nor_edits(slack: LocalSlack, start: Start, assistant: FakeAssistant) -> None:
    start()
    asked = slack.direct_message("first")
    slack.wait_for(lambda: slack.thread(asked))
    event = slack.envelopes[0].payload["event"]
    slack.people.tell(event | {"subtype": "message_changed", "message": {"text": "second"}})
    slack.people.tell(event | {"edited": {"user": ANNA, "ts": asked.ts}, "text": "second"})
    slack.people.tell(event | {"bot_id": "B0OTHER", "text": "third"})
    last = slack.direct_message("last")
    slack.wait_for(lambda: slack.thread(last))
    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes))

    assert [question for question, _ in assistant.asked] == ["first", "last"]


def test_says_something_kind_where_the_assistant_breaks(slack: LocalSlack, start: Start) -> None:
    slack.fail_next("assistant.threads.setStatus", error="unknown_method")
    start()
    asked = slack.mention("oddspot", "break")

    (reply,) = slack.wait_for(lambda: slack.thread(asked))

    assert reply.text.startswith("Sorry")
    assert "secret" not in reply.text


def test_answers_even_where_the_first_reply_is_refused(slack: LocalSlack, start: Start) -> None:
    slack.fail_next("chat.postMessage", status=503)
    start()
    asked = slack.mention("oddspot", "how many?")

    (reply,) = slack.wait_for(lambda: slack.thread(asked))

    assert reply.text == "You asked: how many?"


def test_offers_readings_and_answers_the_one_chosen(slack: LocalSlack, start: Start, assistant: FakeAssistant) -> None:
    readings = ("anomalies on line-1 today", "frames on line-1 today", "incidents on line-1 today", "a fourth")
    assistant.answers["line-1?"] = FakeAnswer("Which did you mean?", readings)
    start()
    asked = slack.mention("oddspot", "line-1?")
    (reply,) = slack.wait_for(lambda: slack.thread(asked))
    assert buttons(reply.blocks) == list(readings[:3])
    slack.click(reply, "ask_this_1")
    slack.wait_for(lambda: len(slack.thread(asked)) == 2)

    assert slack.thread(asked)[1].text == "You asked: frames on line-1 today"


def test_pages_nobody_with_what_an_answer_quotes(slack: LocalSlack, start: Start, assistant: FakeAssistant) -> None:
    assistant.answers["names?"] = FakeAnswer("<!channel> <https://evil.example|ok>.png")
    start()
    asked = slack.mention("oddspot", "names?")
    (reply,) = slack.wait_for(lambda: slack.thread(asked))

    assert reply.text == "&lt;!channel&gt; &lt;https://evil.example|ok&gt;.png"


def test_answers_a_slash_command_to_the_person_alone(slack: LocalSlack, start: Start) -> None:
    start()
    helped, asked = slack.slash("help"), slack.slash("how many on &lt;line&gt;?")
    shown = slack.wait_for(lambda: slack.workspace.ephemerals)[0]
    slack.wait_for(lambda: helped.is_acked and asked.is_acked)

    assert "Ask me in plain words" in (helped.response or {})["text"]
    assert shown["text"] == "You asked: how many on &lt;line&gt;?"
    assert slack.bot_messages() == []


def test_suggests_questions_where_the_messages_tab_is_opened(slack: LocalSlack, start: Start) -> None:
    start()
    slack.people.open_home(tab="messages")
    slack.people.open_home(tab="home")
    slack.wait_for(lambda: slack.workspace.prompts and slack.workspace.homes)

    assert len(slack.workspace.prompts[0]["prompts"]) == 4


def test_acknowledges_what_it_does_not_listen_to(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    slack.people.react(message, "eyes")
    slack.people.shortcut("nobody_listens", message=message)
    slack.people.shortcut("ask_about_anomalies")
    slack.say("oddspot", "just talking")

    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes))

    assert len(slack.bot_messages()) == 1


def test_tells_a_digest_and_lets_a_person_go_live(slack: LocalSlack, plant: Plant, start: Start) -> None:
    odd = plant.anomaly("line-9", at=utc_now(), pages=False, has_heatmap=False)
    plant.source("line-9", state=SourceState.COMMISSIONING)
    with plant.database.transaction() as session:
        since = (utc_now() - timedelta(days=1)).isoformat()
        payload = {"inspections": [odd.id], "frames": 412, "since": since}
        add_event(session, EventKind.DIGEST, source_id=odd.source_id, payload=payload, now=utc_now())
    start()
    (message,) = slack.wait_for(lambda: roots(slack))
    assert "412 frames scored" in words(message)
    assert buttons(message.blocks) == ["Defect", "False alarm", "Go live"]
    slack.click(message, "go_live", user=BEN)
    slack.wait_for(lambda: slack.workspace.ephemerals)
    slack.click(message, "go_live", user=BEN)
    slack.wait_for(lambda: len(slack.workspace.ephemerals) == 2)

    with plant.database.reading() as session:
        assert source_by_name(session, "line-9").state is SourceState.LIVE
    acts = [(row.action, row.actor) for row in plant.audit() if row.actor.startswith("slack:")]
    assert acts == [("source_live", f"slack:{BEN}")]


def test_tells_a_jobs_result(slack: LocalSlack, plant: Plant, start: Start) -> None:
    source_id = plant.source("line-1")
    with plant.database.transaction() as session:
        payload = {"text": "line-1@2 was fitted <!here>"}
        add_event(session, EventKind.JOB_DONE, source_id=source_id, payload=payload, now=utc_now())
    start()

    (message,) = slack.wait_for(lambda: roots(slack))

    assert words(message) == "line-1@2 was fitted &lt;!here&gt;"


def test_never_writes_a_token_into_its_log(
    slack: LocalSlack, plant: Plant, start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    slack.fail_next("chat.postMessage", error="fatal_error")
    slack.fail_next("chat.postMessage", drop_before=True)
    start()
    message = told(slack, plant)
    slack.click(message, "defect")
    slack.wait_for(lambda: "Defect" in words(roots(slack)[0]))

    written = "".join(capfd.readouterr())
    assert "delivered" in written
    assert not re.search(r"xoxb-|xapp-|local-signing", written)


def test_takes_an_incident_up_and_gives_it_back(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    slack.click(message, "acknowledge", user=BEN)
    slack.wait_for(lambda: f"Acknowledged by <@{BEN}>" in words(roots(slack)[0]))
    assert "Acknowledge" not in buttons(roots(slack)[0].blocks)
    slack.click(roots(slack)[0], "more", value=menu(roots(slack)[0])["Undo the acknowledgement"], user=ANNA)

    slack.wait_for(lambda: "Acknowledge" in buttons(roots(slack)[0].blocks))
    assert [row.action for row in plant.audit() if row.actor == f"slack:{ANNA}"] == ["incident_open", "undo"]


def test_says_more_in_a_modal(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    slack.click(message, "more", value="details:1")
    view = slack.wait_for(lambda: list(slack.workspace.views.values()))[0]
    option = {"selected_option": {"value": "false_alarm"}}
    values = {
        "kind": {"value": option},
        "class": {"value": {"value": "glare <!here>"}},
        "note": {"value": {"value": "the lamp"}},
        "region": {"value": {"selected_option": {"value": "0"}}},
    }
    saved = slack.submit_view(view, values)
    slack.wait_for(lambda: "False alarm (glare &lt;!here&gt;): the lamp" in words(roots(slack)[0]))

    assert saved.is_acked
    assert "Dismissed" in words(roots(slack)[0])
    with plant.database.reading() as session:
        (label,) = labels_of(session, 1)
    assert (label.kind, label.note, label.region) == (LabelKind.FALSE_ALARM, "the lamp", (120, 40, 34, 20))


def test_refuses_a_modal_saved_by_a_guest(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    slack.click(message, "more", value="details:1")
    view = slack.wait_for(lambda: list(slack.workspace.views.values()))[0]
    saved = slack.submit_view(view, {"kind": {"value": {"selected_option": {"value": "defect"}}}}, user=GUEST)
    slack.wait_for(lambda: saved.is_acked)

    assert saved.response == {"response_action": "errors", "errors": {"kind": "Guests may not do this."}}
    with plant.database.reading() as session:
        assert labels_of(session, 1) == []


def test_labels_by_the_shortcut_on_a_message(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    message = told(slack, plant)
    other = slack.say("oddspot", "is A-1 that dent?")
    stray = slack.say("oddspot", "lunch?")
    for one in (message, other):
        slack.people.shortcut("label_anomaly", message=one)
    slack.wait_for(lambda: len(slack.workspace.views) == 2)
    slack.people.shortcut("label_anomaly", message=stray)
    slack.people.shortcut("label_anomaly", message=message, user=GUEST)
    slack.wait_for(lambda: len(slack.workspace.ephemerals) == 2)

    assert {view["title"]["text"] for view in slack.workspace.views.values()} == {"Label A-1"}
    assert {one["text"] for one in slack.workspace.ephemerals} == {
        "This message tells of no anomaly that I know.",
        "Guests may not do this.",
    }


def test_shows_what_is_similar_and_why_it_was_told_in_the_thread(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    for looks in ((1.0, 0.0), (1.0, 0.3)):
        plant.anomaly(at=utc_now(), looks=looks)
    slack.wait_for(lambda: roots(slack) and pictures(roots(slack)[0]) and settled(plant))
    (message,) = roots(slack)
    slack.click(message, "more", value="explain:1")
    slack.click(message, "more", value="similar:1")
    slack.wait_for(lambda: settled(plant) and len(slack.thread(message)) >= 4)

    texts = [reply.text for reply in slack.thread(message)]
    assert any(text.startswith("*Why A-1*") for text in texts)
    assert any("A-2: not labelled" in text for text in texts)
    assert any(stored.title == "Similar to A-1" for stored in slack.files)
    assert len(roots(slack)) == 1


def test_holds_back_what_is_like_a_false_alarm_a_person_clicked(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    plant.anomaly(at=utc_now(), has_heatmap=False, looks=(1.0, 0.0))
    slack.wait_for(lambda: roots(slack) and settled(plant))
    slack.click(roots(slack)[0], "false_alarm")
    slack.wait_for(lambda: "Dismissed" in words(roots(slack)[0]))
    plant.anomaly(at=utc_now(), has_heatmap=False, looks=(1.0, 0.2))
    slack.wait_for(lambda: "Held back since, as like this: 1 anomaly" in words(roots(slack)[0]), timeout=20)
    slack.wait_for(lambda: settled(plant))

    assert len(roots(slack)) == 1


def test_lets_the_members_of_a_group_press_where_the_settings_name_it(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    slack.workspace.groups["S0QUALITY"] = [BEN]
    start(allowed_groups=("S0QUALITY",))
    message = told(slack, plant)
    slack.click(message, "unsure", user=ANNA)
    slack.wait_for(lambda: slack.workspace.ephemerals)
    slack.click(message, "unsure", user=BEN)
    slack.wait_for(lambda: f"Unsure, says <@{BEN}>" in words(roots(slack)[0]))

    assert [one["user"] for one in slack.workspace.ephemerals] == [ANNA]


def test_refuses_to_act_in_a_channel_the_settings_do_not_name(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start(allowed_channels=("C0OTHER",))
    slack.click(told(slack, plant), "defect")

    (shown,) = slack.wait_for(lambda: slack.workspace.ephemerals)
    assert shown["text"] == "Oddspot's settings allow this only in other channels."


def menu(message: Message) -> dict[str, str]:
    (found,) = [one for block in message.blocks for one in block.get("elements", []) if one.get("type") == "overflow"]
    return {option["text"]["text"]: option["value"] for option in found["options"]}


def test_shows_what_is_being_done_and_in_small_letters_who_answered(
    slack: LocalSlack, assistant: FakeAssistant, start: Start
) -> None:
    usage = Usage(2, 900, 40)
    assistant.answers["how many?"] = FakeAnswer("14 anomalies.", usage=usage, footnote="a-model · 2.3 s · 940 tokens")
    start()
    asked = slack.mention("oddspot", "how many?", user=ANNA)

    (reply,) = slack.wait_for(lambda: slack.thread(asked))

    assert "a-model · 2.3 s · 940 tokens" in words(reply)
    check_blocks(reply.blocks, slack.workspace.has_file)
    assert "counting anomalies ..." in [shown["status"] for shown in slack.workspace.statuses]
