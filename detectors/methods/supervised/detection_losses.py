"""The losses of a network that marks patches and judges images: truncated L1 and focal."""

import torch
from torch import Tensor
from torch.nn import functional

TRUNCATED_AT = 0.5
FOCUS = 4.0


def truncated_l1(scores: Tensor, is_defect: Tensor, *, bound: float = TRUNCATED_AT) -> Tensor:
    """Return the mean of max(0, t - s) over defective places plus that of max(0, t + s) over normal ones.

    scores s: any shape; is_defect: the same shape, bool; t: the bound past which a score is no longer pushed (Rolih et
    al. 2024, after SimpleNet, Liu et al. 2023, eq. 7). A side without places adds 0.
    """
    pushed_up, pushed_down = (bound - scores).clamp(min=0), (bound + scores).clamp(min=0)
    return _mean_where(pushed_up, is_defect) + _mean_where(pushed_down, ~is_defect)


def focal(scores: Tensor, is_defect: Tensor, *, focus: float = FOCUS) -> Tensor:
    """Return the mean of -(1 - p_t)^focus log p_t, p_t the sigmoid chance given to the truth (Lin et al. 2017, eq. 4).

    scores: log odds, any shape; is_defect: the same shape, bool.
    """
    signed = torch.where(is_defect, scores, -scores)
    return (torch.sigmoid(-signed) ** focus * functional.softplus(-signed)).mean()


def _mean_where(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum() / where.sum().clamp(min=1)
