from dataclasses import replace
from datetime import timedelta

from agent.messages.looking_messages import Explained, explain_message, similar_message
from storage.records import DetectorVersion, LabelKind
from tests.factories_agent import NOON
from tests.servers.slack.blocks import check_blocks
from tests.unit.agent.messages.test_incident_message import COVER

VERSION = DetectorVersion(1, 1, "line-1@3", 3, NOON, "b", "0" * 64, "patchcore", "fast", "space", 1.0, 0.01, 200)


def test_lists_what_is_similar_with_what_people_said() -> None:
    alike = replace(COVER, id=981, label=LabelKind.FALSE_ALARM)
    dent = replace(COVER, id=7, label=LabelKind.DEFECT, defect_class="<!here>", captured_at=NOON - timedelta(days=2))
    message = similar_message(COVER, [(alike, 0.91), (dent, 0.5)], zone="UTC")

    assert "A-981: false alarm, 2026-11-23 12:00 (0.91)" in message.text
    assert "A-7: defect &lt;!here&gt;, 2026-11-21 12:00 (0.50)" in message.text
    check_blocks(list(message.blocks), lambda _: True)


def test_says_so_where_nothing_can_be_compared() -> None:
    assert similar_message(COVER, [], zone="UTC").text.startswith("Nothing on record from line-1")


def test_explains_by_score_good_ones_promise_region_and_likeness() -> None:
    view = Explained(COVER, VERSION, ((replace(COVER, id=981, label=LabelKind.FALSE_ALARM), 0.63),), "UTC", NOON)
    message = explain_message(view)

    for words in (
        "it scored 2.3, 2.3x the threshold (1) of line-1@3",
        "odder than all 200 good ones held out at the fit (p = 0.00498, and never less than 0.00498)",
        "at most 1.00%",
        "Oddest: top left, 34x20 px at (120, 40)",
        "Like A-981: false alarm",
    ):
        assert words in message.text
    assert explain_message(replace(view, version=None)).text.startswith("*Why A-1042*")
