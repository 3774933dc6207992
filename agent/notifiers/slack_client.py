"""Clients for Slack's Web API that never post twice by themselves."""

import logging

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from agent.errors import AgentError
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.team import SlackSettings

TIMEOUT_SECONDS = 10
LOGGER = "oddspot.slack"


class SlackAuthError(AgentError):
    """Slack does not accept a token; trying again is useless."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"Slack refuses {setting} ({reason}); see the app's page at api.slack.com for the right one.")


def make_client(slack: SlackSettings, *, rate_limit_retries: int = 0) -> WebClient:
    """Return a client: the default one resends a post whose answer was lost, and is never used."""
    token = slack.bot_token.get_secret_value() if slack.bot_token else None
    return WebClient(
        token,
        base_url=slack.api_url.rstrip("/") + "/",
        timeout=TIMEOUT_SECONDS,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=rate_limit_retries)],
        logger=quiet_logger(),
    )


def quiet_logger() -> logging.Logger:
    """Return the logger given to Slack's libraries; they write tokens and links at DEBUG, so it never goes there."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.CRITICAL)
    return logger


def check_bot_token(client: WebClient) -> bool:
    """Ask Slack whose token it is; False where Slack cannot be reached; raise SlackAuthError where it is refused."""
    try:
        client.auth_test()
    except SlackTrouble as error:
        reason = explain("Slack", error)
        if reason.permanent:
            raise SlackAuthError("slack.bot_token", reason.reason) from None
        return False
    return True
