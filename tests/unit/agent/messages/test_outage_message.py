from dataclasses import replace
from datetime import timedelta

import pytest

from agent.messages.outage_message import outage_message, outage_sentence
from storage.records import SILENT, Fault, Job, JobKind, JobState, Outage
from tests.factories_agent import NOON
from tests.servers.slack.blocks import check_blocks

BERLIN = "Europe/Berlin"
MOVED = Outage(1, 1, "line-1", "moved", NOON, NOON + timedelta(hours=1), None, frames=412, good=0)


def sentence(outage: Outage) -> str:
    return outage_sentence(outage, zone=BERLIN, now=NOON + timedelta(hours=2))


def test_says_since_when_how_many_frames_and_why() -> None:
    assert sentence(MOVED) == "line-1: not judged since 13:00:00, 412 frames (camera moved)"


def test_says_from_when_to_when_it_was() -> None:
    over = replace(MOVED, ended_at=NOON + timedelta(minutes=90), frames=1)

    assert sentence(over) == (
        "line-1: judged again since 14:30:00. Not judged from 13:00:00 on, 1 frame (camera moved)."
    )


def test_says_of_a_silence_that_no_frame_comes_and_that_they_come_again() -> None:
    silent = replace(MOVED, kind=SILENT, frames=0)

    assert sentence(silent) == "line-1: no frame since 13:00:00 (source silent)"
    again = replace(silent, ended_at=NOON + timedelta(hours=1))
    assert sentence(again) == "line-1: frames come again since 14:00:00. There were none from 13:00:00 on."


@pytest.mark.parametrize("kind", [*Fault, SILENT])
@pytest.mark.parametrize("minutes", [None, 30])
def test_every_message_is_one_slack_takes(kind: str, minutes: int | None) -> None:
    ended_at = None if minutes is None else NOON + timedelta(minutes=minutes)
    outage = replace(MOVED, kind=kind, ended_at=ended_at, source="<!channel>" * 30)

    made = outage_message(outage, zone=BERLIN, now=NOON + timedelta(hours=1), revision="1")

    check_blocks(list(made.blocks), lambda _: False)
    assert "<!" not in made.text
    assert made.text.strip("*") in made.blocks[0]["text"]["text"]


@pytest.mark.parametrize("kind", [Fault.MOVED, Fault.BLURRED])
def test_offers_to_learn_the_new_view_of_a_moved_camera_only(kind: Fault) -> None:
    made = outage_message(replace(MOVED, kind=kind), zone=BERLIN, now=NOON)

    assert [block["type"] for block in made.blocks] == ["section", "context"] + ["actions"] * (kind is Fault.MOVED)
    ended = outage_message(replace(MOVED, ended_at=NOON), zone=BERLIN, now=NOON)
    assert [block["type"] for block in ended.blocks] == ["section", "context"]


def test_says_who_wants_the_new_view_instead_of_offering_it_again() -> None:
    wish = Job(7, JobKind.VIEW, {"source_id": 1, "outage_id": 1}, "slack:U0ANNA", JobState.WAITING, 0)

    made = outage_message(MOVED, zone=BERLIN, now=NOON, view=wish)

    assert "New view wanted by <@U0ANNA>: its frames are being collected." in str(made.blocks)
    assert [block["type"] for block in made.blocks] == ["section", "context"]
