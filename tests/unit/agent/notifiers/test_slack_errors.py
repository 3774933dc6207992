import io
from email.message import Message
from http.client import RemoteDisconnected
from socket import gaierror
from urllib.error import HTTPError, URLError

import pytest
from slack_sdk.errors import SlackApiError

from agent.notifiers.port import BadContentError, MessageGoneError
from agent.notifiers.slack_errors import explain


class Response(dict[str, object]):
    """What SlackApiError carries."""

    def __init__(self, error: str | None, status: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__(ok=False, error=error)
        self.status_code = status
        self.headers = headers or {}


def refusal(error: str | None, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    return SlackApiError("refused", Response(error, status, headers))  # type: ignore[no-untyped-call] # untyped there


@pytest.mark.parametrize("code", ["invalid_auth", "channel_not_found", "not_in_channel", "is_archived", "new_word"])
def test_takes_a_refusal_as_permanent(code: str) -> None:
    error = explain("#a", refusal(code))

    assert (error.permanent, error.ambiguous, error.reason) == (True, False, code)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (refusal("ratelimited", 429, {"Retry-After": "7"}), 7.0),
        (refusal("ratelimited", 429, {"retry-after": "0"}), 0.0),
        (refusal("ratelimited", 200), 30.0),
        (refusal(None, 429, {"Retry-After": "soon"}), 30.0),
    ],
)
def test_waits_when_slack_asks(error: SlackApiError, seconds: float) -> None:
    assert (explain("#a", error).retry_after, explain("#a", error).permanent) == (seconds, False)


@pytest.mark.parametrize("error", [refusal("fatal_error"), refusal(None, 503), refusal("internal_error", 500)])
def test_doubts_what_the_server_broke_over(error: SlackApiError) -> None:
    assert (explain("#a", error).permanent, explain("#a", error).ambiguous) == (False, True)


@pytest.mark.parametrize(
    ("error", "is_ambiguous"),
    [
        (URLError(ConnectionRefusedError()), False),
        (URLError(gaierror()), False),
        (URLError(TimeoutError()), True),
        (RemoteDisconnected("closed"), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
    ],
)
def test_doubts_only_what_may_have_arrived(error: Exception, is_ambiguous: bool) -> None:  # noqa: FBT001 - a case
    assert (explain("#a", error).permanent, explain("#a", error).ambiguous) == (False, is_ambiguous)


def test_tells_a_refused_upload_from_a_broken_server() -> None:
    def failed(code: int) -> HTTPError:
        return HTTPError("http://127.0.0.1/secret-link", code, "no", Message(), io.BytesIO())

    assert explain("#a", failed(400)).ambiguous is False
    assert explain("#a", failed(502)).ambiguous is True
    assert "secret-link" not in str(explain("#a", failed(502)))


def test_knows_refused_content_and_deleted_messages() -> None:
    assert isinstance(explain("#a", refusal("invalid_blocks")), BadContentError)
    assert isinstance(explain("#a", refusal("msg_too_long")), BadContentError)
    assert isinstance(explain("#a", refusal("message_not_found")), MessageGoneError)
