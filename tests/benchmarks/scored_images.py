"""Real images scored by a real fit, as a worker would record them: what benchmarks of alerting start from."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.sources import DetectorSettings, LimitSettings
from detectors.decode import Decoder
from detectors.fitting import fit_detector
from detectors.heatmap import render_crop, render_heatmap
from detectors.scoring import Detector, ScoredImage, load_detector
from storage.blobs import BlobStore
from storage.records import NewInspection

Pixels = NDArray[np.uint8]
NOISE = 3.0
MOST_SHIFT = 3
FIELD_SIDE = 1024
CROPS = 3


@dataclass(frozen=True, slots=True)
class Fitted:
    """A detector and a decoder for its images."""

    detector: Detector
    decoder: Decoder

    def look(self, path: Path, chance: np.random.Generator | None = None) -> tuple[Pixels, ScoredImage]:
        """Decode and score a file, as it is or as it would look in another shot."""
        pixels = self.decoder.decode(path).pixels
        if chance is not None:
            pixels = another_shot(pixels, chance)
        return pixels, self.detector.inspect(pixels)


@contextmanager
def fitted(
    images: Sequence[Path], *, preset: str, seed: int, threads: int, weights_dir: Path, rate: float = 0.01
) -> Iterator[Fitted]:
    """Yield one detector fitted on these good images, for as long as its files are needed."""
    settings = DetectorSettings.model_validate(
        {"preset": preset, "seed": seed, "threads": threads, "promised_rate": rate}
    )
    with Decoder(LimitSettings()) as decoder, tempfile.TemporaryDirectory() as folder:
        made = fit_detector(
            images,
            decoder=decoder,
            settings=settings,
            bit_depth=None,
            weights_dir=weights_dir,
            progress=lambda _stage, _done, _total: None,
        )
        made.save(Path(folder) / "bundle")
        yield Fitted(load_detector(Path(folder) / "bundle", weights_dir=weights_dir, threads=threads), decoder)


def another_shot(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Return pixels as of another photograph of the same thing: sensor noise and a shift of a few pixels."""
    down, across = chance.integers(-MOST_SHIFT, MOST_SHIFT + 1, size=2)
    moved = np.roll(pixels, (int(down), int(across)), axis=(0, 1))
    noisy: Pixels = np.clip(moved + _noise_of(moved.shape, chance), 0, 255).astype(np.uint8)
    return noisy


def _noise_of(shape: tuple[int, ...], chance: np.random.Generator) -> NDArray[np.int16]:
    """Cut noise (H, W, 3) out of a field at a random place: drawing it anew takes longer than to score the image."""
    down, across = chance.integers(0, FIELD_SIDE, size=2)
    rows, columns = np.arange(down, down + shape[0]), np.arange(across, across + shape[1])
    return _field().take(rows, axis=0, mode="wrap").take(columns, axis=1, mode="wrap")


@cache
def _field() -> NDArray[np.int16]:
    drawn = np.random.default_rng(0).normal(0, NOISE, (FIELD_SIDE, FIELD_SIDE, 3))
    return np.rint(drawn).astype(np.int16)


def as_new(scored: ScoredImage, pixels: Pixels, detector: Detector, blobs: BlobStore | None = None) -> NewInspection:
    """Return what a worker records of a scored image; pictures only where there is a store for them."""
    return NewInspection(
        score=scored.score,
        threshold=scored.threshold,
        p_value=scored.p_value,
        verdict=scored.verdict,
        fault=scored.fault,
        regions=scored.regions,
        milliseconds=scored.milliseconds,
        width=pixels.shape[1],
        height=pixels.shape[0],
        vectors=scored.vectors.tobytes(),
        embedding_space=detector.embedding_space,
        heatmap=blobs.put(render_heatmap(pixels, scored)) if blobs else None,
        crops=tuple(blobs.put(render_crop(pixels, region)) for region in scored.regions[:CROPS]) if blobs else (),
    )
