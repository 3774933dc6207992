import math
from dataclasses import replace

import numpy as np
import pytest

from detectors.methods.port import LabelledDefect, MethodError
from detectors.methods.sampling.cycle import SamplingSchedule
from detectors.methods.sampling.neural_sampling import FittedNeuralSampling, NeuralSampling, sample_by_chance
from tests.unit.detectors.methods.reconstruction.trainings import MemoryCheckpoints, make_training, striped_images
from tests.unit.detectors.methods.sampling.small import SMALL, good_images, held_out_images, marked_defects


def train(
    schedule: SamplingSchedule = SMALL,
    *,
    seed: int = 0,
    seconds: float = 60.0,
    defects: list[LabelledDefect] | None = None,
    checkpoints: MemoryCheckpoints | None = None,
    stop_at: int | None = None,
) -> FittedNeuralSampling:
    return NeuralSampling(schedule).train(
        good_images(),
        held_out_images(),
        marked_defects(4) if defects is None else defects,
        make_training(seed=seed, seconds=seconds, checkpoints=checkpoints, stop_at=stop_at),
    )


def is_same(one: FittedNeuralSampling, other: FittedNeuralSampling) -> bool:
    arrays, others = one.arrays(), other.arrays()
    return arrays.keys() == others.keys() and all(np.array_equal(arrays[name], others[name]) for name in arrays)


def test_learns_to_tell_a_spot_and_moves_its_policy_away_from_uniform() -> None:
    schedule = replace(SMALL, cycles=20, updates=12, lessons=4, defects=3, good=3, look_every=5)

    fitted = train(schedule, defects=marked_defects(8))

    normals = [fitted.score(image) for image in striped_images(4, seed=2)]
    odd = [fitted.score(image) for image in striped_images(4, seed=3, spot=True)]
    assert min(found.score for found in odd) > max(found.score for found in normals)
    assert all(found.patches[24:40, 24:40].mean() > found.patches.mean() for found in odd)
    still = train(replace(schedule, cycles=2, gait=replace(schedule.gait, learning_rate=0.0)))
    assert still.outcome.divergence == pytest.approx(0.0, abs=1e-6)
    assert fitted.outcome.divergence > 0.01


def test_scores_cells_by_the_mean_of_the_highest_hundredth() -> None:
    found = train().score(striped_images(1, seed=2)[0])

    assert found.patches.shape == (64, 64)
    assert found.score == pytest.approx(float(np.sort(found.patches.ravel())[-41:].mean()))


def test_scores_the_same_after_a_restore() -> None:
    fitted, image = train(), striped_images(1, seed=2)[0]

    restored = NeuralSampling().restore(fitted.arrays())

    assert restored.score(image).score == fitted.score(image).score
    assert np.array_equal(restored.score(image).patches, fitted.score(image).patches)
    assert all(np.array_equal(array, restored.arrays()[name]) for name, array in fitted.arrays().items())


def test_comes_out_the_same_for_a_seed_and_otherwise_for_another() -> None:
    first = train()

    assert is_same(first, train())
    assert not is_same(first, train(seed=1))


def test_ends_after_ctrl_c_as_an_uninterrupted_training_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.methods.sampling.cycles.SAVE_SECONDS", 0.0)
    checkpoints = MemoryCheckpoints()
    whole = train()

    with pytest.raises(KeyboardInterrupt):
        train(checkpoints=checkpoints, stop_at=2)
    resumed = train(checkpoints=checkpoints)

    assert len(checkpoints.saved) == 3
    assert is_same(resumed, whole)


def test_refuses_the_checkpoint_of_another_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.methods.sampling.cycles.SAVE_SECONDS", 0.0)
    checkpoints = MemoryCheckpoints()
    train(replace(SMALL, cycles=1), checkpoints=checkpoints)
    checkpoints.saved[-1].pop("generator")

    with pytest.raises(MethodError, match="of another training"):
        train(checkpoints=checkpoints)


def test_keeps_the_best_so_far_when_its_time_is_up() -> None:
    fitted = train(seconds=0.0)

    assert fitted.outcome.cycles == fitted.outcome.best_cycle == 1
    assert math.isfinite(fitted.outcome.best_loss)


def test_names_the_step_whose_loss_is_not_a_number_and_keeps_the_last_checkpoint() -> None:
    checkpoints = MemoryCheckpoints()

    with pytest.raises(MethodError, match=r"predictor's loss at step \d+ is nan; the training stopped there"):
        train(replace(SMALL, predictor_rate=math.inf), checkpoints=checkpoints)

    assert checkpoints.saved == []


def test_leaves_out_a_defect_that_nobody_marked() -> None:
    unmarked = [replace(defect, mask=None) for defect in marked_defects(2, seed=7)]

    assert is_same(train(defects=marked_defects(4) + unmarked), train())


def test_says_how_many_defects_with_a_mask_it_needs() -> None:
    unmarked = [replace(defect, mask=None) for defect in marked_defects(2, seed=7)]

    with pytest.raises(MethodError, match="needs at least 4 labelled defects with a mask, got 3 of 5"):
        train(defects=marked_defects(3) + unmarked)


def test_says_how_many_images_it_needs() -> None:
    with pytest.raises(MethodError, match=r"neural_sampling needs at least 16 good images.* got 3"):
        NeuralSampling(SMALL).train(striped_images(2), striped_images(1), marked_defects(4), make_training())


def test_refuses_arrays_that_miss_a_weight() -> None:
    arrays = train(seconds=0.0).arrays()
    weight = next(name for name in arrays if name.endswith(".weight"))

    with pytest.raises(KeyError):
        NeuralSampling().restore({name: array for name, array in arrays.items() if name != weight})
    with pytest.raises(ValueError, match="size mismatch"):
        NeuralSampling().restore({**arrays, weight: arrays[weight][:1]})


def test_says_what_the_sampler_learned() -> None:
    fitted = train()

    assert f"{fitted.outcome.divergence:.3f} nats from uniform in 3 cycles" in fitted.sentence


def test_has_a_control_that_never_learns() -> None:
    method = NeuralSampling(SMALL, sample_by_chance)

    fitted = method.train(good_images(), held_out_images(), marked_defects(4), make_training())

    assert fitted.outcome.divergence == 0.0
    assert not is_same(fitted, train())
