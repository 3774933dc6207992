"""What every method of this family keeps to."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.methods.port import MethodError, TrainedMethod
from detectors.methods.reconstruction.autoencoder import SCHEDULE as AUTOENCODER_SCHEDULE
from detectors.methods.reconstruction.autoencoder import Autoencoder
from detectors.methods.reconstruction.ganomaly import SCHEDULE as GANOMALY_SCHEDULE
from detectors.methods.reconstruction.ganomaly import Ganomaly
from detectors.methods.reconstruction.transformer import SCHEDULE as TRANSFORMER_SCHEDULE
from detectors.methods.reconstruction.transformer import Transformer
from tests.unit.detectors.methods.reconstruction.trainings import MemoryCheckpoints, make_training, striped_images

METHODS: list[TrainedMethod] = [
    Transformer(replace(TRANSFORMER_SCHEDULE, steps=8, look_every=2)),
    Autoencoder(replace(AUTOENCODER_SCHEDULE, steps=8, batch=4, look_every=2)),
    Ganomaly(replace(GANOMALY_SCHEDULE, steps=8, batch=4, look_every=2)),
]


@pytest.fixture(params=METHODS, ids=lambda method: method.name)
def method(request: pytest.FixtureRequest) -> TrainedMethod:
    found: TrainedMethod = request.param
    return found


def test_scores_the_same_after_a_restore(method: TrainedMethod) -> None:
    fitted = method.train(striped_images(14), striped_images(4, seed=1), [], make_training())
    image = striped_images(1, seed=2)[0]

    restored = method.restore(fitted.arrays())

    assert restored.score(image).score == fitted.score(image).score
    assert np.array_equal(restored.score(image).patches, fitted.score(image).patches)


def test_ends_after_ctrl_c_as_an_uninterrupted_training_would(
    method: TrainedMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.methods.training.SAVE_SECONDS", 0.0)
    good, held_out, checkpoints = striped_images(14), striped_images(4, seed=1), MemoryCheckpoints()
    whole = method.train(good, held_out, [], make_training())

    with pytest.raises(KeyboardInterrupt):
        method.train(good, held_out, [], make_training(checkpoints=checkpoints, stop_at=5))
    resumed = method.train(good, held_out, [], make_training(checkpoints=checkpoints))

    assert len(checkpoints.saved) == 8
    assert all(np.array_equal(whole.arrays()[name], array) for name, array in resumed.arrays().items())


def test_says_how_many_images_it_needs(method: TrainedMethod) -> None:
    with pytest.raises(MethodError, match=rf"{method.name} needs at least {method.fewest_images} good images.* got 3"):
        method.train(striped_images(2), striped_images(1), [], make_training())


def test_refuses_to_train_with_nothing_held_out(method: TrainedMethod) -> None:
    with pytest.raises(MethodError, match="one of them held out"):
        method.train(striped_images(20), [], [], make_training())


def test_refuses_arrays_that_miss_a_weight(method: TrainedMethod) -> None:
    arrays = method.train(striped_images(14), striped_images(4, seed=1), [], make_training(seconds=0.0)).arrays()
    weight = next(name for name in arrays if name.endswith(".weight"))

    with pytest.raises(KeyError):
        method.restore({name: array for name, array in arrays.items() if name != weight})
    with pytest.raises(ValueError, match="size mismatch"):
        method.restore({**arrays, weight: arrays[weight][:1]})
