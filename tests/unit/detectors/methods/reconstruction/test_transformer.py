from dataclasses import replace

import numpy as np
import pytest
import torch

from detectors.methods.port import EmbeddedImage, MethodError, PatchGrid
from detectors.methods.reconstruction.transformer import SCHEDULE, Transformer, rebuilding_loss
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images

QUICK = Transformer(replace(SCHEDULE, steps=80, look_every=20))


def cut(image: EmbeddedImage, height: int, width: int) -> EmbeddedImage:
    rows = image.grid.rows.reshape(image.grid.height, image.grid.width, -1)[:height, :width]
    return EmbeddedImage(image.square, PatchGrid(rows.reshape(height * width, -1).copy(), height, width))


def test_scores_a_planted_oddity_above_every_normal_and_points_at_it() -> None:
    fitted = QUICK.train(striped_images(24), striped_images(6, seed=1), [], make_training())
    normals = [fitted.score(image) for image in striped_images(10, seed=2)]
    odd = [fitted.score(image) for image in striped_images(10, seed=3, spot=True)]

    assert min(found.score for found in odd) > max(found.score for found in normals)
    for found in odd:
        row, column = np.unravel_index(int(found.patches.argmax()), found.patches.shape)
        assert row in (3, 4)
        assert column in (3, 4)


def test_reads_a_grid_of_an_odd_side() -> None:
    fitted = QUICK.train(
        [cut(image, 7, 7) for image in striped_images(12)],
        [cut(image, 7, 7) for image in striped_images(3, seed=1)],
        [],
        make_training(),
    )

    assert fitted.score(cut(striped_images(1, seed=2)[0], 7, 7)).patches.shape == (7, 7)


def test_refuses_an_image_of_another_grid() -> None:
    fitted = QUICK.train(striped_images(8), striped_images(2, seed=1), [], make_training(seconds=0.0))

    with pytest.raises(ValueError, match="4 x 4 patches of 6, unlike the training"):
        fitted.score(cut(striped_images(1)[0], 4, 4))


def test_refuses_patches_that_form_no_square() -> None:
    images = [cut(image, 8, 4) for image in striped_images(10)]

    with pytest.raises(MethodError, match="must form a square, not 8 x 4"):
        QUICK.train(images[:8], images[8:], [], make_training())


def test_refuses_images_of_different_grids() -> None:
    with pytest.raises(MethodError, match="differ in their number of patches"):
        QUICK.train([cut(striped_images(1)[0], 4, 4), *striped_images(9)], striped_images(1), [], make_training())


def test_loses_nothing_where_the_rebuilding_is_perfect() -> None:
    tokens = torch.randn(2, 4, 4 * 3)

    assert float(rebuilding_loss(tokens, tokens, 3)) == pytest.approx(0, abs=1e-6)
    # The angle is 180 degrees, and (2 f)^2 / 2 the mean over a patch.
    assert float(rebuilding_loss(-tokens, tokens, 3)) == pytest.approx(2 + 2 * float(tokens.square().mean()), rel=1e-5)
