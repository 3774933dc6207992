import numpy as np
import pytest

from detectors.synthetic import KINDS, make_defect, make_defects


def photo(seed: int, height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_changes_the_image_inside_the_mask_and_nowhere_else(kind: str) -> None:
    for seed in range(20):
        good = photo(seed)
        defect = make_defect(good, photo(100 + seed), kind, np.random.default_rng(seed))

        changed = (defect.pixels != good).any(axis=2)
        assert np.array_equal(changed, defect.mask)
        assert changed.mean() < 0.9
        assert defect.pixels.shape == good.shape


def test_every_kind_nearly_always_leaves_something_to_see() -> None:
    defects = make_defects([photo(seed) for seed in range(80)], 0)

    assert {defect.kind for defect in defects} == set(KINDS)
    assert [defect.kind for defect in defects].count("cut_paste") == 40
    assert np.mean([defect.visibility > 0 for defect in defects]) > 0.9


def test_the_same_seed_makes_the_same_defects() -> None:
    photos = [photo(seed) for seed in range(4)]

    first, again, other = make_defects(photos, 3), make_defects(photos, 3), make_defects(photos, 4)

    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one.pixels, two.pixels) for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (3, 7)])
def test_copes_with_the_smallest_images_and_textures_of_another_size(size: tuple[int, int]) -> None:
    for kind in KINDS:
        defect = make_defect(photo(1, *size), photo(2, 50, 40), kind, np.random.default_rng(0))
        assert defect.pixels.shape == (*size, 3)
