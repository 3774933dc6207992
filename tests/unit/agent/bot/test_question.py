import pytest

from agent.bot.question import question_text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@U0ODDSPOT> how many?", "how many?"),
        ("how many, <@U0ODDSPOT|oddspot>?", "how many, ?"),
        ("is <https://line-1.example|line-1.example> up", "is line-1.example up"),
        ("score &gt; 2 &amp; &lt; 3", "score > 2 & < 3"),
        ("in <#C1|paint>", "in paint"),
        ("since <!date^1^{date}|yesterday>", "since yesterday"),
        ("  <@U1>\n\t ", ""),
        ("x" * 5000, "x" * 2000),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_reads_what_a_person_meant(text: str, meant: str) -> None:
    assert question_text(text) == meant
