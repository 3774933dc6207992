import numpy as np

from detectors.methods.port import EmbeddedImage, LabelledDefect
from detectors.methods.sampling.cycle import SamplingSchedule
from detectors.methods.sampling.samplers import Gait
from tests.unit.detectors.methods.reconstruction.trainings import SIDE, striped_images

SMALL = SamplingSchedule(
    cycles=3,
    updates=11,
    paid=2,
    defects=2,
    good=2,
    gait=Gait(walkers=3, moves=2, learning_rate=1e-2),
    autoencoder_rate=1e-2,
    look_every=1,
)


def spot_mask() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[24:40, 24:40] = True
    return mask


def marked_defects(count: int, *, seed: int = 5) -> list[LabelledDefect]:
    return [LabelledDefect(image, spot_mask(), "spot") for image in striped_images(count, seed=seed, spot=True)]


def good_images() -> list[EmbeddedImage]:
    return striped_images(14)


def held_out_images() -> list[EmbeddedImage]:
    return striped_images(3, seed=1)
