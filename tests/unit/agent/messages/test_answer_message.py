import json

from agent.messages.answer_message import answer_message, feedback_block, paragraphs, without_feedback
from tests.servers.slack.blocks import check_blocks


def test_pages_nobody_with_an_answer() -> None:
    assert answer_message("<!channel> a & b").text == "&lt;!channel&gt; a &amp; b"


def test_offers_three_readings_at_most_and_keeps_each_whole() -> None:
    readings = ["how many anomalies were there on the source line-1 between 06:00 and 14:00 today?" + " x" * 40] * 5
    message = answer_message("Which?", readings)
    check_blocks(list(message.blocks), lambda _: True)
    buttons = message.blocks[-1]["elements"]

    assert [one["action_id"] for one in buttons] == ["ask_this_0", "ask_this_1", "ask_this_2"]
    assert buttons[0]["value"] == readings[0]


def test_says_something_even_where_the_answer_is_empty() -> None:
    assert answer_message("  ").text == "I have no answer."


def test_carries_the_question_under_its_thumbs_within_the_limits() -> None:
    long = answer_message("3 anomalies", feedback=feedback_block("é" * 5000, ["count_anomalies"] * 40))
    check_blocks(list(long.blocks), lambda _: True)
    (element,) = long.blocks[-1]["elements"]
    helpful = json.loads(element["positive_button"]["value"])

    assert helpful["v"] == "+"
    assert helpful["q"].startswith("éé")
    assert json.loads(element["negative_button"]["value"])["v"] == "-"
    assert all(len(element[one]["value"]) <= 2000 for one in ("positive_button", "negative_button"))
    assert [block["type"] for block in without_feedback(long).blocks] == ["section"]


def test_cuts_a_long_answer_at_line_ends() -> None:
    lines = [f"- A-{number} on line-1, score 2.3" for number in range(200)]
    parts = paragraphs("\n".join(lines))

    assert all(len(part) <= 2800 for part in parts)
    assert "".join(parts).splitlines() == lines
    assert [len(part) for part in paragraphs("x" * 6000)] == [2800, 2800, 400]
