"""Drawings of where a defect is: one colour on black, of the very size of its image."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors.decode import DecodeError, Decoder
from detectors.errors import DetectorError


class MaskError(DetectorError):
    """A mask does not say where its image's defect is."""


def read_mask(path: Path, decoder: Decoder, *, size: tuple[int, int], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask at a map's shape, True on a defect; raise MaskError unless it has two values and `size` (h, w)."""
    try:
        grey = decoder.decode(path).pixels[:, :, 0]
    except DecodeError as error:
        raise MaskError(f"The mask {path} cannot be read: {error}") from error
    if grey.shape != size:
        given, wanted = (f"{width} x {height}" for height, width in (grey.shape, size))
        raise MaskError(f"The mask {path} is {given} px and its image {wanted}.")
    if len(np.unique(grey)) > 2:  # noqa: PLR2004 - a defect or none
        raise MaskError(f"The mask {path} holds more than two values: draw the defect in one colour on black.")
    # Some sets draw with 1 and some with 255; anything above half is meant.
    drawn = Image.fromarray(grey > grey.max() / 2)
    return np.asarray(drawn.resize((shape[1], shape[0]), Image.Resampling.NEAREST), dtype=bool)
