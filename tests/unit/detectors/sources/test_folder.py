"""A watched folder."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.sources.folder import FolderSource
from detectors.sources.port import Arrival, SourceError
from storage.records import RejectReason

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
