"""Real files with something done to them: each is a picture or a reason, and the next one decodes."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from config.sources import LimitSettings
from detectors.decode import DecodeError, Decoder
from storage.records import RejectReason
from tests.bad_files.mutations import WRITTEN, mutated, written
from tests.plates import make_plate

EXAMPLES = int(os.environ.get("MUTATED_FILES", "400"))
AS_MANY = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(LimitSettings()) as running:
        yield running


def decoded(decoder: Decoder, path: Path) -> NDArray[np.uint8] | RejectReason:
    try:
        return decoder.decode(path).pixels
    except DecodeError as error:
        return error.reason


@AS_MANY
@given(kind=st.sampled_from(list(WRITTEN)), seed=SEEDS)
def test_is_a_picture_or_a_reason_and_leaves_the_decoder_alive(
    decoder: Decoder, tmp_path: Path, kind: str, seed: int
) -> None:
    (tmp_path / "file").write_bytes(mutated(kind, seed))
    (tmp_path / "good").write_bytes(written("png"))

    found = decoded(decoder, tmp_path / "file")

    if isinstance(found, RejectReason):
        assert found not in (RejectReason.DECODER_CRASH, RejectReason.DECODER_TIMEOUT)
    else:
        assert found.dtype == np.uint8
        assert found.shape[2:] == (3,)
    assert np.array_equal(decoder.decode(tmp_path / "good").pixels, np.asarray(make_plate(7)))


@AS_MANY
@given(kind=st.sampled_from(["png", "png-palette", "png-alpha", "png-deep"]), seed=SEEDS)
def test_a_png_shows_what_it_showed_or_nothing(decoder: Decoder, tmp_path: Path, kind: str, seed: int) -> None:
    (tmp_path / "whole").write_bytes(written(kind))
    (tmp_path / "file").write_bytes(mutated(kind, seed))

    try:
        found = decoder.decode(tmp_path / "file")
    except DecodeError:
        return
    if found.format == "PNG":
        assert np.array_equal(found.pixels, decoder.decode(tmp_path / "whole").pixels)
