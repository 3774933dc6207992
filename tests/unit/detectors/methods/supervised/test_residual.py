import numpy as np
import pytest

from detectors.methods.padim import PaDiM
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import Explains, LabelledDefect, Method, MethodError
from detectors.methods.supervised.residual import BASES, CHOICES, FittedResidual, Residual
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images
from tests.unit.detectors.methods.supervised.labelled import spotted_defects


def train(base: Method, defects: list[LabelledDefect]) -> FittedResidual:
    fitted = Residual(base).train(striped_images(14), striped_images(4, seed=1), defects, make_training())
    assert isinstance(fitted, FittedResidual)
    return fitted


def misleading_defects(count: int) -> list[LabelledDefect]:
    """Good images called defects: nothing can be learned from them."""
    images = striped_images(count, seed=50)
    mask = np.zeros((64, 64), dtype=bool)
    mask[:8, :8] = True
    return [LabelledDefect(image, mask, f"kind-{number % 2}") for number, image in enumerate(images)]


@pytest.mark.parametrize("base", BASES.values(), ids=lambda base: base.name)
def test_without_labels_it_orders_images_exactly_as_its_base_does(base: Method) -> None:
    images = [*striped_images(12, seed=7), *striped_images(12, seed=8, spot=True)]
    normals = [*striped_images(14), *striped_images(4, seed=1)]

    fitted = train(base, [])

    alone = base.fit([image.grid.rows for image in normals], CHOICES)
    expected = [alone.score(image) for image in images]
    found = [fitted.score(image) for image in images]
    assert fitted.choice.weight == 0
    assert np.argsort([one.score for one in found]).tolist() == np.argsort([one.score for one in expected]).tolist()
    for one, other in zip(found, expected, strict=True):
        assert np.corrcoef(one.patches.ravel(), other.patches.ravel())[0, 1] == pytest.approx(1.0, abs=1e-5)


def test_labels_that_teach_nothing_leave_the_base_alone() -> None:
    images = [*striped_images(6, seed=7), *striped_images(6, seed=8, spot=True)]

    misled, alone = train(PatchCore(), misleading_defects(8)), train(PatchCore(), [])

    assert misled.choice.weight == 0
    assert [misled.score(image).score for image in images] == [alone.score(image).score for image in images]


def test_labels_raise_what_they_know_and_say_so() -> None:
    defects, image = spotted_defects(6), striped_images(1, seed=9, spot=True)[0]

    fitted = train(PaDiM(), defects)

    assert isinstance(fitted, Explains)
    assert fitted.choice.weight > 0
    assert fitted.sentence == fitted.choice.sentence
    assert fitted.score(image).score > 3


@pytest.mark.parametrize("base", BASES.values(), ids=lambda base: base.name)
def test_brings_back_whichever_base_it_was_fitted_on(base: Method) -> None:
    fitted, image = train(base, spotted_defects(4)), striped_images(1, seed=3, spot=True)[0]

    restored = Residual().restore(fitted.arrays())

    # PaDiM keeps its matrices as float16.
    assert restored.score(image).score == pytest.approx(fitted.score(image).score, rel=1e-3)
    assert isinstance(restored, FittedResidual)
    assert restored.choice == fitted.choice


def test_one_label_is_not_used() -> None:
    fitted = train(PatchCore(), spotted_defects(1))

    assert fitted.choice.weight == 0
    assert "Fewer than 2" in fitted.sentence


def test_needs_enough_images_for_a_base_that_knows_but_some_of_them() -> None:
    with pytest.raises(MethodError, match=r"residual needs at least 5 good images, got 4"):
        Residual().train(striped_images(2), striped_images(2, seed=1), [], make_training())


def test_refuses_a_base_it_does_not_know() -> None:
    arrays = train(PatchCore(), []).arrays()

    with pytest.raises(KeyError):
        Residual().restore({**arrays, "base_name": np.frombuffer(b"other", dtype=np.uint8)})
