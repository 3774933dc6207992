import json

import pytest

from config.printable import printable, printable_json

HOSTILE = "a\x1b[31m\x9b2J\x07\x7f\r\u202eb\u2066\u200fc"


def test_takes_out_all_that_a_terminal_would_obey() -> None:
    assert printable(HOSTILE) == "a[31m2Jbc"


@pytest.mark.parametrize("text", ["two\nlines", "a\ttab", "Zürich, 日本, 😀", ""])
def test_leaves_text_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_json_keeps_its_meaning() -> None:
    shown = printable_json(json.dumps({"file": HOSTILE}, ensure_ascii=False))

    assert json.loads(shown) == {"file": HOSTILE}
    assert printable(shown) == shown
