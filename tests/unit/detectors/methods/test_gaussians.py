import numpy as np
import pytest

from detectors.methods.blend import Blend
from detectors.methods.gaussians import grown_gaussians, whitened_gaussians
from detectors.methods.padim import FittedPaDiM, PaDiM
from detectors.methods.port import FitChoices, Method, MethodError
from detectors.methods.top_mean import top_mean
from detectors.methods.whitened import Whitened
from detectors.methods.whole_image import WholeImage
from tests.unit.detectors.methods.samples import embedded

CHOICES = FitChoices(1.0, 1, 4096, 0)
METHODS: list[Method] = [PaDiM(), WholeImage(), Blend(), Whitened()]


def images(count: int = 40, height: int = 3, width: int = 4, dimensions: int = 5) -> list[np.ndarray]:
    """Patches that look different from place to place, and vary differently."""
    generator = np.random.default_rng(0)
    means = generator.normal(scale=5, size=(height * width, dimensions))
    spreads = generator.uniform(0.5, 2, size=(height * width, 1))
    shape = (count, height * width, dimensions)
    return list((means + spreads * generator.normal(size=shape)).astype(np.float32))


def test_padim_measures_the_mahalanobis_distance_of_each_position() -> None:
    learned = images()
    stack = np.stack(learned).astype(np.float64)
    image = learned[0] + np.float32(1.5)

    found = PaDiM().fit(learned, CHOICES).score(embedded(image, 3, 4))

    for position in range(12):
        covariance = np.cov(stack[:, position].T) + 0.01 * np.eye(5)
        difference = image[position] - stack[:, position].mean(axis=0)
        expected = np.sqrt(difference @ np.linalg.inv(covariance) @ difference)
        assert found.patches.ravel()[position] == pytest.approx(expected, rel=1e-3)


def test_padim_finds_a_patch_odd_where_it_never_is_though_it_is_normal_elsewhere() -> None:
    learned = images()
    swapped = learned[1].copy()
    swapped[[2, 9]] = swapped[[9, 2]]

    found = PaDiM().fit(learned, CHOICES).score(embedded(swapped, 3, 4))

    assert set(np.argsort(found.patches.ravel())[-2:].tolist()) == {2, 9}


def test_padim_looks_at_some_dimensions_where_there_are_very_many() -> None:
    fitted = PaDiM().fit(images(10, dimensions=300), CHOICES)

    arrays = fitted.arrays()
    dimensions = arrays["dimensions"].tolist()

    assert arrays["whitenings"].shape == (12, 100, 100)
    assert dimensions == sorted(set(dimensions))
    image = embedded(images(11, dimensions=300)[10], 3, 4)
    assert PaDiM().restore(arrays).score(image).score == pytest.approx(fitted.score(image).score, rel=1e-2)


def test_padim_refuses_an_image_of_another_size() -> None:
    with pytest.raises(ValueError, match="patches"):
        PaDiM().fit(images(), CHOICES).score(embedded(images(1, 2, 4)[0], 2, 4))
    with pytest.raises(ValueError, match="differ"):
        PaDiM().fit([images(1)[0], images(1, 2, 4)[0]], CHOICES)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
class TestEachOfThem:
    def test_scores_an_odd_image_above_the_good_ones(self, method: Method) -> None:
        learned = images()
        fitted = method.fit(learned[:30], CHOICES)
        odd = learned[35].copy()
        odd[7] += 12

        good = [fitted.score(embedded(rows, 3, 4)).score for rows in learned[30:]]
        found = fitted.score(embedded(odd, 3, 4))

        assert found.score > max(good)
        assert found.patches.shape == (3, 4)

    def test_comes_back_from_its_arrays(self, method: Method) -> None:
        fitted = method.fit(images(), CHOICES)
        image = embedded(images(41)[40], 3, 4)

        restored = method.restore(fitted.arrays())

        assert restored.score(image).score == pytest.approx(fitted.score(image).score, rel=1e-2)

    def test_a_fold_learns_nothing_of_the_images_it_leaves_out(self, method: Method) -> None:
        learned = images()
        learned[3] = learned[3] + np.float32(40)
        image = embedded(learned[3], 3, 4)

        without, with_it = method.cross_fit(learned, [np.array([3]), np.array([5])], CHOICES)

        assert without.score(image).score > 3 * with_it.score(image).score

    def test_refuses_to_learn_from_nothing(self, method: Method) -> None:
        with pytest.raises(ValueError, match="no image"):
            method.fit([], CHOICES)

    def test_refuses_arrays_that_do_not_fit_together(self, method: Method) -> None:
        arrays = method.fit(images(), CHOICES).arrays()
        with pytest.raises(KeyError):
            method.restore({})
        with pytest.raises(ValueError, match="whitening"):
            method.restore({name: array[:1] if "whitening" in name else array for name, array in arrays.items()})


def test_the_mean_of_the_highest_takes_all_where_there_are_fewer() -> None:
    scores = np.array([[1, 9], [3, 7]], dtype=np.float32)

    assert top_mean(scores, 2) == 8
    assert top_mean(scores) == 5


@pytest.mark.parametrize("known", [8, 40])
def test_grown_gaussians_are_those_of_all_images(known: int) -> None:
    rows = np.stack(images(60)).astype(np.float32)

    means, whitenings = grown_gaussians(*whitened_gaussians(rows[:known]), known, rows[known:])

    wanted_means, wanted_whitenings = whitened_gaussians(rows)
    np.testing.assert_allclose(means, wanted_means, atol=1e-5)
    np.testing.assert_allclose(whitenings, wanted_whitenings, rtol=1e-2, atol=1e-3)


def test_grown_from_a_bundle_padim_scores_as_one_fitted_on_all() -> None:
    learned, more = images(40), images(60)[40:]
    kept = PaDiM().restore(PaDiM().fit(learned, CHOICES).arrays())
    assert isinstance(kept, FittedPaDiM)

    grown = kept.grown(more, CHOICES, known=40)
    whole = PaDiM().fit([*learned, *more], CHOICES)

    image = embedded(images(61)[60], 3, 4)
    np.testing.assert_allclose(grown.score(image).patches, whole.score(image).patches, rtol=0.01)


def test_refuses_to_grow_by_images_of_another_size() -> None:
    fitted = PaDiM().fit(images(), CHOICES)
    assert isinstance(fitted, FittedPaDiM)

    with pytest.raises(MethodError, match="other numbers of patches"):
        fitted.grown([images()[0][:5]], CHOICES, known=40)
