"""The network of SuperSimpleNet on frozen patch features: an adaptor, a head for patches, a head for the image."""

import torch
from torch import Tensor, nn

MARKING_WIDTH = 128
JUDGING_WIDTH = 32
JUDGING_REACH = 5


class SimpleNetwork(nn.Module):
    """Adapt features (N, D, h, w) linearly, give every patch a score, and the image one from patches and scores."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.adaptor = nn.Conv2d(dimensions, dimensions, 1)
        self.marking = nn.Sequential(
            nn.Conv2d(dimensions, MARKING_WIDTH, 1),
            nn.BatchNorm2d(MARKING_WIDTH),
            nn.ReLU(),
            nn.Conv2d(MARKING_WIDTH, 1, 1, bias=False),
        )
        self.judging = nn.Sequential(
            nn.Conv2d(dimensions + 1, JUDGING_WIDTH, JUDGING_REACH, padding=JUDGING_REACH // 2, bias=False),
            nn.BatchNorm2d(JUDGING_WIDTH),
            nn.ReLU(),
        )
        self.verdict = nn.Linear(2 * JUDGING_WIDTH + 2, 1)

    def adapt(self, features: Tensor) -> Tensor:
        """Return adapted features (N, D, h, w), where feature noise belongs."""
        adapted: Tensor = self.adaptor(features)
        return adapted

    def judge(self, adapted: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores of patches (N, h, w) and of images (N,), both log odds of a defect."""
        marks = self.marking(adapted)
        seen = self.judging(torch.cat([adapted, marks], dim=1))
        pooled = torch.cat([_pool(seen), _pool(marks)], dim=1)
        return marks[:, 0], self.verdict(pooled)[:, 0]


def _pool(planes: Tensor) -> Tensor:
    """Return each plane's mean and maximum (N, 2 C)."""
    return torch.cat([planes.mean(dim=(2, 3)), planes.amax(dim=(2, 3))], dim=1)
