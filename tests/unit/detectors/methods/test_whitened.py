import numpy as np
import pytest

from detectors.methods.patchcore import PatchCore
from detectors.methods.port import FitChoices, NearestPatch
from detectors.methods.whitened import FittedWhitened, Whitened, estimate_whitening, whiten
from tests.unit.detectors.methods.samples import embedded

CHOICES = FitChoices(1.0, 1, 4096, 0, 1)
LOUD, QUIET = 0, 1


def images(count: int = 20) -> list[np.ndarray]:
    """Patches of two numbers: one varies a lot among good images, one hardly."""
    generator = np.random.default_rng(0)
    return list((generator.normal(size=(count, 12, 2)) * (10.0, 0.5)).astype(np.float32))


def test_gives_whitened_patches_the_same_spread_in_every_direction_that_varies() -> None:
    generator = np.random.default_rng(1)
    mixing = np.array([[2.0, 1.0], [0.0, 1.5]])
    rows = [(generator.normal(size=(400, 2)) @ mixing + 7).astype(np.float32) for _ in range(4)]

    mean, whitening = estimate_whitening(rows)

    covariance = np.cov(np.concatenate([whiten(one, mean, whitening) for one in rows]).T)
    assert mean == pytest.approx([7, 7], abs=0.3)
    assert abs(covariance[0, 1]) < 1e-3
    assert (np.diag(covariance) > 0.7).all()
    assert (np.diag(covariance) < 1.0).all()  # the shrinkage takes a little off


def test_notices_a_small_change_of_what_never_varies() -> None:
    learned = images()
    odd = learned[19].copy()
    odd[4, QUIET] += 4

    def exceeds(method: PatchCore | Whitened) -> float:
        fitted = method.fit(learned[:12], CHOICES)
        good = max(fitted.score(embedded(image, 3, 4)).score for image in learned[12:])
        return fitted.score(embedded(odd, 3, 4)).score / good

    assert exceeds(Whitened()) > 1
    assert exceeds(PatchCore()) <= 1.05


def test_survives_numbers_that_never_vary() -> None:
    still = [np.ones((12, 3), dtype=np.float32) for _ in range(4)]

    assert Whitened().fit(still, CHOICES).score(embedded(still[0], 3, 4)).score == 0


def test_refuses_a_whitening_of_another_width() -> None:
    fitted = PatchCore().fit(images(), CHOICES)

    with pytest.raises(ValueError, match="as wide as the mean"):
        FittedWhitened(fitted, np.zeros(2, np.float32), np.zeros((3, 3), np.float32))


def test_names_the_good_patch_nearest_to_an_odd_one() -> None:
    learned = images()

    assert Whitened().fit(learned, CHOICES).nearest_normal(learned[7][4]) == NearestPatch(7, 4, 0.0)
