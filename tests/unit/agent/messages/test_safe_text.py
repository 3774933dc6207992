import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages.safe_text import clean, safe, who


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("a & b", "a &amp; b"),
        ("part\n\t 7.png", "part 7.png"),
        ("gnp.\u202efdp", "gnp.fdp"),
        ("zero\u200bwidth\x00", "zerowidth"),
        ("`code`", "'code'"),
        ("x" * 200, "x" * 79 + "…"),
    ],
)
def test_makes_text_from_data_harmless(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text())
def test_leaves_nothing_hidden_and_nothing_that_pages(text: str) -> None:
    assert len(clean(text)) <= 80
    assert not any(unicodedata.category(character) in {"Cc", "Cf"} for character in clean(text))
    assert "<" not in safe(text)
    assert ">" not in safe(text)


@pytest.mark.parametrize(
    ("author", "shown"),
    [("slack:U0ANNA", "<@U0ANNA>"), ("ben@desk", "ben@desk"), ("slack:<!here>", "slack:&lt;!here&gt;"), ("U1", "U1")],
)
def test_names_the_author_of_an_act(author: str, shown: str) -> None:
    assert who(author) == shown
