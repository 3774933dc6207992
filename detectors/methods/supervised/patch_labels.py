"""Which patches a labelled defect calls abnormal, and which it calls normal."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from detectors.methods.port import Floats

COVERED = 0.5
OF_THE_MOST = 0.7


def mask_cover(mask: NDArray[np.bool_], height: int, width: int) -> Floats:
    """Return the share (height, width) of each patch that a mask (S, S) covers."""
    square = torch.from_numpy(mask.astype(np.float32))[None, None]
    cover: Floats = functional.adaptive_avg_pool2d(square, (height, width))[0, 0].numpy()
    return cover


def patch_labels(mask: NDArray[np.bool_], height: int, width: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the flat patches that are defective and those that are normal, (height * width,) each.

    A patch is defective where half of it is covered; a defect too small to cover half of any gives the patches that it
    covers most. Patches barely touched are neither. An empty mask calls every patch normal.
    """
    cover = mask_cover(mask, height, width).ravel()
    bar = min(COVERED, OF_THE_MOST * float(cover.max()))
    return (cover >= bar) & (cover > 0), cover == 0
