import numpy as np
import pytest
import torch

from detectors.methods.port import MethodError
from detectors.methods.supervised.devnet import DevNet, deviation_loss, image_scores, reference
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images
from tests.unit.detectors.methods.supervised.labelled import spotted_defects


def test_an_image_scores_the_mean_of_its_highest_tenth() -> None:
    patches = torch.arange(40.0).reshape(2, 4, 5)

    assert image_scores(patches).tolist() == [18.5, 38.5]


def test_normals_are_pulled_to_the_reference_and_defects_pushed_past_the_margin() -> None:
    deviations, is_defect = torch.tensor([-1.0, 3.0, 2.0, 7.0]), torch.tensor([False, False, True, True])

    assert float(deviation_loss(deviations, is_defect)) == pytest.approx((1 + 3) / 2 + (3 + 0) / 2)


def test_the_reference_is_a_standard_normal_sample() -> None:
    mean, spread = reference(0)

    assert (mean, spread) == reference(0)
    assert abs(mean) < 0.05
    assert abs(spread - 1) < 0.05
    assert (mean, spread) != (0, 1)


def test_refuses_a_single_defect() -> None:
    with pytest.raises(MethodError, match="devnet needs at least 2 labelled defects, got 1"):
        DevNet().train(striped_images(14), striped_images(4, seed=1), spotted_defects(1), make_training())


def test_defects_deviate_by_the_margin_and_normals_hardly() -> None:
    fitted = DevNet().train(
        striped_images(14), striped_images(4, seed=1), spotted_defects(8, is_drawn=False), make_training(seconds=20)
    )

    good = [fitted.score(image).score for image in striped_images(10, seed=7)]
    bad = [fitted.score(image).score for image in striped_images(10, seed=8, spot=True)]
    assert np.mean(bad) > 3
    assert abs(np.mean(good)) < 1.5
