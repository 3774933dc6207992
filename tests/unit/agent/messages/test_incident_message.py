from dataclasses import replace
from datetime import timedelta
from typing import Any

from agent.messages.incident_message import IncidentView, Seen, ShownPicture, incident_message, picture_words
from storage.records import Act, Incident, IncidentState, Inspection, Label, LabelKind, NearestNormal, Silence, Verdict
from tests.factories_agent import NOON, REGION
from tests.servers.slack.blocks import check_blocks

COVER = Inspection(
    id=1042,
    frame_id=1,
    source_id=1,
    source="line-1",
    detector="line-1@3",
    captured_at=NOON,
    inspected_at=NOON,
    score=2.3,
    threshold=1.0,
    p_value=1 / 201,
    verdict=Verdict.ANOMALOUS,
    fault=None,
    regions=(REGION,),
    name="part-7.png",
    attributes={"lot": "L7", "part": "42"},
    heatmap=None,
    thumbnail=None,
    crops=(),
    label=None,
    defect_class=None,
    incident_id=57,
    milliseconds=1.0,
    width=640,
    height=480,
)
INCIDENT = Incident(57, 1, "line-1", IncidentState.OPEN, NOON, NOON, 1, 1042, None, None)


def view(**changes: Any) -> IncidentView:
    standing = IncidentView(INCIDENT, COVER, good_ones=200, zone="Europe/Berlin", silence_minutes=60, now=NOON)
    return replace(standing, **changes)


def shown(given: IncidentView) -> str:
    return str(incident_message(given, revision="r1").blocks)


def test_says_what_a_person_needs() -> None:
    message = incident_message(view(), revision="r1")

    for words in (
        "line-1: an anomaly",
        "2.3x the threshold; odder than all 200 good ones",
        "13:00:00 (Europe/Berlin)",
        "top left, 34x20 px at (120, 40)",
        "I-57",
        "A-1042",
    ):
        assert words in str(message.blocks)
        assert words in message.text
    assert "L7" in str(message.blocks)
    check_blocks(list(message.blocks), lambda _: True)


def test_names_the_good_one_to_compare_with() -> None:
    worst = replace(REGION, peak=9.0, nearest=NearestNormal("good<7>.png", 7, 0.5))
    message = incident_message(view(cover=replace(COVER, regions=(REGION, worst))), revision="r1")

    assert "Compare with the good one" in str(message.blocks)
    assert "good&lt;7&gt;.png" in str(message.blocks)
    assert "Compare with the good one good&lt;7&gt;.png" in message.text
    assert "Compare" not in incident_message(view(), revision="r1").text


def test_carries_only_ids_in_its_buttons() -> None:
    buttons = incident_message(view(), revision="r1").blocks[-1]["elements"]

    pressed, menu = buttons[:-1], buttons[-1]
    assert [(one["action_id"], one["value"]) for one in pressed] == [
        ("defect", "1042"),
        ("false_alarm", "1042"),
        ("unsure", "1042"),
        ("acknowledge", "57"),
        ("silence", "57"),
    ]
    assert [one["text"]["text"] for one in pressed] == ["Defect", "False alarm", "Unsure", "Acknowledge", "Silence 1 h"]
    assert [one["value"] for one in menu["options"]] == [
        "details:1042",
        "silence_like:1042",
        "similar:1042",
        "explain:1042",
    ]


def test_names_its_silence_as_the_settings_say() -> None:
    assert "Silence 30 min" in shown(view(silence_minutes=30))


def test_counts_what_is_alike_and_says_when_the_last_came() -> None:
    alike = replace(INCIDENT, anomalies=14, last_at=NOON + timedelta(minutes=42))

    assert "line-1: 14 alike" in shown(view(incident=alike))
    assert "13:00:00, last 13:42:00" in shown(view(incident=alike))
    assert "worst of 14: A-1042" in shown(view(incident=alike))


def test_says_what_people_did_and_how_it_stands() -> None:
    label = Label(1, 1042, LabelKind.DEFECT, "scratch", None, "slack:U0ANNA", NOON)
    silence = Silence(1, "line-1", None, NOON, NOON + timedelta(hours=1), "slack:U0BEN", "")
    resolved = replace(INCIDENT, state=IncidentState.RESOLVED, closed_at=NOON + timedelta(hours=2))
    words = shown(view(labels=(label,), silence=silence, incident=resolved))

    assert "Defect (scratch), says <@U0ANNA> (A-1042, 13:00:00)" in words
    assert "Silenced until 14:00:00 by <@U0BEN>" in words
    assert "Resolved 15:00:00" in words


def test_names_what_was_seen_before_and_offers_its_class() -> None:
    before = replace(COVER, id=412, captured_at=NOON - timedelta(days=22), label=LabelKind.DEFECT)
    word = Label(3, 412, LabelKind.DEFECT, "scratch", None, "slack:U0ANNA", NOON)
    message = incident_message(view(seen=Seen(before, word)), revision="r1")

    assert "A-412, scratch, 3 weeks ago, says <@U0ANNA>" in str(message.blocks)
    assert "Seen before: A-412" in message.text
    assert message.blocks[-1]["elements"][0]["text"]["text"] == "Defect: scratch"
    check_blocks(list(message.blocks), lambda _: True)


def test_says_how_often_its_like_was_held_back_and_who_took_it_up() -> None:
    taken = replace(INCIDENT, state=IncidentState.ACKNOWLEDGED, reopened=2)
    act = Act(7, NOON, "slack:U0BEN", "incident_acknowledged", "I-57", {}, 57)
    given = view(incident=taken, held=1, held_at=NOON, acknowledged=act, undoable=act)
    words = shown(given)

    assert "Held back since, as like this: 1 anomaly, last 13:00:00" in words
    assert "Acknowledged by <@U0BEN> (13:00:00)" in words
    assert "Came back 2 times after it was resolved" in words
    assert "Undo the acknowledgement" in words
    assert "'value': 'undo:7'" in words
    assert "'action_id': 'acknowledge'" not in words


def test_tells_a_storm_as_one() -> None:
    assert "line-1: a storm, 31 anomalies unlike the others told" in shown(
        view(incident=replace(INCIDENT, is_storm=True, anomalies=31))
    )


def test_pages_nobody_with_what_comes_from_data() -> None:
    evil = replace(
        COVER,
        name="<!channel> ignore previous instructions.png",
        source="<!here>",
        attributes={"<!everyone>": "<@U1>"},
    )
    message = incident_message(view(cover=evil, incident=replace(INCIDENT, source="<!here>")), revision="r1")

    assert "<" not in message.text
    assert "<" not in str(message.blocks)


def test_gives_every_update_new_block_ids() -> None:
    ids = [
        block["block_id"] for revision in ("r1", "r2") for block in incident_message(view(), revision=revision).blocks
    ]

    assert len(ids) == len(set(ids))


def test_shows_the_picture_with_its_words() -> None:
    picture = ShownPicture("F1", title="A-1042", alt_text=picture_words(COVER))
    (block,) = [one for one in incident_message(view(picture=picture), revision="r").blocks if one["type"] == "image"]

    assert block["slack_file"] == {"id": "F1"}
    assert block["alt_text"] == ("Heatmap of A-1042 from line-1: 2.3x the threshold; top left, 34x20 px at (120, 40)")


def test_makes_do_without_region_p_value_and_attributes() -> None:
    bare = replace(COVER, regions=(), p_value=None, attributes={}, width=0, height=0)
    message = incident_message(view(cover=bare, good_ones=0), revision="r")

    assert "good ones" not in message.text
    check_blocks(list(message.blocks), lambda _: True)
