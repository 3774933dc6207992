import numpy as np
import pytest

from detectors.methods.bank_choice import bank_rows
from detectors.methods.neighbours import Bank
from detectors.methods.patchcore import PatchCore, compute_anomaly_score
from detectors.methods.port import EmbeddedImage, FitChoices, Origin, PatchGrid
from tests.unit.detectors.methods.samples import embedded


def choices(share: float = 0.1, floor: int = 1, cap: int = 10_000, seed: int = 0) -> FitChoices:
    return FitChoices(share, floor, cap, seed)


def images(count: int = 6, rows: int = 50, dimensions: int = 20) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [generator.normal(size=(rows, dimensions)).astype(np.float32) for _ in range(count)]


def plain_score(bank: np.ndarray, patch: np.ndarray) -> float:
    """The paper's equations 6 and 7 as they stand, in double precision."""
    bank, patch = bank.astype(float), patch.astype(float)
    distances = np.linalg.norm(bank - patch, axis=1)
    nearest = int(distances.argmin())
    around = np.argsort(np.linalg.norm(bank - bank[nearest], axis=1))[:9]
    weight = 1 - np.exp(distances[nearest]) / np.exp(distances[around]).sum()
    return float(weight * distances[nearest])


def test_weighs_the_score_as_the_paper_does() -> None:
    bank = images(1, rows=200)[0]
    for patch in images(2)[1]:
        nearest = int(np.linalg.norm(bank - patch, axis=1).argmin())

        assert compute_anomaly_score(Bank(bank), patch, nearest) == pytest.approx(plain_score(bank, patch), rel=1e-5)


def test_distances_whose_exponential_overflows_still_give_a_score() -> None:
    bank = images(1, rows=30)[0] * 500

    score = compute_anomaly_score(Bank(bank), bank[0] + 5000, 0)

    assert np.isfinite(score)
    assert score > 0


def test_a_bank_of_one_row_gives_the_plain_distance() -> None:
    assert compute_anomaly_score(Bank(np.zeros((1, 4), dtype=np.float32)), np.ones(4, dtype=np.float32), 0) == 2.0


def test_the_bank_holds_rows_of_the_images_and_knows_which() -> None:
    learned = images()

    arrays = PatchCore().fit(learned, choices()).arrays()

    assert arrays["bank"].shape == (30, 20)
    for row, origin in zip(arrays["bank"], arrays["origins"], strict=True):
        assert any(np.array_equal(row, other) for other in learned[origin])


def test_a_fold_learns_nothing_of_the_images_it_leaves_out() -> None:
    learned = images()
    folds = [np.array([0, 3]), np.array([5])]

    banks = [method.arrays() for method in PatchCore().cross_fit(learned, folds, choices())]

    for fold, arrays in zip(folds, banks, strict=True):
        assert not set(fold.tolist()) & set(arrays["origins"].tolist())
        held_out = {row.tobytes() for index in fold for row in learned[index]}
        assert not held_out & {row.tobytes() for row in arrays["bank"]}


def test_held_out_images_score_higher_than_learned_ones() -> None:
    learned = images()
    image = embedded(learned[0], 5, 10)
    (held_out,) = PatchCore().cross_fit(learned, [np.array([0])], choices(share=1.0))

    assert PatchCore().fit(learned, choices(share=1.0)).score(image).score == 0
    assert held_out.score(image).score > 1


def test_patch_scores_keep_the_grid_and_lead_to_the_oddest() -> None:
    method = PatchCore().fit(images(), choices())
    rows = images(1)[0].copy()
    rows[17] += 50

    found = method.score(embedded(rows, 5, 10))

    assert found.patches.shape == (5, 10)
    assert int(found.patches.argmax()) == 17


def test_comes_back_from_its_arrays() -> None:
    method = PatchCore().fit(images(), choices())
    image = embedded(images(7)[6], 5, 10)

    assert PatchCore().restore(method.arrays()).score(image).score == method.score(image).score


def test_names_the_image_and_the_patch_nearest_to_another() -> None:
    learned = images()
    method = PatchCore().fit(learned, choices(share=1.0))

    found = method.nearest_normal(learned[4][33] + np.float32(0.001))

    assert (found.image, found.patch) == (4, 33)
    assert found.distance == pytest.approx(0.001 * 20**0.5, rel=1e-3)


def test_keeps_its_places_in_its_arrays_and_does_without_them() -> None:
    learned = images()
    arrays = PatchCore().fit(learned, choices(share=1.0)).arrays()
    old = {name: array for name, array in arrays.items() if name != "places"}

    assert PatchCore().restore(arrays).nearest_normal(learned[2][7]).patch == 7
    found = PatchCore().restore(old).nearest_normal(learned[2][7])
    assert (found.image, found.patch) == (2, None)


def test_names_what_it_learnt_from_as_it_is_told_to() -> None:
    learned = images(2)
    origins = [Origin(8, np.arange(50) * 2), Origin(5, np.arange(50) + 100)]

    method = PatchCore().fit(learned, choices(share=1.0)).with_origins(origins)

    first, second = method.nearest_normal(learned[0][3]), method.nearest_normal(learned[1][3])
    assert [(first.image, first.patch), (second.image, second.patch)] == [(8, 6), (5, 103)]


def test_refuses_arrays_that_make_no_bank() -> None:
    with pytest.raises(KeyError):
        PatchCore().restore({"bank": np.zeros((3, 2))})
    with pytest.raises(ValueError, match="origin"):
        PatchCore().restore({"bank": np.zeros((3, 2)), "origins": np.zeros(2)})
    with pytest.raises(ValueError, match="places"):
        PatchCore().restore({"bank": np.zeros((3, 2)), "origins": np.zeros(3), "places": np.zeros(2)})


def test_refuses_to_learn_from_nothing() -> None:
    with pytest.raises(ValueError, match="no image"):
        PatchCore().fit([], choices())


@pytest.mark.parametrize(("patches", "rows"), [(100, 100), (10_000, 512), (100_000, 1000), (900_000, 4096)])
def test_a_bank_is_neither_starved_nor_endless(patches: int, rows: int) -> None:
    assert bank_rows(patches, choices(share=0.01, floor=512, cap=4096)) == rows


def test_patches_are_made_exact_where_they_are_shown_as_odd() -> None:
    generator = np.random.default_rng(5)
    images = [generator.random((400, 24), dtype=np.float32) for _ in range(4)]
    fitted = PatchCore().fit(images, FitChoices(0.2, 64, 400, 0))
    asked = EmbeddedImage(np.zeros((160, 160, 3), np.uint8), PatchGrid(images[0] + 0.3, 20, 20))
    exact = fitted.exact_patches(asked)
    bounds = exact + 0.01

    above = float(np.quantile(bounds, 0.999))
    found = fitted.exact_patches(asked, bounds, above)

    assert np.allclose(found[bounds > above], exact[bounds > above])
    assert (found == bounds).any()
    assert np.array_equal(fitted.exact_patches(asked, bounds, float(bounds.max())), bounds)
    assert np.allclose(fitted.score(asked).patches, exact, rtol=0.2)
    assert (fitted.score(asked).patches >= exact * (1 - 1e-5)).all()
