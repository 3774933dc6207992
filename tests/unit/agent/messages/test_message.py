import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages.message import (
    Message,
    actions,
    button,
    context,
    fields,
    header,
    message,
    picture,
    section,
)
from tests.servers.slack.blocks import check_blocks

LONG = st.text(max_size=10) | st.integers(1, 20_000).map(lambda length: "x" * length)


@given(text=LONG, count=st.integers(0, 60))
def test_keeps_every_documented_limit_whatever_it_is_given(text: str, count: int) -> None:
    buttons = [button(text, action_id=f"a{number}", value="7") for number in range(30)]
    blocks = [
        section(text, block_id=text),
        fields([text] * 20),
        header(text),
        context([text] * 20),
        picture("F1", alt_text=text, title=text),
        *[section(text)] * count,
        actions(buttons),
    ]
    made = message(text, blocks)

    check_blocks(list(made.blocks), lambda _: True)
    assert len(made.text) <= 4000
    assert made.blocks[-1]["type"] == "actions"


@pytest.mark.parametrize("given", [{"action_id": "a", "value": "x" * 2001}, {"action_id": "a" * 256, "value": "1"}])
def test_refuses_a_button_that_would_lose_its_id(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="too long"):
        button("Defect", **given)


def test_links_nothing_by_itself() -> None:
    assert section("evil.example")["text"]["verbatim"] is True


def test_becomes_plain_text_without_its_blocks() -> None:
    assert message("words", [section("words")]).as_plain_text() == Message("words")
