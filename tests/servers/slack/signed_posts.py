"""The same events as signed HTTP posts, for an app in HTTP mode."""

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack.gateway import Gateway
from tests.servers.slack.records import Envelope, Json

ANSWER_SECONDS = 3.0
OK = 200


class SignedPoster:
    """Posts envelopes to one address with Slack's v0 signature; a 200 within three seconds is the acknowledgement."""

    def __init__(self, gateway: Gateway, url: str, signing_secret: str) -> None:
        self._gateway = gateway
        self._url = url
        self._secret = signing_secret

    async def send(self, envelope: Envelope, *, retry: int, reason: str) -> None:
        """Post an envelope once."""
        body, kind = encode(envelope)
        headers = signature_headers(self._secret, body, int(time.time())) | {"Content-Type": kind}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": f"http_{reason}"}
        envelope.sent_at.append(time.monotonic())
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body.encode(), headers=headers) as response,
            ):
                envelope.status = response.status
                answer = await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return
        if envelope.status == OK:
            self._gateway.acknowledge(envelope.id, _answer(answer))


def encode(envelope: Envelope) -> tuple[str, str]:
    """Return the body Slack would post, and its content type."""
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload), "application/json"
    form = {"payload": json.dumps(envelope.payload)} if envelope.kind == "interactive" else envelope.payload
    return urlencode(form), "application/x-www-form-urlencoded"


def signature_headers(secret: str, body: str, timestamp: int) -> dict[str, str]:
    """Return the two headers that prove who posts: v0=HMAC-SHA256(secret, "v0:{timestamp}:{body}")."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _answer(text: str) -> Json | None:
    if not text:
        return None
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else None
