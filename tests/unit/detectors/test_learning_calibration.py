from dataclasses import replace

import numpy as np
import pytest

from detectors.learning import Promise, calibrate_by_folds, train_and_calibrate
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import FitChoices, PatchGrid
from detectors.methods.reconstruction.transformer import SCHEDULE, Transformer
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images

PROMISE = Promise(wanted_rate=0.1, image_size=64, seed=0)


def ignore(_stage: str, _done: int, _total: int) -> None:
    """For those who do not watch."""


@pytest.mark.parametrize("count", [10, 40])
def test_a_calibration_by_folds_knows_whose_score_is_whose(count: int) -> None:
    generator = np.random.default_rng(0)
    rows = [generator.normal(size=(16, 4)).astype(np.float32) for _ in range(count)]
    rows[7] += 100

    found = calibrate_by_folds(
        PatchCore(),
        rows,
        lambda index: PatchGrid(rows[index], 4, 4),
        FitChoices(bank_share=1.0, bank_floor=16, bank_cap=4096, seed=0),
        PROMISE,
        ignore,
    )

    assert found.images[-1] == 7
    assert sorted(found.images) == list(range(count))
    assert found.scores == tuple(sorted(found.scores))


def test_a_calibration_on_a_part_knows_whose_score_is_whose() -> None:
    images = striped_images(20)
    method = Transformer(replace(SCHEDULE, steps=8, look_every=2))

    fitted, found = train_and_calibrate(method, images, [], lambda _: make_training(), PROMISE, ignore)

    scores = tuple(fitted.score(images[place]).score for place in found.images)
    assert len(scores) == 5
    assert scores == found.scores
