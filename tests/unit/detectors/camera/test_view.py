from dataclasses import astuple

import numpy as np
import pytest

from detectors.camera.learning import move
from detectors.camera.view import learn_view, small_view
from tests.unit.detectors.camera.cameras import grey, plate


@pytest.mark.parametrize(("down", "across"), [(0.03, 0.0), (-0.03, 0.0), (0.0, 0.03), (0.02, -0.02)])
def test_says_how_far_the_view_is_shifted(down: float, across: float) -> None:
    reference = learn_view([small_view(grey(plate(seed))) for seed in range(30)])

    places = [reference.place(small_view(grey(move(plate(seed), down, across)))) for seed in range(100, 110)]

    found_down, found_across, coherence, likeness, _ = np.median([astuple(place) for place in places], axis=0)
    assert found_down == pytest.approx(down, abs=0.01)
    assert found_across == pytest.approx(across, abs=0.01)
    assert likeness > 0.5
    assert coherence > 0.2


def test_light_moves_nothing() -> None:
    reference = learn_view([small_view(grey(plate(seed))) for seed in range(30)])

    place = reference.place(small_view(grey((plate(100) * 0.6).astype(np.uint8))))

    assert abs(place.down) < 0.01
    assert abs(place.across) < 0.01


def test_a_view_of_nothing_is_like_nothing() -> None:
    reference = learn_view([small_view(grey(plate(seed))) for seed in range(30)])

    assert reference.place(np.zeros((64, 64), np.uint8)).likeness == 0
