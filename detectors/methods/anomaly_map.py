"""From patch scores to a smooth map of the image."""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch.nn import functional

from detectors.methods.port import Floats

SIGMA = 4.0
PIXELS_A_PATCH = 4


def compute_anomaly_map(patches: Floats, side: int) -> Floats:
    """Return the (side, side) map of patch scores (h, w): bilinear, then Gaussian with sigma 4 (section 3.3).

    Many patches take a larger side: four pixels each, so that none drowns.
    """
    side = max(side, PIXELS_A_PATCH * max(patches.shape))
    grid = torch.from_numpy(np.ascontiguousarray(patches, dtype=np.float32))[None, None]
    large = functional.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False)
    smooth: Floats = gaussian_filter(large[0, 0].numpy(), sigma=SIGMA)
    return smooth
