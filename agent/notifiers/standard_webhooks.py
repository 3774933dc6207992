"""Signing as Standard Webhooks 1.0.0 says: id, timestamp and body by HMAC-SHA256, in three headers."""

import base64
import hashlib
import hmac
from datetime import datetime

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
VERSION = "v1"


def signed_headers(key: bytes, message_id: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """Return the headers of one attempt; the id stays the same however often a message is tried."""
    stamp = int(now.timestamp())
    return {ID: message_id, TIMESTAMP: str(stamp), SIGNATURE: signature(key, message_id, stamp, body)}


def signature(key: bytes, message_id: str, stamp: int, body: bytes) -> str:
    """Return `v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`."""
    content = b".".join((message_id.encode(), str(stamp).encode(), body))
    return f"{VERSION},{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"
