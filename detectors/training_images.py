"""The good images of a fit, read once: their patches, exposures and thumbnails, and which could not be read."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.augmentation import embed_copies
from detectors.camera.learning import CameraLearner
from detectors.decode import DecodeError, Decoder
from detectors.faults import Exposure, measure_exposure
from detectors.heatmap import render_thumbnail
from detectors.methods.port import NO_PLACE, EmbeddedImage, Floats, Origin, PatchGrid
from detectors.methods.registry import METHODS, TRAINED
from detectors.search import pick_images
from detectors.squares import shrink
from detectors.training_patches import MEMORY_BYTES, TrainingPatches
from detectors.viewing import Viewing
from storage.records import RejectReason

# Large enough to tell whether tiles help; as many images as fit in the bytes.
SEARCH_SIDE = 1536
SEARCH_BYTES = 200_000_000
MOST_THUMBNAILS = 1000
THUMBNAIL_SIDE = 128
# Decoded before they are looked at: no more, as one may take many megabytes.
AHEAD = 2
# Trainings hold every image and its patches at once.
TRAINING_BYTES = 600_000_000


@dataclass
class TrainingImages:
    """What one pass over the good images leaves.

    images: their patches beside their pixels, where the method is trained.
    """

    patches: TrainingPatches
    camera: CameraLearner
    used: list[Path] = field(default_factory=list)
    skipped: list[tuple[str, RejectReason]] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)
    images: list[EmbeddedImage] = field(default_factory=list)
    longest_side: int = 0


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """One file's pixels (H, W, 3), or why it has none, and its thumbnail as PNG."""

    path: Path
    pixels: NDArray[np.uint8] | RejectReason
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """How images are read: with what decoder, by which view, with what seed, in how much memory for patches."""

    decoder: Decoder
    viewing: Viewing
    seed: int
    memory_bytes: int = MEMORY_BYTES

    def look_through(self, images: Sequence[Path]) -> list[NDArray[np.uint8]]:
        """Return some of the images, small enough to be held in memory together."""
        found: dict[int, NDArray[np.uint8]] = {}
        picked = pick_images(len(images), self.seed)
        for index in np.random.default_rng(self.seed).permutation(picked).tolist():
            try:
                found[index] = shrink(self.decoder.decode(images[index]).pixels, SEARCH_SIDE)
            except DecodeError:
                continue
            if sum(pixels.nbytes for pixels in found.values()) > SEARCH_BYTES:
                break
        return [found[index] for index in sorted(found)]

    def read(self, images: Sequence[Path], progress: Callable[[int, int], None]) -> TrainingImages:
        """Read images, or as many as fit in memory, evenly spaced, where the method needs all patches of each."""
        images = self._as_many_as_fit(images)
        patches = TrainingPatches(len(images), seed=self.seed, memory_bytes=self.memory_bytes)
        read = TrainingImages(patches, CameraLearner(len(images)))
        for done, opened in enumerate(self._opened(images)):
            progress(done, len(images))
            self._take_in(opened, read)
        progress(len(images), len(images))
        return read

    def _opened(self, images: Sequence[Path]) -> Iterator[OpenedImage]:
        """Yield each image; the next ones are opened while the last one is looked at."""
        with ThreadPoolExecutor(1) as ahead:
            waiting = deque(ahead.submit(self._open, path) for path in images[:AHEAD])
            for number in range(len(images)):
                opened = waiting.popleft().result()
                if number + AHEAD < len(images):
                    waiting.append(ahead.submit(self._open, images[number + AHEAD]))
                yield opened

    def _open(self, path: Path) -> OpenedImage:
        try:
            pixels = self.decoder.decode(path).pixels
        except DecodeError as error:
            return OpenedImage(path, error.reason, b"")
        return OpenedImage(path, pixels, render_thumbnail(pixels, side=THUMBNAIL_SIDE))

    def grid(self, read: TrainingImages, index: int) -> PatchGrid:
        """Return all patches of one image, embedded again where it was thinned."""
        path = read.used[index]
        return read.patches.grid(index, lambda: self.viewing.embed(self.decoder.decode(path).pixels).grid)

    def copies(self, read: TrainingImages) -> list[list[PatchGrid]]:
        """Return the patches of altered copies of each image."""
        images = [shrink(self.decoder.decode(path).pixels, SEARCH_SIDE) for path in read.used]
        originals = [self.grid(read, index) for index in range(len(images))]
        return embed_copies(images, originals, lambda pixels: self.viewing.embed(pixels).grid, self.seed)

    def _take_in(self, opened: OpenedImage, read: TrainingImages) -> None:
        pixels = opened.pixels
        if isinstance(pixels, RejectReason):
            read.skipped.append((str(opened.path), pixels))
            return
        seen = self.viewing.embed(pixels)
        read.patches.add(seen.grid)
        if self.viewing.view.method in TRAINED:
            read.images.append(seen)
        read.used.append(opened.path)
        read.longest_side = max(read.longest_side, *pixels.shape[:2])
        read.exposures.append(measure_exposure(seen.square))
        read.camera.take_in(seen.square, max(pixels.shape[:2]))
        if len(read.thumbnails) < MOST_THUMBNAILS:
            read.thumbnails.append(opened.thumbnail)

    def _as_many_as_fit(self, images: Sequence[Path]) -> Sequence[Path]:
        view = self.viewing.view
        if view.method in METHODS and not METHODS[view.method].needs_whole_images:
            return images
        # As many patches as an image can have: a square one has most for its longer side.
        side = view.image_size * view.tiles
        seen = self.viewing.embed(np.zeros((side, side, 3), dtype=np.uint8))
        budget, each = self.memory_bytes, seen.grid.rows.nbytes
        if view.method in TRAINED:
            budget, each = TRAINING_BYTES, each + seen.square.nbytes
        most = budget // each
        if len(images) <= most:
            return images
        return [images[index * len(images) // most] for index in range(most)]


def with_copies(rows: Sequence[Floats], copies: Sequence[Sequence[PatchGrid]]) -> Sequence[Floats]:
    """Return each image's rows and those of its copies as one, so that both lie in the same fold."""
    if not copies:
        return rows
    return [np.concatenate([own, *(copy.rows for copy in its)]) for own, its in zip(rows, copies, strict=True)]


def origins_with_copies(origins: Sequence[Origin], copies: Sequence[Sequence[PatchGrid]]) -> Sequence[Origin]:
    """Return the origins of rows and their copies: a copy's patch has no place in the image it was made from."""
    if not copies:
        return origins
    counts = [sum(len(copy.rows) for copy in its) for its in copies]
    nowhere = [np.full(count, NO_PLACE, dtype=np.intp) for count in counts]
    return [Origin(own.image, np.append(own.patches, none)) for own, none in zip(origins, nowhere, strict=True)]
