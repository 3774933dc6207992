import numpy as np
import pytest

from detectors.methods.port import EmbeddedImage, FitChoices, Floats, PatchGrid
from detectors.methods.within_class import WithinClass, learn_metric

CHOICES = FitChoices(bank_share=1.0, bank_floor=1, bank_cap=10_000, seed=0)
NO_SQUARE = np.empty((0, 0, 3), dtype=np.uint8)


def images(count: int, seed: int = 0) -> list[Floats]:
    """Return images of 36 patches each whose first direction differs from image to image, and little else does."""
    generator = np.random.default_rng(seed)
    scale = np.array([5.0, 0.5, 0.5, 0.5])
    return [
        (generator.normal(size=(36, 4)) * scale + [generator.normal(0, 20), 0, 0, 0]).astype(np.float32)
        for _ in range(count)
    ]


def seen(rows: Floats) -> EmbeddedImage:
    return EmbeddedImage(NO_SQUARE, PatchGrid(rows, 6, 6))


def test_weighs_down_the_directions_in_which_good_images_differ() -> None:
    metric = learn_metric(images(6), 0)

    lengths = np.linalg.norm(metric, axis=1)
    assert lengths[0] < 0.7 * lengths[1:].min()
    assert np.allclose(metric, metric.T, atol=1e-6)
    assert np.square(metric).sum() == pytest.approx(4, rel=1e-5)


def test_finds_a_small_change_in_a_direction_that_is_always_the_same() -> None:
    fitted = WithinClass().fit(images(8), CHOICES)
    good, odd = images(1, seed=9)[0], images(1, seed=9)[0]
    odd[20, 2] += 6

    scored = fitted.score(seen(odd))

    assert scored.score > 1.5 * fitted.score(seen(good)).score
    assert divmod(int(scored.patches.argmax()), 6) == (3, 2)


def test_each_fold_learns_from_the_images_outside_it() -> None:
    rows = images(4)

    folds = list(WithinClass().cross_fit(rows, [np.array([0]), np.array([3])], CHOICES))

    expected = [WithinClass().fit(rows[1:], CHOICES), WithinClass().fit(rows[:3], CHOICES)]
    for fold, alone in zip(folds, expected, strict=True):
        assert fold.score(seen(rows[0])).score == pytest.approx(alone.score(seen(rows[0])).score, rel=1e-4, abs=1e-4)
    assert folds[0].score(seen(rows[0])).score > 0.01


def test_scores_the_same_once_restored() -> None:
    fitted = WithinClass().fit(images(5), CHOICES)

    restored = WithinClass().restore(fitted.arrays())

    odd = seen(images(1, seed=9)[0])
    assert restored.score(odd).score == fitted.score(odd).score


def test_refuses_a_metric_that_does_not_fit_the_bank() -> None:
    arrays = WithinClass().fit(images(5), CHOICES).arrays()

    with pytest.raises(ValueError, match="as wide as the bank"):
        WithinClass().restore({**arrays, "metric": np.eye(3, dtype=np.float32)})


def test_one_image_teaches_no_metric() -> None:
    with pytest.raises(ValueError, match="two images"):
        learn_metric(images(1), 0)
