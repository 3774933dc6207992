"""The whole pack through the decoder: each file ends as it should, shows what it holds, and costs little."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from config.sources import LimitSettings
from detectors.decode import DecodedImage, DecodeError, Decoder
from storage.records import RejectReason
from tests.bad_files.expected import BadFile
from tests.bad_files.pack import BAD_FILES
from tests.memory import forget_peak, peak_megabytes

MOST_MEGABYTES = 400
# The limit is 1.5 s; machines that run tests are busy, and processor time is what a file costs.
MOST_SECONDS = 1.5


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(LimitSettings()) as running:
        yield running


def decoded(decoder: Decoder, path: Path) -> DecodedImage | RejectReason:
    try:
        return decoder.decode(path)
    except DecodeError as error:
        return error.reason


def test_the_pack_is_of_many_kinds() -> None:
    names = [bad.name for bad in BAD_FILES]

    assert len(names) == len(set(names)) >= 300
    assert {bad.reason for bad in BAD_FILES} >= {
        None,
        RejectReason.EMPTY,
        RejectReason.TRUNCATED,
        RejectReason.NOT_AN_IMAGE,
        RejectReason.FORMAT_NOT_ALLOWED,
        RejectReason.TOO_LARGE,
        RejectReason.TOO_MANY_PIXELS,
        RejectReason.BAD_ASPECT,
        RejectReason.NOT_FINITE,
        RejectReason.SETTINGS_MISMATCH,
    }


@pytest.mark.parametrize("bad", BAD_FILES, ids=lambda bad: bad.name)
def test_ends_as_it_should_and_shows_what_it_holds(decoder: Decoder, tmp_path: Path, bad: BadFile) -> None:
    path = tmp_path / bad.name
    path.write_bytes(bad.make())

    found = decoded(decoder, path)

    if isinstance(found, RejectReason):
        assert found is bad.reason
        return
    assert bad.reason is None, f"a picture of {found.pixels.shape}"
    if bad.picture is not None:
        assert found.pixels.shape == bad.picture.shape
        assert int(np.abs(found.pixels.astype(int) - bad.picture).max()) <= bad.off_by


def test_none_of_them_costs_much_or_ends_the_decoder(decoder: Decoder, tmp_path: Path) -> None:
    decoded(decoder, tmp_path / "none.png")
    assert decoder.pid is not None
    child, costs = decoder.pid, {}
    for bad in BAD_FILES:
        (tmp_path / "file").write_bytes(bad.make())
        forget_peak(child)
        before = time.process_time(), _seconds_of(child)
        decoded(decoder, tmp_path / "file")
        seconds = time.process_time() - before[0] + _seconds_of(child) - before[1]
        costs[bad.name] = (peak_megabytes(child), seconds)

    assert decoder.pid == child
    assert {name: cost for name, cost in costs.items() if cost[0] > MOST_MEGABYTES or cost[1] > MOST_SECONDS} == {}


def _seconds_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
