import io
import json

import pytest

from detectors.decode_child import receive_message, send_message


def test_a_message_comes_back_as_it_was_sent() -> None:
    stream = io.BytesIO()
    send_message(stream, {"path": "a\udcffb", "bit_depth": None})
    send_message(stream, {"second": 2})
    stream.seek(0)

    assert receive_message(stream.read) == {"path": "a\udcffb", "bit_depth": None}
    assert receive_message(stream.read) == {"second": 2}
    assert receive_message(stream.read) is None


def test_half_a_message_is_the_end() -> None:
    body = json.dumps({"path": "a"}).encode()
    stream = io.BytesIO(len(body).to_bytes(4) + body[:-1])

    assert receive_message(stream.read) is None


def test_a_message_longer_than_may_be_is_none() -> None:
    stream = io.BytesIO()
    send_message(stream, {"detail": "x" * 100})
    stream.seek(0)

    with pytest.raises(ValueError, match="a message of 114 bytes"):
        receive_message(stream.read, longest=100)
