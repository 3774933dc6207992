from dataclasses import replace
from datetime import timedelta

from agent.messages.notices import DigestView, digest_message, drift_message, job_message
from tests.factories_agent import NOON
from tests.servers.slack.blocks import check_blocks
from tests.unit.agent.messages.test_incident_message import COVER


def test_asks_about_each_of_the_oddest_frames_and_offers_to_go_live() -> None:
    frames = tuple(replace(COVER, id=number) for number in range(1, 21))
    view = DigestView(7, "line-1", frames, 412, NOON - timedelta(days=1), "Europe/Berlin", NOON)
    message = digest_message(view)
    buttons = [one for block in message.blocks if block["type"] == "actions" for one in block["elements"]]

    assert "412 frames scored since 2026-11-22 13:00 (Europe/Berlin)" in message.text
    assert (buttons[-1]["action_id"], buttons[-1]["value"]) == ("go_live", "7")
    assert len(buttons) == 41
    check_blocks(list(message.blocks), lambda _: True)


def test_tells_a_jobs_result_and_pages_nobody() -> None:
    assert job_message("fitted <!channel>").text == "fitted &lt;!channel&gt;"
    check_blocks(list(job_message("x" * 9000).blocks), lambda _: True)


def test_tells_a_drift_with_the_detector_and_how_sure_it_is() -> None:
    message = drift_message("line-1@3", "The last 200 images score higher <!channel>.", "One in a hundred.")

    assert message.text == "line-1@3 has drifted. The last 200 images score higher &lt;!channel&gt;."
    assert "One in a hundred." in str(message.blocks[-1])
    check_blocks(list(message.blocks), lambda _: True)


def test_says_in_the_digest_whether_the_budget_can_be_promised() -> None:
    view = DigestView(
        7, "line-1", (COVER,), 412, None, "UTC", NOON, "At most 2 false incidents a week can be promised."
    )

    assert "At most 2 false incidents a week can be promised." in str(digest_message(view).blocks[-3])
