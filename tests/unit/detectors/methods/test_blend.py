import numpy as np
import pytest

from detectors.methods.blend import MEMBERS, Blend, FittedBlend, measure_scales
from detectors.methods.port import FitChoices, NearestPatch, Origin
from tests.unit.detectors.methods.samples import embedded

CHOICES = FitChoices(1.0, 1, 4096, 0, 2)


def images(count: int = 60, patches: int = 12) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    means = generator.normal(scale=5, size=(patches, 4))
    return list((means + generator.normal(size=(count, patches, 4))).astype(np.float32))


def test_measures_the_scale_on_images_the_member_has_not_seen() -> None:
    learned = images()

    scales = measure_scales(learned, CHOICES)

    # PatchCore remembers every patch here: scored on its own images all distances would be nought.
    assert all(scale.mean > 0.5 and scale.spread > 0.1 for scale in scales)


def test_a_good_image_lies_around_nought_whatever_the_units_of_its_members() -> None:
    learned = images()
    fitted = Blend().fit(learned[:48], CHOICES)

    levels = np.concatenate([fitted.score(embedded(image, 3, 4)).patches.ravel() for image in learned[48:]])

    assert abs(levels.mean()) < 0.5
    assert 0.3 < levels.std() < 1.5


def test_scores_the_mean_of_the_highest_blended_patches() -> None:
    learned = images()
    members = [member.fit(learned[:48], CHOICES) for member in MEMBERS]
    scales = measure_scales(learned[:48], CHOICES)
    image = embedded(learned[50], 3, 4)

    found = Blend().fit(learned[:48], CHOICES).score(image)

    parts = [(member.score(image).patches - scale.mean) / scale.spread
             for member, scale in zip(members, scales, strict=True)]  # fmt: skip
    expected = 0.8 * parts[0] + 0.2 * parts[1]
    assert found.patches == pytest.approx(expected, abs=0.05)  # those that make no score may be too high
    assert np.sort(found.patches.ravel())[-2:] == pytest.approx(np.sort(expected.ravel())[-2:], abs=1e-4)
    assert found.score == pytest.approx(np.sort(expected.ravel())[-2:].mean(), abs=1e-4)


def test_notices_both_a_strange_patch_and_one_in_the_wrong_place() -> None:
    learned = images()
    fitted = Blend().fit(learned[:48], CHOICES)
    good = max(fitted.score(embedded(image, 3, 4)).score for image in learned[48:])
    strange, moved = learned[50].copy(), learned[50].copy()
    strange[5] += 6
    moved[[0, 1, 7, 8]] = moved[[8, 7, 1, 0]]

    assert fitted.score(embedded(strange, 3, 4)).score > good
    assert fitted.score(embedded(moved, 3, 4)).score > good


def test_refuses_members_without_a_scale() -> None:
    members = [member.fit(images(), CHOICES) for member in MEMBERS]

    with pytest.raises(ValueError, match="scale"):
        FittedBlend(members, [], 2)


def test_names_the_good_patch_nearest_to_an_odd_one() -> None:
    learned = images()
    fitted = Blend().fit(learned, CHOICES)

    found = fitted.nearest_normal(learned[7][4])
    renumbered = fitted.with_origins([Origin(100 + number, np.arange(12)) for number in range(len(learned))])
    again = renumbered.nearest_normal(learned[7][4])

    assert found == NearestPatch(7, 4, 0.0)
    assert again == NearestPatch(107, 4, 0.0)


def test_grows_both_members_under_the_scales_it_had() -> None:
    learned = images()
    fitted = Blend().fit(learned, CHOICES)
    new = [rows + np.float32(3) for rows in images(20)]
    image = embedded(new[7], 3, 4)

    grown = fitted.grown(new[:7] + new[8:], CHOICES, known=len(learned))

    assert grown.score(image).score < 0.7 * fitted.score(image).score
    assert (grown.arrays()["patch_scales"] == fitted.arrays()["patch_scales"]).all()
    assert len(grown.arrays()["bank"]) > len(fitted.arrays()["bank"])
