from agent.messages.answer_message import answer_message
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
