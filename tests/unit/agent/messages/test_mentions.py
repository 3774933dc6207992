import pytest

from agent.messages.mentions import mention_words, with_mention
from agent.messages.message import Message, message, section


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["U0ANNA", "W0BERT"], "<@U0ANNA> <@W0BERT>"),
        (["S0TEAM", "here"], "<!subteam^S0TEAM> <!here>"),
        (["channel", "<!channel>", "everyone", "U0ANNA> <!channel", ""], ""),
    ],
)
def test_calls_only_people_groups_and_here(ids: list[str], words: str) -> None:
    assert mention_words(ids) == words


def test_puts_the_mention_before_the_message_and_changes_nothing_without_one() -> None:
    shown = message("line-1: an anomaly", [section("*line-1*")])
    called = with_mention(shown, ["here"])

    assert called.text == "<!here> line-1: an anomaly"
    assert [block["text"]["text"] for block in called.blocks] == ["<!here>", "*line-1*"]
    assert with_mention(shown, ["channel"]) == shown
    assert with_mention(Message("plain"), ["here"]) == Message("<!here> plain")
