"""A camera that answers a GET with its present picture."""

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx

from detectors.sources.port import Arrival, SourceError

LONGEST_WAIT = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=5)


class SnapshotSource:
    """One picture a look; a camera that fails is left alone for longer each time, at most five minutes."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        auth: tuple[str, str] | None,
        timeout_seconds: float,
        max_bytes: int,
    ) -> None:
        self._name = name
        self._url = url
        self._auth = auth
        self._timeout_seconds = timeout_seconds
        self._max_bytes = max_bytes
        self._failures = 0
        self._wait_until: datetime | None = None

    def look(self, *, now: datetime) -> Iterator[Arrival]:
        """Yield the present picture; raise SourceError, without the address's secrets, where there is none."""
        if self._wait_until is not None and now < self._wait_until:
            return
        try:
            content = self._get()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            self._failures += 1
            self._wait_until = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._failures, 10))
            raise SourceError(self._name, _reason(error)) from None  # the cause may show the address and its password
        self._failures, self._wait_until = 0, None
        yield Arrival(
            name=f"{self._name}-{now:%Y%m%d-%H%M%S}",
            origin=f"{now.isoformat()}|{hashlib.sha256(content).hexdigest()[:16]}",
            content=content,
            size_bytes=len(content),
            modified_at=now,
        )

    def has_taken(self, arrival: Arrival) -> None:
        """Nothing to remember: every picture is new."""

    def _get(self) -> bytes:
        deadline = time.monotonic() + self._timeout_seconds
        with httpx.stream(
            "GET",
            self._url,
            auth=self._auth,
            timeout=self._timeout_seconds,
            follow_redirects=False,
        ) as response:
            response.raise_for_status()
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > deadline:  # the library's limit is for each read: a camera can drip
                    message = "it did not answer in time"
                    raise ValueError(message)
                if len(content) > self._max_bytes:
                    message = f"its picture is larger than {self._max_bytes:,} bytes"
                    raise ValueError(message)
        return bytes(content)


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"it answered {error.response.status_code}"
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL):
        return "it cannot be reached"
    return str(error)
