"""Files people put into Slack: fetched from Slack's own host alone, never larger than allowed, known by their bytes.

The bot's token goes with the request, so no other host is ever asked: not one a file names, not one a redirect does.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from agent.errors import AgentError
from config.team import SlackSettings

SLACK_HOSTS = ("https://files.slack.com", "https://files.slack-gov.com")
TIMEOUT_SECONDS = 10.0
LONGEST_SECONDS = 30.0
MOST_REDIRECTS = 3
HTTPS_PORT, HTTP_PORT = 443, 80
Origin = tuple[str, str, int]

STARTS: tuple[tuple[bytes, str | None], ...] = (
    (rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|II[*+]\x00|MM\x00[*+]|BM|RIFF....WEBP", None),
    (rb"%PDF", "a PDF"),
    (rb"GIF8[79]a", "a GIF"),
    (rb"....ftyp(heic|heix|mif1|heim|hevc)", "a HEIC image"),
    (rb"....ftyp(avif|avis)", "an AVIF image"),
    (rb"....ftyp|\x1aE\xdf\xa3", "a video"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "an archive or an office document"),
    (rb"\s*<(!doctype|html)", "a web page, not the file"),
    (rb"\s*(<\?xml|<svg)", "an SVG or XML file"),
)
KINDS = tuple((re.compile(start, re.DOTALL | re.IGNORECASE), kind) for start, kind in STARTS)
TAKEN = "I can look at JPEG, PNG, TIFF, BMP and WebP images"


class FileRefusedError(AgentError):
    """A file cannot be looked at; `reason` is what its owner is told, with nothing from the file in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SlackFiles:
    """Fetches files of messages for the bot."""

    def __init__(self, slack: SlackSettings) -> None:
        self._token = slack.bot_token.get_secret_value() if slack.bot_token else ""
        self._allowed = {origin for url in (*SLACK_HOSTS, slack.api_url) if (origin := _origin(url)) is not None}

    def fetch(self, file: Mapping[str, Any], *, most_bytes: int) -> bytes:
        """Return the bytes of an image in a message; raise FileRefusedError."""
        if file.get("is_external") or file.get("mode") in {"external", "tombstone", "hidden_by_limit"}:
            raise FileRefusedError("it lies outside Slack or is there no more; please upload the image itself")
        if _number(file.get("size")) > most_bytes:
            raise _too_large(most_bytes)
        content = self._get(str(file.get("url_private_download") or file.get("url_private") or ""), most_bytes)
        need_image(content)
        return content

    def _get(self, url: str, most_bytes: int) -> bytes:
        deadline, home = time.monotonic() + LONGEST_SECONDS, _origin(url)
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity"}
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, headers=headers) as client:
                for _ in range(MOST_REDIRECTS):
                    if home not in self._allowed or _origin(url) != home:
                        raise FileRefusedError("its address is not Slack's own")
                    with client.stream("GET", url) as response:
                        if not response.is_redirect:
                            return b"".join(_bounded(response, most_bytes, deadline))
                        url = urljoin(url, response.headers.get("location", ""))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise FileRefusedError("Slack did not hand it out; please try again in a moment") from None
        raise FileRefusedError("Slack sent me from address to address")


def need_image(content: bytes) -> None:
    """Raise FileRefusedError, which names the kind, for bytes that begin as no image that can be looked at."""
    if not content:
        raise FileRefusedError("it is empty")
    for start, kind in KINDS:
        if start.match(content):
            if kind is None:
                return
            raise FileRefusedError(f"it is {kind}; {TAKEN}")
    raise FileRefusedError(f"it is no image that I know; {TAKEN}")


def _bounded(response: httpx.Response, most_bytes: int, deadline: float) -> Iterator[bytes]:
    """Yield the bytes as they come, as they are on the wire: unpacking could make much of little."""
    response.raise_for_status()
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FileRefusedError("Slack sent it packed")
    if _number(response.headers.get("content-length")) > most_bytes:
        raise _too_large(most_bytes)
    length = 0
    for chunk in response.iter_raw():
        length += len(chunk)
        if length > most_bytes:
            raise _too_large(most_bytes)
        if time.monotonic() > deadline:  # the library's limit is for each read: a server can drip
            raise FileRefusedError("Slack took too long to hand it out")
        yield chunk


def _too_large(most_bytes: int) -> FileRefusedError:
    return FileRefusedError(f"it is larger than {most_bytes / 1e6:,.3g} MB, which is the most I look at")


def _origin(url: str) -> Origin | None:
    try:
        parts = urlsplit(url)
        port = parts.port or (HTTPS_PORT if parts.scheme == "https" else HTTP_PORT)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
