"""The predictor: where a loss profile is that of a defect."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

PROFILE = 10
WIDTHS = (PROFILE, 16, 16, 8, 4)
DILATIONS = (1, 2, 4, 2)
SLOPE = 0.2
TURNS = 8
# The share of the training after which a normal cell's weight has fallen to its floor.
ANNEALED = 0.2


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of every cell: defective, normal, or neither (at a defect's rim); bool (N, h, w) each."""

    is_defect: Tensor
    is_normal: Tensor

    @property
    def defect_share(self) -> float:
        """The share of defective cells among those that are known."""
        return float(self.is_defect.sum() / (self.is_defect | self.is_normal).sum())


def build_predictor() -> nn.Sequential:
    """Return an untrained network of dilated convolutions from profiles (N, 10, h, w) to log odds (N, 1, h, w)."""
    layers: list[nn.Module] = []
    for (inputs, outputs), dilation in zip(pairwise(WIDTHS), DILATIONS, strict=True):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers, nn.Conv2d(WIDTHS[-1], 1, 3, padding=1))


def weighted_loss(log_odds: Tensor, marks: Marks, normal_weight: float) -> Tensor:
    """Return the weighted mean of the binary cross-entropy of log odds (N, h, w): a defective cell weighs 1."""
    weights = marks.is_defect + normal_weight * marks.is_normal
    losses = functional.binary_cross_entropy_with_logits(log_odds, marks.is_defect.float(), reduction="none")
    return (weights * losses).sum() / weights.sum()


def normal_weight_at(done: float, defect_share: float) -> float:
    """Return a normal cell's weight when a share `done` of the training is over: 1 falling to the defects' share.

    At that floor both kinds weigh alike; at the paper's 0 a predictor that calls everything a defect would be perfect.
    """
    return max(defect_share, 1 - done / ANNEALED)


def turn(planes: Tensor, number: int) -> Tensor:
    """Return planes (..., s, s) in one of the eight ways to lay a square down."""
    turned = torch.rot90(planes, number % 4, (-2, -1))
    return turned.flip(-1) if number >= TURNS // 2 else turned
