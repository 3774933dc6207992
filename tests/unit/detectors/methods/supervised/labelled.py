import numpy as np

from detectors.methods.port import EmbeddedImage, LabelledDefect
from tests.unit.detectors.methods.reconstruction.trainings import SIDE, striped_images

SPOT = slice(24, 40)


def spot_mask() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[SPOT, SPOT] = True
    return mask


def spotted_defects(
    count: int, *, seed: int = 100, is_drawn: bool = True, kinds: tuple[str, ...] = ("spot",)
) -> list[LabelledDefect]:
    images = striped_images(count, seed=seed, spot=True)
    mask = spot_mask() if is_drawn else None
    return [LabelledDefect(image, mask, kinds[number % len(kinds)]) for number, image in enumerate(images)]


def mean_brightness(image: EmbeddedImage) -> float:
    return float(image.square.mean())
