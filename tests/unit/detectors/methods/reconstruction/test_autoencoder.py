from dataclasses import replace

import torch

from detectors.methods.reconstruction.autoencoder import SCHEDULE, Autoencoder, reconstruction_error
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images


def test_scores_a_planted_oddity_above_every_normal() -> None:
    method = Autoencoder(replace(SCHEDULE, steps=30, batch=4, look_every=20))
    fitted = method.train(striped_images(14), striped_images(4, seed=1), [], make_training())
    normals = [fitted.score(image) for image in striped_images(5, seed=2)]
    odd = [fitted.score(image) for image in striped_images(5, seed=3, spot=True)]

    assert min(found.score for found in odd) > max(found.score for found in normals)
    assert all(found.patches[12:20, 12:20].max() == found.patches.max() for found in odd)


def test_finds_no_error_in_equal_pictures_and_the_square_in_a_shift_of_light() -> None:
    level = torch.full((1, 3, 32, 32), 0.5)

    assert reconstruction_error(level, level).abs().max().item() < 1e-5
    # SSIM stays near 1 for two level planes close in light; the squared error alone tells 5 * .1^2.
    assert 0.05 < reconstruction_error(level, level + 0.1).mean().item() < 0.07
