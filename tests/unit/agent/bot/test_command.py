import pytest

from agent.bot.command import meant


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("ask how many today?", "how many today?"),
        ("Ask: is everything ok?", "is everything ok?"),
        ("silence line-1 2h", "silence line-1 for 2h"),
        ("mute press for 90 minutes", "silence press for 90 minutes"),
        ("silence line-1 until tomorrow 6am", "silence line-1 until tomorrow 6am"),
        ("how many today?", "how many today?"),
        ("asking for a friend", "asking for a friend"),
    ],
)
def test_reads_what_a_subcommand_means(typed: str, text: str) -> None:
    assert meant(typed) == text
