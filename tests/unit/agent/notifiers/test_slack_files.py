"""Files of messages over real HTTP; addresses that must never be asked are never asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from agent.notifiers.slack_files import FileRefusedError, SlackFiles, _origin, need_image
from config.team import SlackSettings
from tests.servers.collector import Collector
from tests.servers.listener import Listener

PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)
MOST = 10_000


class FileHost:
    """Answers as it was told, and remembers which tokens it was shown."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.sent = 0
        self.listener = Listener("file-host")
        routes = [web.get("/{name:.*}", self._answer)]
        self.listener.start(routes)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.tokens.append(request.headers.get("Authorization", ""))
        name = request.match_info["name"]
        if name == "moved.png":
            raise web.HTTPFound("/part.png")
        if name == "round.png":
            raise web.HTTPFound("/round.png")
        if name == "away.png":
            raise web.HTTPFound(str(request.query["to"]))
        if name == "packed.png":
            return web.Response(body=PNG, headers={"Content-Encoding": "gzip"})
        if name == "broken.png":
            return web.Response(status=500)
        if name == "endless.png":
            return await self._endless(request)
        return web.Response(body=PNG)

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(PNG)
        for _ in range(10_000):
            self.sent += 1
            try:
                await response.write(bytes(100_000))
            except ConnectionError:
                break
        return response


@pytest.fixture
def host() -> Iterator[FileHost]:
    made = FileHost()
    yield made
    made.listener.stop()


def fetch(api_url: str, url: str, **changes: Any) -> bytes:
    settings = SlackSettings.model_validate({"bot_token": "xoxb-secret", "api_url": api_url})
    return SlackFiles(settings).fetch({"url_private": url} | changes, most_bytes=MOST)


def test_fetches_from_the_configured_host_with_the_token(host: FileHost) -> None:
    assert fetch(f"{host.listener.url}/api/", f"{host.listener.url}/part.png") == PNG
    assert fetch(f"{host.listener.url}/api/", f"{host.listener.url}/moved.png") == PNG
    assert set(host.tokens) == {"Bearer xoxb-secret"}


def test_shows_the_token_to_no_other_host(host: FileHost) -> None:
    with Collector() as stranger:
        for url in (
            f"{stranger.url}/part.png",
            f"{host.listener.url}/away.png?to={stranger.url}/part.png",
            f"{host.listener.url}/away.png?to=//127.0.0.1:{stranger.port}/part.png",
            f"{host.listener.url}/away.png?to=ftp://127.0.0.1/part.png",
            f"http://localhost:{host.listener.port}/part.png",
            f"http://slack.com@127.0.0.1:{stranger.port}/part.png",
            "",
        ):
            with pytest.raises(FileRefusedError, match="its address is not Slack's own"):
                fetch(f"{host.listener.url}/api/", url)
        assert stranger.posts == []


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/part.png",
        "https://files.slack.com.evil.example/part.png",
        "https://evil.example/files.slack.com/part.png",
        "https://files.slack.com:8443/part.png",
        "https://user@files.slack.com/part.png",
        "https://docs.google.com/part.png",
        "https://files.slack.com:99999999/part.png",
        "file:///etc/passwd",
    ],
)
def test_takes_no_address_for_slacks_that_only_looks_like_it(url: str) -> None:
    with pytest.raises(FileRefusedError, match="its address is not Slack's own"):
        fetch("https://slack.com/api/", url)


def test_knows_slacks_own_host() -> None:
    files = SlackFiles(SlackSettings())

    assert _origin("https://files.slack.com/files-pri/T1-F1/part.png") in files._allowed
    assert _origin("https://slack.com/files/part.png") in files._allowed


def test_stops_reading_where_a_file_is_larger_than_allowed_or_said(host: FileHost) -> None:
    api_url = f"{host.listener.url}/api/"

    with pytest.raises(FileRefusedError, match=r"larger than 0\.01 MB"):
        fetch(api_url, f"{host.listener.url}/part.png", size=MOST + 1)
    assert host.tokens == []
    with pytest.raises(FileRefusedError, match="larger"):
        fetch(api_url, f"{host.listener.url}/endless.png", size=10)
    assert host.sent < 1000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("packed.png", "Slack sent it packed"),
        ("broken.png", "Slack did not hand it out"),
        ("round.png", "from address to address"),
    ],
)
def test_says_that_a_file_could_not_be_had(host: FileHost, name: str, words: str) -> None:
    with pytest.raises(FileRefusedError, match=words) as caught:
        fetch(f"{host.listener.url}/api/", f"{host.listener.url}/{name}")
    assert "xoxb" not in str(caught.value)


@pytest.mark.parametrize("said", [{"is_external": True}, {"mode": "external"}, {"mode": "tombstone"}])
def test_fetches_nothing_that_lies_elsewhere(host: FileHost, said: dict[str, Any]) -> None:
    with pytest.raises(FileRefusedError, match="it lies outside Slack"):
        fetch(f"{host.listener.url}/api/", f"{host.listener.url}/part.png", **said)
    assert host.tokens == []


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff\xe0 jpeg", PNG, b"II*\x00 tiff", b"MM\x00* tiff", b"BM bitmap", b"RIFF\x01\x02\x03\x0aWEBPVP8 "],
)
def test_takes_images_by_their_first_bytes(content: bytes) -> None:
    need_image(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"GIF89a", "a GIF"),
        (b"\x00\x00\x00\x18ftypheic", "a HEIC image"),
        (b"\x00\x00\x00\x18ftypisom", "a video"),
        (b"PK\x03\x04", "an archive"),
        (b"  <!doctype html>", "a web page"),
        (b"<svg>", "an SVG"),
        (b"hello", "no image that I know"),
        (b"", "empty"),
    ],
)
def test_names_what_is_no_image(content: bytes, kind: str) -> None:
    with pytest.raises(FileRefusedError, match=kind):
        need_image(content)
