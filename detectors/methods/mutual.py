"""An unlabelled batch scores itself: a patch is odd where few other images hold one like it.

Li, Huang, Xue, Zhou: *MuSc: Zero-Shot Industrial Anomaly Classification and Segmentation with Mutual Scoring of the
Unlabeled Images*, ICLR 2024. Normal patches find their like in most images of the batch, defects in few.
"""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

# A patch is judged by the images that know it best, so that parts may differ and defects may repeat.
INTERVAL_SHARE = 0.3
# Below this a distance of unit vectors is the rounding of float32, not a difference.
ROUNDING = 1e-3


def aggregate_neighbourhoods(stage: Tensor, degree: int) -> Tensor:
    """Return unit rows (h * w, C) of one stage (1, C, h, w), each averaged over degree x degree patches.

    One degree of the paper's LNAMD; degree is odd, 1 leaves patches alone. Beyond the edge nothing is counted.
    """
    smooth = functional.avg_pool2d(stage, degree, 1, degree // 2, count_include_pad=False)
    return functional.normalize(smooth[0].flatten(1).T, dim=1)


def nearest_distances(left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distance of each unit row of `left` (P, D) to its nearest of `right` (Q, D), and the reverse.

    One product of P x Q serves both ways.
    """
    similarities = left @ right.T
    return _distance(similarities.amax(dim=1)), _distance(similarities.amax(dim=0))


def average_interval(distances: Tensor) -> Tensor:
    """Return, over the images (R, P), the mean of the lowest 30 % of each patch's distances: (P,)."""
    count = max(1, round(INTERVAL_SHARE * len(distances)))
    return distances.topk(count, dim=0, largest=False, sorted=False).values.mean(dim=0)


def score_mutually(images: Sequence[Tensor], told: Callable[[int], None]) -> Tensor:
    """Return the score of every patch (N, P) among N >= 2 images of unit rows (P, D); told the images that are done.

    N (N - 1) / 2 products of P x P x D, one pair at a time (1 ms each at P = 1,024 and D = 40, one thread), and
    N x N x P distances in memory: 164 MB at N = 200.
    """
    distances = torch.empty(len(images), len(images), len(images[0]))
    for one in range(len(images)):
        distances[one, one] = torch.inf  # an image is never its own witness
        for other in range(one):
            distances[one, other], distances[other, one] = nearest_distances(images[one], images[other])
        told(one + 1)
    others = torch.arange(len(images))
    return torch.stack([average_interval(distances[one, others != one]) for one in range(len(images))])


def score_against(image: Tensor, references: Iterable[Tensor]) -> Tensor:
    """Return the score of every patch (P,) of one image outside the batch, against the images of the batch."""
    return average_interval(torch.stack([nearest_distances(image, other)[0] for other in references]))


def merge_stages(maps: Sequence[Tensor]) -> Tensor:
    """Return the mean over stages of patch scores, each (h, w), on the grid of the first, the finest."""
    size = [int(length) for length in maps[0].shape]
    aligned = [functional.interpolate(one[None, None], size=size, mode="bilinear", align_corners=False) for one in maps]
    return torch.cat(aligned).mean(dim=(0, 1))


def rescore(scores: Tensor, features: Tensor, neighbours: int) -> Tensor:
    """Return image scores (N,), each shared with the images most like it: the paper's RsCIN.

    features: (N, D), one row an image. Windows of 1, 2 ... `neighbours` images, the image itself the first, weigh the
    scores inside by cosine similarity; the mean over windows is taken. 1 changes nothing. N x N numbers in memory.
    """
    unit = functional.normalize(features, dim=1)
    # Cosines of network features are positive, but for rounding and for networks that do not end in a ReLU.
    similarities = (unit @ unit.T).clamp(min=0)
    similarities.fill_diagonal_(2.0)  # first, even among copies
    nearest = similarities.topk(min(neighbours, len(scores)), dim=1)
    weights = nearest.values.clamp(max=1)
    inside = (weights * scores[nearest.indices]).cumsum(dim=1) / weights.cumsum(dim=1)
    return inside.mean(dim=1)


def _distance(similarity: Tensor) -> Tensor:
    distance = (2 - 2 * similarity).clamp(min=0).sqrt()
    return torch.where(distance < ROUNDING, 0.0, distance)
