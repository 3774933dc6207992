"""One signed post to a webhook: no redirect is followed, no answer is read, no secret is said."""

from datetime import datetime

import httpx

from agent.notifiers.port import NotifyError
from agent.notifiers.standard_webhooks import signed_headers
from config.routes import WebhookSettings
from config.sections import is_loopback

PREFIX = "webhook:"
TIMEOUT_SECONDS = 15.0
GONE = 410
SLOW_DOWN = (429, 503)
LONGEST_WAIT_SECONDS = 3600.0


def channel_of(webhook: WebhookSettings) -> str:
    """Return what deliveries, logs and alarms call a webhook."""
    return f"{PREFIX}{webhook.called}"


def post_webhook(webhook: WebhookSettings, message_id: str, body: bytes, *, now: datetime) -> None:
    """Send a body; raise NotifyError, permanent only where the other side wants no more (HTTP 410)."""
    headers = {"content-type": "application/json", "user-agent": "Oddspot"}
    headers |= signed_headers(webhook.key, message_id, body, now=now)
    is_near = is_loopback(webhook.url)  # no proxy of the environment for what stays on this machine
    try:
        with (
            httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=not is_near) as client,
            client.stream("POST", webhook.url, content=body, headers=headers) as response,
        ):
            status, retry_after = response.status_code, response.headers.get("retry-after")
    except httpx.HTTPError as error:
        reason = f"the connection failed ({type(error).__name__})"
        raise NotifyError(channel_of(webhook), reason) from None  # its text would hold the address
    if not httpx.codes.is_success(status):
        raise _refusal(channel_of(webhook), status, retry_after)


def _refusal(channel: str, status: int, retry_after: str | None) -> NotifyError:
    if status == GONE:
        return NotifyError(channel, "HTTP 410: it wants no more", permanent=True)
    if status in SLOW_DOWN and retry_after is not None and retry_after.isdigit():
        return NotifyError(channel, f"HTTP {status}", retry_after=min(float(retry_after), LONGEST_WAIT_SECONDS))
    if httpx.codes.is_redirect(status):
        return NotifyError(channel, f"HTTP {status}: redirects are not followed")
    return NotifyError(channel, f"HTTP {status}")
