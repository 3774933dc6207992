"""A watched folder."""

import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.sources.folder import FolderSource
from detectors.sources.port import Arrival, SourceError
from storage.records import RejectReason
from tests.bad_files.names import NAMES

PNG = b"\x89PNG rest of a picture IEND\xaeB`\x82"
OLD = time.time() - 60


def make_folder(root: Path, *, max_bytes: int = 1000, known: tuple[str, ...] = ()) -> FolderSource:
    return FolderSource("line-1", root, max_bytes=max_bytes, is_known=lambda origin: origin in known)


def put(root: Path, name: str, content: bytes = PNG, *, modified: float = OLD) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (modified, modified))
    return file


def look(source: FolderSource) -> list[Arrival]:
    arrivals = []
    for arrival in source.look(now=datetime.now(UTC)):
        source.has_taken(arrival)
        arrivals.append(arrival)
    return arrivals


def test_offers_each_file_once_oldest_first(tmp_path: Path) -> None:
    put(tmp_path, "b.png", modified=OLD)
    put(tmp_path, "sub/a.png", modified=OLD - 5)
    source = make_folder(tmp_path)

    assert [arrival.name for arrival in look(source)] == ["sub/a.png", "b.png"]
    assert look(source) == []


def test_offers_a_file_again_once_it_changed(tmp_path: Path) -> None:
    source = make_folder(tmp_path)
    put(tmp_path, "a.png")
    look(source)
    put(tmp_path, "a.png", PNG + b"more", modified=OLD + 1)

    assert [arrival.size_bytes for arrival in look(source)] == [len(PNG) + 4]


def test_waits_until_a_fresh_file_stays_the_same_for_two_looks(tmp_path: Path) -> None:
    put(tmp_path, "a.png", modified=time.time())
    source = make_folder(tmp_path)

    assert look(source) == []
    assert source.has_unsettled
    assert len(look(source)) == 1
    assert not source.has_unsettled


def test_waits_for_the_end_of_a_picture_still_being_written(tmp_path: Path) -> None:
    source = make_folder(tmp_path)
    put(tmp_path, "a.jpg", b"\xff\xd8\xff half", modified=time.time())
    assert [look(source) for _ in range(3)] == [[], [], []]

    put(tmp_path, "a.jpg", b"\xff\xd8\xff whole \xff\xd9", modified=time.time())

    assert look(source) == []
    assert len(look(source)) == 1


