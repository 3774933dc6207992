"""What a source offers becomes frames, several at once, and one that cannot be stored spoils no other."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from config.settings import Settings
from detectors import intake
from detectors.intake import take_arrivals
from detectors.room import Room
from detectors.sources.port import Arrival
from storage.blobs import BlobError
from storage.database import Session
from storage.models import FrameRow
from storage.opening import Stores
from storage.records import NewFrame, RejectReason
from storage.repositories.frames import receive_frames
from storage.repositories.sources import ensure_source
from tests.factories import NOON

SETTINGS = Settings.model_validate({"sources": {"line-1": {"path": "in"}}})


class Offered:
    """A source that offers these, and remembers what was taken."""

    def __init__(self, *arrivals: Arrival) -> None:
        self._arrivals = arrivals
        self.taken: list[str] = []

    def look(self, *, now: datetime) -> Iterator[Arrival]:
        assert now == NOON
        yield from self._arrivals

    def has_taken(self, arrival: Arrival) -> None:
        self.taken.append(arrival.name)


def arrival(name: str, content: bytes | None = b"bytes", reason: RejectReason | None = None) -> Arrival:
    size = len(content or b"")
    return Arrival(name=name, origin=name, content=content, size_bytes=size, modified_at=NOON, reason=reason)


def take(stores: Stores, images: Offered, **options: Any) -> int:
    with stores.database.transaction() as session:
        source = ensure_source(session, "line-1", now=NOON)
    return take_arrivals(source, images, stores, SETTINGS, read_exif=lambda _: None, now=NOON, **options)


def frames(stores: Stores) -> dict[str, tuple[str, str | None]]:
    with stores.database.reading() as session:
        return {row.name: (row.state, row.reason) for row in session.scalars(select(FrameRow))}


def test_takes_everything_in_order_however_much_there_is(stores: Stores) -> None:
    names = [f"{number:03d}.png" for number in range(2 * intake.AT_ONCE + 3)]
    images = Offered(*(arrival(name, name.encode()) for name in names))

    assert take(stores, images) == len(names)
    assert list(frames(stores)) == names
    assert images.taken == names


def test_takes_few_large_files_at_once(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BYTES_AT_ONCE", 10)
    images = Offered(*(arrival(f"{number}.png", bytes([number]) * 8) for number in range(5)))

    assert take(stores, images) == 5
    assert [len(intake._next_few(iter(some))) for some in (images._arrivals, images._arrivals[:1])] == [2, 1]


def test_what_has_no_bytes_ends_at_once(stores: Stores) -> None:
    images = Offered(arrival("empty.png", b""), arrival("pipe.png", None, RejectReason.NOT_A_REGULAR_FILE))

    assert take(stores, images) == 2
    assert frames(stores) == {
        "empty.png": ("rejected", "empty"),
        "pipe.png": ("rejected", "not_a_regular_file"),
    }


def test_counts_the_same_bytes_once(stores: Stores) -> None:
    images = Offered(arrival("a.png"), arrival("again.png"))

    assert take(stores, images) == 1
    assert images.taken == ["a.png", "again.png"]


@pytest.mark.parametrize("where", ["bytes", "row"])
def test_one_that_cannot_be_taken_holds_up_no_other(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    put = stores.blobs.put

    def put_or_fail(content: bytes) -> str:
        if where == "bytes" and content == b"poison":
            raise ValueError(where)
        return put(content)

    def receive_or_fail(session: Session, received: Sequence[tuple[NewFrame, RejectReason | None]]) -> list[int | None]:
        if where == "row" and any(frame.name == "poison.png" for frame, _ in received):
            raise ValueError(where)
        return receive_frames(session, received)

    monkeypatch.setattr(stores.blobs, "put", put_or_fail)
    monkeypatch.setattr(intake, "receive_frames", receive_or_fail)
    images = Offered(arrival("a.png", b"a"), arrival("poison.png", b"poison"), arrival("b.png", b"b"))

    assert take(stores, images) == 2
    assert images.taken == ["a.png", "b.png"]


def test_a_file_that_cannot_be_written_now_is_offered_again_and_the_others_are_taken(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = stores.blobs.put

    def put_or_fail(content: bytes) -> str:
        if content == b"large":
            raise BlobError("No space left on device", permanent=False)
        return put(content)

    monkeypatch.setattr(stores.blobs, "put", put_or_fail)
    images = Offered(arrival("large.png", b"large"), arrival("b.png", b"b"))

    with pytest.raises(BlobError):
        take(stores, images)

    assert images.taken == ["b.png"]
    assert list(frames(stores)) == ["b.png"]


def test_takes_no_more_than_there_is_room_for_and_leaves_the_rest_where_it_is(stores: Stores) -> None:
    images = Offered(*(arrival(f"{number}.png", b"%d" % number) for number in range(5)))

    assert take(stores, images, room=Room(most=2)) == 2
    assert images.taken == ["0.png", "1.png"]
    assert take(stores, images, room=Room(most=0)) == 0


def test_stops_between_two_few_where_it_may_not_go_on(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "AT_ONCE", 2)
    images = Offered(*(arrival(f"{number}.png", b"%d" % number) for number in range(9)))
    answers = iter([True, True, False])

    assert take(stores, images, may_go_on=lambda: next(answers)) == 4
    assert images.taken == [f"{number}.png" for number in range(4)]


def test_keeps_the_latest_and_forgets_the_bytes_of_what_they_overtook(stores: Stores) -> None:
    images = Offered(*(arrival(f"{number}.png", b"%d" % number) for number in range(5)))

    assert take(stores, images, room=Room(keep=2)) == 5
    assert frames(stores) == {f"{number}.png": ("dropped", "overtaken") for number in range(3)} | {
        "3.png": ("pending", None),
        "4.png": ("pending", None),
    }
    assert sorted(stores.blobs.names()) == sorted(hashlib.sha256(b"%d" % number).hexdigest() for number in (3, 4))
