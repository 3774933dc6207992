"""Ratios that must not fall: both sides measured in turn in one process, the best of many tries each.

Each is asked for well below what was measured: a busy machine fails none, a slow path taken by mistake does.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
import torch

from detectors.backbones import Backbone
from detectors.methods.anomaly_map import compute_anomaly_map
from detectors.methods.coreset import in_whole_numbers, subsample_embedding
from detectors.methods.neighbours import Bank, plain_distances
from detectors.runtime import use_threads
from detectors.weights import PACKAGED_BACKBONE, ensure_weights

TRIES = 7
SECONDS = 1.5
"""Short work is tried for so long, past a moment in which something else had the core."""

pytestmark = pytest.mark.alone


def times_faster(quick: Callable[[], object], slow: Callable[[], object]) -> float:
    quick()
    slow()
    until = perf_counter() + SECONDS
    spent: list[tuple[float, float]] = []
    while len(spent) < TRIES or perf_counter() < until:
        spent.append((_seconds(quick), _seconds(slow)))
    return min(one for _, one in spent) / min(one for one, _ in spent)


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


@pytest.fixture(autouse=True)
def one_thread() -> None:
    use_threads(1)


def test_the_compiled_network_is_faster_than_torch(tmp_path: Path) -> None:
    weights = ensure_weights(PACKAGED_BACKBONE, tmp_path)
    square = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    compiled, plain = (Backbone(PACKAGED_BACKBONE, weights, 256, runtime=runtime) for runtime in ("auto", "torch"))

    assert times_faster(lambda: compiled.embed_square(square), lambda: plain.embed_square(square)) > 1.3


def test_eight_bits_are_faster_than_floats(tmp_path: Path) -> None:
    weights = ensure_weights(PACKAGED_BACKBONE, tmp_path)
    square = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    plain = Backbone(PACKAGED_BACKBONE, weights, 256)
    eight = Backbone(PACKAGED_BACKBONE, weights, 256, precision="int8")

    assert eight.precision == "int8"
    assert times_faster(lambda: eight.embed_square(square), lambda: plain.embed_square(square)) > 1.2


def test_the_batched_choice_is_many_times_faster_than_one_by_one() -> None:
    rows = in_whole_numbers(torch.randn(30_000, 64, generator=torch.Generator().manual_seed(0)))

    def one_by_one() -> None:
        floats = rows.float()
        nearest = (floats - floats[0]).square().sum(dim=1)
        for _ in range(199):
            nearest = torch.minimum(nearest, (floats - floats[int(nearest.argmax())]).square().sum(dim=1))

    assert times_faster(lambda: subsample_embedding(rows, 200, first=0), one_by_one) > 4


def test_a_score_is_faster_than_all_distances_by_difference() -> None:
    generator = np.random.default_rng(0)
    rows, queries = (generator.normal(size=(count, 152)).astype(np.float32) for count in (2048, 256))
    bank = Bank(rows)

    assert times_faster(lambda: bank.highest_exact(queries, 1), lambda: plain_distances(queries, rows[None])) > 8


def test_a_map_is_faster_than_its_steps_one_after_another() -> None:
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415 - beside what it is compared with

    patches = np.random.default_rng(0).random((32, 32), dtype=np.float32)

    def step_by_step() -> None:
        large = torch.nn.functional.interpolate(
            torch.from_numpy(patches)[None, None], size=(256, 256), mode="bilinear", align_corners=False
        )
        gaussian_filter(large[0, 0].numpy(), sigma=4.0)

    assert times_faster(lambda: compute_anomaly_map(patches, 256), step_by_step) > 3