def test_stops_waiting_for_an_end_that_never_comes(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", b"\xff\xd8\xff half", modified=time.time() - 11)

    assert len(look(make_folder(tmp_path))) == 1


def test_offers_nothing_the_ledger_knows(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    [arrival] = look(make_folder(tmp_path))

    assert look(make_folder(tmp_path, known=(arrival.origin,))) == []


def test_never_follows_links_nor_opens_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    root = tmp_path / "in"
    root.mkdir()
    (root / "link.png").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "pipe.jpg")
    (root / "folder.jpg").mkdir()

    arrivals = look(make_folder(root))

    assert {arrival.name: (arrival.content, arrival.reason) for arrival in arrivals} == {
        "link.png": (None, RejectReason.NOT_A_REGULAR_FILE),
        "pipe.jpg": (None, RejectReason.NOT_A_REGULAR_FILE),
    }


def test_reads_no_file_above_the_limit(tmp_path: Path) -> None:
    put(tmp_path, "big.png", PNG * 100)

    [arrival] = look(make_folder(tmp_path, max_bytes=1000))

    assert (arrival.content, arrival.reason) == (None, RejectReason.TOO_LARGE)


def test_leaves_hidden_and_half_written_names_alone(tmp_path: Path) -> None:
    for name in (".a.png", "a.png.part", "a.tmp", ".git/a.png", "notes.txt"):
        put(tmp_path, name)

    assert look(make_folder(tmp_path)) == []


@pytest.mark.parametrize("sidecar", ["a.json", "a.png.json"])
def test_reads_the_sidecar_beside_a_picture(tmp_path: Path, sidecar: str) -> None:
    put(tmp_path, "a.png")
    put(tmp_path, sidecar, json.dumps({"attributes": {"lot": "L7"}}).encode())

    [arrival] = look(make_folder(tmp_path))

    assert arrival.sidecar == {"attributes": {"lot": "L7"}}


def test_takes_a_picture_whose_sidecar_is_broken(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    put(tmp_path, "a.json", b"[" * 60_000)

    [arrival] = look(make_folder(tmp_path))

    assert arrival.sidecar == {}


def test_takes_a_cut_off_picture_of_a_clock_that_runs_ahead(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", b"\xff\xd8\xff half", modified=time.time() + 3600)

    assert len(look(make_folder(tmp_path))) == 1


def test_offers_nothing_of_what_the_ledger_knows_after_a_restart(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    [arrival] = look(make_folder(tmp_path))
    source = make_folder(tmp_path, max_bytes=1, known=(arrival.origin,))

    assert look(source) == []


def test_says_that_its_folder_is_gone(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line-1 cannot be looked at: there is no folder"):
        look(make_folder(tmp_path / "gone"))


def test_dates_an_arrival_by_its_file(tmp_path: Path) -> None:
    put(tmp_path, "a.png", modified=1_700_000_000)

    [arrival] = look(make_folder(tmp_path))

    assert arrival.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert datetime.now(UTC) - arrival.modified_at > timedelta(days=1)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Do without the rights of root, to whom every file is open."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_says_that_a_file_is_closed_to_it() -> None:
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    put(root, "a.png").chmod(0)
    put(root, "b.png")
    with as_nobody():
        arrivals = look(make_folder(root))
    shutil.rmtree(root)

    assert {arrival.name: arrival.reason for arrival in arrivals} == {"a.png": RejectReason.UNREADABLE, "b.png": None}


def test_offers_no_socket_device_or_file_of_ten_gigabytes_as_a_picture(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.jpg"))
        (tmp_path / "zeros.jpg").symlink_to("/dev/zero")
        os.truncate(put(tmp_path, "sparse.jpg"), 10_000_000_000)
        os.utime(tmp_path / "sparse.jpg", (OLD, OLD))
        started = time.monotonic()

        reasons = {arrival.name: arrival.reason for arrival in look(make_folder(tmp_path))}

    assert reasons == {
        "socket.jpg": RejectReason.NOT_A_REGULAR_FILE,
        "zeros.jpg": RejectReason.NOT_A_REGULAR_FILE,
        "sparse.jpg": RejectReason.TOO_LARGE,
    }
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", NAMES)
def test_takes_a_file_whatever_its_name(tmp_path: Path, name: bytes) -> None:
    put(tmp_path, os.fsdecode(name))
    source = make_folder(tmp_path)

    assert [(os.fsencode(arrival.name), arrival.content) for arrival in look(source)] == [(name, PNG)]
    assert look(source) == []


@contextmanager
def deep_tree(root: Path, depth: int) -> Iterator[None]:
    """Make folders in each other, more than a path can say, and remove them again, which shutil cannot."""
    before = Path.cwd()
    os.chdir(root)
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(before)
    try:
        yield
    finally:
        os.chdir(root)
        for _ in range(depth):
            os.chdir("d")
        for _ in range(depth):
            os.chdir("..")
            shutil.rmtree("d")
        os.chdir(before)


def test_looks_into_a_tree_deeper_than_the_stack_of_python(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    with deep_tree(tmp_path, 1500):
        put(tmp_path, "d/d/d/b.png")

        names = {arrival.name for arrival in look(make_folder(tmp_path))}

    assert names == {"a.png", "d/d/d/b.png"}


def test_a_loop_of_links_leads_nowhere(tmp_path: Path) -> None:
    put(tmp_path, "sub/a.png")
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "one.png").symlink_to(tmp_path / "two.png")
    (tmp_path / "two.png").symlink_to(tmp_path / "one.png")

    reasons = {arrival.name: arrival.reason for arrival in look(make_folder(tmp_path))}

    link = RejectReason.NOT_A_REGULAR_FILE
    assert reasons == {"sub/a.png": None, "one.png": link, "two.png": link}


def test_a_file_that_vanishes_before_it_is_read_was_never_there(tmp_path: Path) -> None:
    put(tmp_path, "a.png", modified=OLD - 5)
    gone = put(tmp_path, "b.png")
    source = make_folder(tmp_path)

    looking = source.look(now=datetime.now(UTC))
    first = next(looking)
    gone.unlink()

    assert first.name == "a.png"
    assert list(looking) == []


def test_waits_for_a_file_that_changed_since_it_was_listed(tmp_path: Path) -> None:
    put(tmp_path, "a.png", modified=OLD - 5)
    put(tmp_path, "b.png")
    source = make_folder(tmp_path)
    looking = source.look(now=datetime.now(UTC))
    source.has_taken(next(looking))
    put(tmp_path, "b.png", PNG + b"grown", modified=OLD)

    assert list(looking) == []
    assert source.has_unsettled
    assert [arrival.content for arrival in look(source)] == [PNG + b"grown"]


def test_a_folder_that_becomes_a_link_out_of_the_root_leads_nowhere(tmp_path: Path) -> None:
    root, outside = tmp_path / "in", tmp_path / "outside"
    put(root, "a.png", modified=OLD - 5)
    put(root, "sub/b.png")
    source = make_folder(root)
    looking = source.look(now=datetime.now(UTC))
    source.has_taken(next(looking))
    (root / "sub").rename(outside)
    (root / "sub").symlink_to(outside, target_is_directory=True)

    assert [(arrival.content, arrival.reason) for arrival in looking] == [(None, RejectReason.NOT_A_REGULAR_FILE)]
