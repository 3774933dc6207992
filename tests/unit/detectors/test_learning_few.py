import numpy as np
import pytest

from detectors.learning import Promise, calibrate_by_copies, images_needed, require_enough
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import EmbeddedImage, FitChoices, MethodError, PatchGrid
from detectors.methods.registry import RESTORABLE, TRAINED

CHOICES = FitChoices(bank_share=1.0, bank_floor=1, bank_cap=10_000, seed=0)
PROMISE = Promise(wanted_rate=0.01, image_size=32, seed=0)


def grid(seed: int) -> PatchGrid:
    rows = np.random.default_rng(seed).normal(size=(16, 3)).astype(np.float32)
    return PatchGrid(rows, 4, 4)


def ignore(_stage: str, _done: int, _total: int) -> None:
    pass


def test_knows_how_many_images_each_method_takes() -> None:
    needed = {name: images_needed(method) for name, method in RESTORABLE.items()}

    assert {name: needed[name] for name in ("patchcore", "within_class", "padim", "whole_image")} == {
        "patchcore": 1,
        "within_class": 3,
        "padim": 8,
        "whole_image": 8,
    }
    assert {name: needed[name] for name in ("transformer", "autoencoder", "ganomaly", "residual")} == {
        "transformer": 14,
        "autoencoder": 25,
        "ganomaly": 25,
        "residual": 10,
    }


@pytest.mark.parametrize("name", list(TRAINED))
def test_says_the_number_before_it_trains(name: str) -> None:
    method = TRAINED[name]
    needed = images_needed(method)

    require_enough(method, needed, method.fewest_defects)

    with pytest.raises(MethodError, match=f"{name} needs at least {needed} good images, got {needed - 1}"):
        require_enough(method, needed - 1, method.fewest_defects)


def test_the_threshold_of_one_image_is_the_oddest_copy_left_out() -> None:
    grids = [grid(0), grid(1), grid(2), grid(3)]

    calibration = calibrate_by_copies(PatchCore(), grids, CHOICES, PROMISE, ignore)

    left_out = []
    for index in (1, 2, 3):
        others = [one.rows for place, one in enumerate(grids) if place != index]
        seen = EmbeddedImage(np.empty((0, 0, 3), np.uint8), grids[index])
        left_out.append(PatchCore().fit(others, CHOICES).score(seen).score)
    assert calibration.threshold == pytest.approx(max(left_out), rel=1e-5)
    assert len(calibration.scores) == 1
    assert calibration.promised_rate == 0.5
    assert calibration.sentence.startswith("One good image promises nothing")
