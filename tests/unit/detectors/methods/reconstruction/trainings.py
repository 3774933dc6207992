from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from detectors.methods.port import EmbeddedImage, PatchGrid, Training

SIDE = 64
GRID = 8
DIMENSIONS = 6


@dataclass
class MemoryCheckpoints:
    saved: list[dict[str, Tensor]] = field(default_factory=list)

    def load(self) -> dict[str, Tensor] | None:
        return self.saved[-1] if self.saved else None

    def save(self, state: dict[str, Tensor]) -> None:
        self.saved.append({name: tensor.clone() for name, tensor in state.items()})


def make_training(
    *, seed: int = 0, seconds: float = 60.0, checkpoints: MemoryCheckpoints | None = None, stop_at: int | None = None
) -> Training:
    def progress(done: int, _: int) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    return Training(seed, seconds, progress, checkpoints or MemoryCheckpoints())


def striped_images(count: int, *, seed: int = 0, spot: bool = False) -> list[EmbeddedImage]:
    """Stripes whose phase changes from image to image; a spot breaks them in picture and patches alike."""
    random = np.random.default_rng(seed)
    return [_striped(random, spot=spot) for _ in range(count)]


def _striped(random: np.random.Generator, *, spot: bool) -> EmbeddedImage:
    wave = np.sin(np.arange(SIDE) / 6 + random.uniform(0, 2 * np.pi))
    picture = np.repeat((128 + 60 * wave)[None, :, None], SIDE, axis=0).repeat(3, axis=2)
    picture = picture + random.normal(0, 3, picture.shape)
    if spot:
        picture[24:40, 24:40] = random.choice([0.0, 255.0], (16, 16, 1))
    square = picture.clip(0, 255).astype(np.uint8)
    blocks = square[..., 0].reshape(GRID, SIDE // GRID, GRID, SIDE // GRID) / 255
    mean, spread = blocks.mean(axis=(1, 3)), blocks.std(axis=(1, 3))
    rows = np.stack([mean, spread, mean**2, mean * spread, mean - spread, np.sqrt(mean)], axis=-1)
    return EmbeddedImage(square, PatchGrid(rows.reshape(GRID * GRID, DIMENSIONS).astype(np.float32), GRID, GRID))


def is_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
