"""What every method keeps to that remembers patches."""

import numpy as np
import pytest

from detectors.methods.blend import Blend
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import FitChoices, Method, Origin, Remembers
from detectors.methods.whitened import Whitened
from detectors.methods.within_class import WithinClass

CHOICES = FitChoices(1.0, 1, 4096, 0, 2)
METHODS: list[Method] = [PatchCore(), Blend(), Whitened(), WithinClass()]


def images(count: int = 60, patches: int = 12) -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(count, patches, 4)).astype(np.float32))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
def test_names_the_image_and_the_patch_before_and_after_a_restore(method: Method) -> None:
    learned = images()
    origins = [Origin(100 + number, np.arange(12) * 3) for number in range(60)]
    fitted = method.fit(learned, CHOICES)
    assert isinstance(fitted, Remembers)
    renumbered = fitted.with_origins(origins)

    restored = method.restore(renumbered.arrays())

    assert isinstance(restored, Remembers)
    first, again = fitted.nearest_normal(learned[20][5]), restored.nearest_normal(learned[20][5])
    assert first is not None
    assert again is not None
    assert (first.image, first.patch) == (20, 5)
    assert (again.image, again.patch) == (120, 15)
    assert first.distance == again.distance == pytest.approx(0, abs=1e-5)
