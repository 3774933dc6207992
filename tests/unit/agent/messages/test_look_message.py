from dataclasses import replace
from typing import Any

import pytest

from agent.messages.look_message import (
    LOOK_AT,
    Refused,
    look_message,
    look_verdict,
    refused_message,
    which_source_message,
)
from agent.messages.message import Message
from storage.records import JobState, Look, LookResult, Region, RejectReason, Verdict
from tests.factories_agent import NOON
from tests.servers.slack.blocks import check_blocks

NORMAL = LookResult("line-1@3", Verdict.NORMAL, 0.627, 1.0, 0.4, 200, width=300, height=300, picture="a" * 64)
PLACES = (Region(1, 2, 30, 40, 12, 2.3), Region(250, 250, 30, 40, 12, 1.9))
ODD = replace(NORMAL, verdict=Verdict.ANOMALOUS, score=2.31, p_value=1 / 201, regions=PLACES)


def look(result: LookResult | None, **changes: Any) -> Look:
    base = Look(7, 1, "line-1", "0" * 64, "part.png", "slack:U1", ("C1", "1.5"), JobState.DONE, 1, NOON, result)
    return replace(base, **changes)


def said(message: Message) -> str:
    check_blocks(list(message.blocks), lambda _file: True)
    parts = [block.get("text") or block["elements"][0] for block in message.blocks if block["type"] != "actions"]
    return "\n".join(part["text"] for part in parts)


def test_says_the_verdict_in_one_line_and_where_it_comes_from_below() -> None:
    message = look_message(look(NORMAL))

    assert message.text == "Normal for line-1: .62 of the threshold"
    assert said(message) == (
        "*Normal for line-1: .62 of the threshold*\n"
        "part.png; line-1@3; odder than 121 of 200 good ones; asked about, so counted nowhere."
        " Outlined is where it is oddest."
    )


def test_says_how_far_above_the_threshold_and_where() -> None:
    message = look_message(look(ODD))

    assert message.text == "Anomalous for line-1: 2.3x the threshold, top left and 1 more"
    assert "odder than all 200 good ones" in said(message)


@pytest.mark.parametrize(
    ("score", "threshold", "words"),
    [
        (0.9999, 1.0, ".99 of the threshold"),
        (1.0, 1.0, "exactly at the threshold"),
        (0.0, 1.0, ".00 of the threshold"),
        (-2.0, 1.0, ".00 of the threshold"),
        (-0.5, 0.0, "score -0.5, threshold 0"),
    ],
)
def test_never_rounds_a_normal_score_up_to_the_threshold(score: float, threshold: float, words: str) -> None:
    result = replace(NORMAL, score=score, threshold=threshold)

    assert look_verdict("line-1", result) == f"Normal for line-1: {words}"


def test_says_when_a_verdict_is_not_to_be_relied_on() -> None:
    words = said(look_message(look(replace(ODD, may_alert=False, fault="black"))))

    assert "Its detector was judged not fit, so do not rely on this." in words
    assert "The image has a fault (black), so do not rely on this." in words


@pytest.mark.parametrize("reason", RejectReason)
def test_says_kindly_why_an_image_was_not_judged(reason: RejectReason) -> None:
    words = said(look_message(look(LookResult(rejected=reason))))

    assert words.startswith("I could not judge part.png for line-1: ")
    assert "_" not in words.replace("bit_depth", "")


def test_says_a_failure_as_a_sentence() -> None:
    words = said(look_message(look(LookResult(failure="line-1 has no fitted detector now."))))

    assert words == "I could not judge part.png for line-1: line-1 has no fitted detector now."


def test_lets_a_files_name_page_nobody() -> None:
    hostile = "<!channel> `x` \u202egnp.exe" + "a" * 500

    for message in (
        look_message(look(ODD, name=hostile)),
        look_message(look(None, name=hostile)),
        refused_message([Refused(hostile, "it is a PDF")]),
        which_source_message([(1, hostile)], "F1", unknown=hostile),
    ):
        assert "<!" not in said(message)
        assert "<!" not in message.text
        assert "\u202e" not in said(message)


@pytest.mark.parametrize("count", [2, 20, 21, 100, 300])
def test_asks_back_within_slacks_limits_however_many_sources_there_are(count: int) -> None:
    files = ",".join(f"F{number:010d}" for number in range(5))
    message = which_source_message([(number, f"source-{number}") for number in range(count)], files)

    assert said(message) == "Which source is this image of?"
    elements = message.blocks[1]["elements"]
    values = [one["value"] for one in (elements if count <= 20 else elements[0]["options"])]
    assert values[1] == f"1|{files}"
    assert len(values) == min(count, 100)
    assert all(one["action_id"].startswith(LOOK_AT) for one in elements)
