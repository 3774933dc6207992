"""What every method of this family keeps to."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.methods.port import MethodError, TrainedMethod
from detectors.methods.supervised.devnet import SCHEDULE as DEVNET_SCHEDULE
from detectors.methods.supervised.devnet import DevNet
from detectors.methods.supervised.residual import Residual
from detectors.methods.supervised.simplenet import SCHEDULE as SIMPLENET_SCHEDULE
from detectors.methods.supervised.simplenet import SimpleNet
from detectors.metrics import image_auroc
from tests.unit.detectors.methods.reconstruction.trainings import MemoryCheckpoints, make_training, striped_images
from tests.unit.detectors.methods.supervised.labelled import mean_brightness, spotted_defects

NETWORKS: list[TrainedMethod] = [
    SimpleNet(replace(SIMPLENET_SCHEDULE, steps=50, batch=4, look_every=10)),
    DevNet(replace(DEVNET_SCHEDULE, steps=50, batch=4, look_every=10)),
]
METHODS: list[TrainedMethod] = [*NETWORKS, Residual()]


@pytest.fixture(params=METHODS, ids=lambda method: method.name)
def method(request: pytest.FixtureRequest) -> TrainedMethod:
    found: TrainedMethod = request.param
    return found


@pytest.fixture(params=NETWORKS, ids=lambda method: method.name)
def network(request: pytest.FixtureRequest) -> TrainedMethod:
    found: TrainedMethod = request.param
    return found


def test_learns_what_the_mean_brightness_does_not_tell(method: TrainedMethod) -> None:
    good, bad = striped_images(20, seed=7), striped_images(20, seed=8, spot=True)
    fitted = method.train(striped_images(14), striped_images(4, seed=1), spotted_defects(6), make_training())

    labels = [False] * 20 + [True] * 20
    assert image_auroc(labels, [fitted.score(image).score for image in [*good, *bad]]) > 0.95
    brightness = image_auroc(labels, [mean_brightness(image) for image in [*good, *bad]])
    assert max(brightness, 1 - brightness) < 0.75


def test_marks_the_patches_of_a_defect(method: TrainedMethod) -> None:
    fitted = method.train(striped_images(14), striped_images(4, seed=1), spotted_defects(6), make_training())

    patches = fitted.score(striped_images(1, seed=9, spot=True)[0]).patches

    inside = np.zeros((8, 8), dtype=bool)
    inside[3:5, 3:5] = True
    assert patches.shape == (8, 8)
    assert patches[inside].mean() > patches[~inside].max()


def test_scores_the_same_after_a_restore(method: TrainedMethod) -> None:
    fitted = method.train(striped_images(14), striped_images(4, seed=1), spotted_defects(4), make_training())
    image = striped_images(1, seed=2)[0]

    restored = method.restore(fitted.arrays())

    assert restored.score(image).score == fitted.score(image).score
    assert np.array_equal(restored.score(image).patches, fitted.score(image).patches)


def test_the_same_seed_learns_the_same(method: TrainedMethod) -> None:
    good, held_out, defects = striped_images(14), striped_images(4, seed=1), spotted_defects(4)

    one, other = (method.train(good, held_out, defects, make_training()).arrays() for _ in range(2))

    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_takes_defects_that_nobody_drew(method: TrainedMethod) -> None:
    good, bad = striped_images(20, seed=7), striped_images(20, seed=8, spot=True)
    defects = spotted_defects(8, is_drawn=False)

    fitted = method.train(striped_images(14), striped_images(4, seed=1), defects, make_training())

    scores = [fitted.score(image).score for image in [*good, *bad]]
    assert image_auroc([False] * 20 + [True] * 20, scores) > 0.8


def test_ends_after_ctrl_c_as_an_uninterrupted_training_would(
    network: TrainedMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.methods.training.SAVE_SECONDS", 0.0)
    good, held_out, defects = striped_images(14), striped_images(4, seed=1), spotted_defects(4)
    checkpoints = MemoryCheckpoints()
    whole = network.train(good, held_out, defects, make_training())

    with pytest.raises(KeyboardInterrupt):
        network.train(good, held_out, defects, make_training(checkpoints=checkpoints, stop_at=15))
    resumed = network.train(good, held_out, defects, make_training(checkpoints=checkpoints))

    assert all(np.array_equal(whole.arrays()[name], array) for name, array in resumed.arrays().items())


def test_says_how_many_images_it_needs(method: TrainedMethod) -> None:
    with pytest.raises(MethodError, match=rf"{method.name} needs at least {method.fewest_images} good images.* got 3"):
        method.train(striped_images(2), striped_images(1), spotted_defects(2), make_training())


def test_refuses_images_of_another_grid(network: TrainedMethod) -> None:
    odd = striped_images(1)[0]
    small = replace(odd, grid=replace(odd.grid, rows=odd.grid.rows[:32], height=4))

    with pytest.raises(MethodError, match="differ in their number of patches"):
        network.train([*striped_images(14), small], striped_images(4, seed=1), spotted_defects(2), make_training())


def test_refuses_arrays_that_miss_a_weight(network: TrainedMethod) -> None:
    arrays = network.train(
        striped_images(14), striped_images(4, seed=1), spotted_defects(2), make_training(seconds=0.0)
    ).arrays()
    weight = next(name for name in arrays if name.endswith(".weight"))

    with pytest.raises(KeyError):
        network.restore({name: array for name, array in arrays.items() if name != weight})
    with pytest.raises(ValueError, match="size mismatch"):
        network.restore({**arrays, weight: arrays[weight][:1]})
    with pytest.raises(ValueError, match="do not fit together"):
        network.restore({**arrays, "mean": arrays["mean"][:1]})
