"""What Slack's refusals and a connection's troubles mean for a delivery."""

import re
from http.client import HTTPException
from urllib.error import HTTPError, URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from agent.notifiers.port import BadContentError, FileGoneError, MessageGoneError, NotifyError

TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
DEFAULT_RETRY_AFTER = 30.0
CONTENT = frozenset({"msg_too_long", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "no_text"})
GONE = frozenset({"message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"})
GONE_FILES = frozenset({"file_not_found", "file_deleted"})
SLACK_WORD = re.compile(r"[a-z0-9_]+")
PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
NEVER_CONNECTED = (ConnectionRefusedError,)

SlackTrouble = (SlackClientError, HTTPException, OSError)


def explain(channel: str, error: Exception) -> NotifyError:
    """Turn what the Slack client raised (one of SlackTrouble) into what a delivery does about it; no token in it."""
    if isinstance(error, SlackApiError):
        return _refusal(channel, error)
    if isinstance(error, HTTPError):
        error.close()
        return NotifyError(channel, f"HTTP {error.code}", ambiguous=error.code >= SERVER_ERROR)
    if isinstance(error, SlackClientError):
        return NotifyError(channel, type(error).__name__)
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    is_unheard = isinstance(cause, ConnectionRefusedError) or _is_unknown_host(cause)
    return NotifyError(channel, f"the connection failed ({type(cause).__name__})", ambiguous=not is_unheard)


def retry_after_of(error: SlackApiError) -> float | None:
    """Return the seconds Slack asks to wait, None where it does not."""
    response = error.response
    if getattr(response, "status_code", 0) != TOO_MANY_REQUESTS and error_code(error) != "ratelimited":
        return None
    headers = {str(name).lower(): value for name, value in (getattr(response, "headers", None) or {}).items()}
    try:
        return max(0.0, float(headers.get("retry-after", DEFAULT_RETRY_AFTER)))
    except (TypeError, ValueError):
        return DEFAULT_RETRY_AFTER


def error_code(error: SlackApiError) -> str:
    """Return Slack's word for a refusal."""
    response = error.response
    code = response.get("error") if hasattr(response, "get") else None
    return str(code) if code else "unknown_error"


def _refusal(channel: str, error: SlackApiError) -> NotifyError:
    retry_after = retry_after_of(error)
    if retry_after is not None:
        return NotifyError(channel, "Slack asks to wait", retry_after=retry_after)
    status = getattr(error.response, "status_code", 0)
    if status >= SERVER_ERROR:
        return NotifyError(channel, f"HTTP {status}", ambiguous=True)
    code = error_code(error)
    if code in CONTENT:
        return BadContentError(channel, code)
    if code in GONE:
        return MessageGoneError(channel, code)
    if code in GONE_FILES:
        return FileGoneError(channel, code)
    is_passing = code in PASSING or not SLACK_WORD.fullmatch(code)  # a proxy's page is no word of Slack's
    return NotifyError(channel, code, permanent=not is_passing, ambiguous=is_passing)


def _is_unknown_host(cause: BaseException) -> bool:
    return isinstance(cause, OSError) and type(cause).__name__ == "gaierror"
