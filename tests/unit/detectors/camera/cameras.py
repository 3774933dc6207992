"""A camera that looks at plates from one place, and what it has learnt."""

import numpy as np
from PIL import Image

from detectors.camera.knowledge import CameraKnowledge
from detectors.camera.learning import CameraLearner
from detectors.camera.signs import luma_of, measure_signs
from tests.plates import SIDE, make_plate

Pixels = np.ndarray


def plate(seed: int, *, has_scratch: bool = False) -> Pixels:
    return np.asarray(make_plate(seed, has_scratch=has_scratch))


def plate_anywhere(seed: int) -> Pixels:
    """A plate without a mark that lies anywhere: nothing says where the camera looks."""
    chance = np.random.default_rng(seed)
    large = np.tile(plate(seed), (2, 2, 1))
    top, left = chance.integers(0, SIDE, 2)
    return np.ascontiguousarray(large[top : top + SIDE, left : left + SIDE])


def plate_in_any_light(seed: int) -> Pixels:
    gain = np.random.default_rng(seed).uniform(0.3, 1.6)
    return np.clip(plate(seed) * gain, 0, 255).astype(np.uint8)


def learn(pictures: list[Pixels]) -> CameraKnowledge:
    learner = CameraLearner(len(pictures))
    for picture in pictures:
        learner.take_in(picture, SIDE)
    return learner.learn()


def signs_of(pictures: list[Pixels], camera: CameraKnowledge) -> list[dict[str, float]]:
    return [measure_signs(luma_of(picture), camera.reference).as_json() for picture in pictures]


def grey(pixels: Pixels) -> Image.Image:
    return luma_of(pixels)
