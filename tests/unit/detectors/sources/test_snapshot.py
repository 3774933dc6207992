"""A camera that answers a GET."""

import base64
import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from detectors.sources.port import SourceError
from detectors.sources.snapshot import SnapshotSource
from tests.factories import NOON


class Camera(ThreadingHTTPServer):
    """A camera on loopback: what it answers next, and what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.status, self.body, self.location = 200, b"picture", ""
        self.asked: list[str | None] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/snap?key=hidden"


class _Handler(BaseHTTPRequestHandler):
    server: Camera

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("Authorization"))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def camera() -> Iterator[Camera]:
    with Camera() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def make_snapshot(url: str, *, max_bytes: int = 100, auth: tuple[str, str] | None = None) -> SnapshotSource:
    return SnapshotSource("cam-1", url, auth=auth, timeout_seconds=2, max_bytes=max_bytes)


def test_offers_the_present_picture_at_every_look(camera: Camera) -> None:
    source = make_snapshot(camera.url)

    first = list(source.look(now=NOON))
    second = list(source.look(now=NOON + timedelta(seconds=1)))

    assert [each.content for each in first + second] == [b"picture", b"picture"]
    assert first[0].origin != second[0].origin
    assert first[0].modified_at == NOON


def test_shows_its_name_and_password(camera: Camera) -> None:
    list(make_snapshot(camera.url, auth=("anna", "pw")).look(now=NOON))

    assert camera.asked == ["Basic " + base64.b64encode(b"anna:pw").decode()]


def test_waits_longer_after_each_failure_and_at_once_forgets_it_after_a_picture(camera: Camera) -> None:
    source, asked_at = make_snapshot(camera.url), []
    camera.status = 503
    for second in range(100):
        before = len(camera.asked)
        with contextlib.suppress(SourceError):
            list(source.look(now=NOON + timedelta(seconds=second)))
        if len(camera.asked) > before:
            asked_at.append(second)

    assert asked_at == [0, 10, 30, 70]
    camera.status = 200
    assert len(list(source.look(now=NOON + timedelta(hours=1)))) == 1
    assert len(list(source.look(now=NOON + timedelta(hours=1, seconds=1)))) == 1


def test_never_waits_longer_than_five_minutes(camera: Camera) -> None:
    source = make_snapshot(camera.url)
    camera.status = 500
    for day in range(20):
        with pytest.raises(SourceError):
            list(source.look(now=NOON + timedelta(days=day)))

    with pytest.raises(SourceError):
        list(source.look(now=NOON + timedelta(days=19, minutes=5)))


@pytest.mark.parametrize(
    ("status", "body", "location", "said"),
    [
        (401, b"", "", "it answered 401"),
        (302, b"", "http://169.254.169.254/", "it"),
        (200, b"x" * 101, "", "larger than 100 bytes"),
    ],
)
def test_says_why_there_is_no_picture_and_never_the_address(
    camera: Camera,
    status: int,
    body: bytes,
    location: str,
    said: str,
) -> None:
    camera.status, camera.body, camera.location = status, body, location

    with pytest.raises(SourceError, match=said) as caught:
        list(make_snapshot(camera.url).look(now=NOON))

    assert "hidden" not in str(caught.value)
    assert len(camera.asked) == 1


def test_says_that_a_dead_camera_cannot_be_reached() -> None:
    with pytest.raises(SourceError, match="cannot be reached"):
        list(make_snapshot("http://127.0.0.1:1/snap").look(now=NOON))
