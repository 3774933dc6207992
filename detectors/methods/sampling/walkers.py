"""Where patches are taken: places in pictures, the nine moves between them, and what is seen from there.

Places are in cells of 2 x 2 pixels; a patch covers 16 x 16 cells, a view 32 x 32 round it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from detectors.methods.sampling.patch_autoencoder import CELL, PATCH

PATCH_CELLS = PATCH // CELL
VIEW_CELLS = 2 * PATCH_CELLS
MARGIN = (VIEW_CELLS - PATCH_CELLS) // 2
# The paper's 24 px for patches of 64 px.
STRIDE = 6
MOVES = torch.tensor([(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]) * STRIDE
ANOTHER_PICTURE = len(MOVES)
ACTIONS = ANOTHER_PICTURE + 1


@dataclass(frozen=True, slots=True)
class Places:
    """Where each of W walkers is: its picture, and its patch's top and left cell; int64 (W,) each."""

    picture: Tensor
    top: Tensor
    left: Tensor


def draw_places(count: int, shape: tuple[int, int], generator: torch.Generator) -> Places:
    """Return places drawn evenly from `shape`: so many pictures, of so many cells a side."""
    pictures, side = shape
    last = side - PATCH_CELLS + 1
    return Places(
        torch.randint(pictures, (count,), generator=generator),
        torch.randint(last, (count,), generator=generator),
        torch.randint(last, (count,), generator=generator),
    )


def move(places: Places, actions: Tensor, shape: tuple[int, int], generator: torch.Generator) -> Places:
    """Return where actions (W,) lead: 0 to 7 to a neighbouring patch, stopped at the edge; 8 to another picture."""
    elsewhere = draw_places(len(actions), shape, generator)
    jumps = actions == ANOTHER_PICTURE
    steps = MOVES[actions.clamp(max=ANOTHER_PICTURE - 1)]
    last = shape[1] - PATCH_CELLS
    return Places(
        torch.where(jumps, elsewhere.picture, places.picture),
        torch.where(jumps, elsewhere.top, (places.top + steps[:, 0]).clamp(0, last)),
        torch.where(jumps, elsewhere.left, (places.left + steps[:, 1]).clamp(0, last)),
    )


def cut_patches(pictures: Tensor, places: Places) -> Tensor:
    """Return the patches (W, 3, 32, 32) of pictures (N, 3, S, S) at the walkers' places."""
    return _cut(pictures, places.picture, CELL * places.top, CELL * places.left, PATCH)


def cut_views(planes: Tensor, places: Places) -> Tensor:
    """Return what lies round the patches in planes (N, C, s, s) of cells: (W, C, 32, 32); the edge goes on beyond."""
    return _cut(planes, places.picture, places.top - MARGIN, places.left - MARGIN, VIEW_CELLS)


def mean_in_patches(plane: Tensor, places: Places) -> Tensor:
    """Return the means (W,) over the patches of a plane (N, s, s) of cells."""
    return _cut(plane[:, None], places.picture, places.top, places.left, PATCH_CELLS).mean(dim=(1, 2, 3))


def count_visits(visits: Tensor, places: Places) -> None:
    """Add 1 to visits (N, s, s) all over each walker's patch."""
    for patch in _patches_of(visits, places):
        patch.add_(1)


def keep_losses(plane: Tensor, places: Places, losses: Tensor) -> None:
    """Write the losses (W, 16, 16) of the walkers' patches into a plane (N, s, s)."""
    for patch, seen in zip(_patches_of(plane, places), losses, strict=True):
        patch.copy_(seen)


def sobel_magnitude(grey: Tensor) -> Tensor:
    """Return the length of Sobel's gradient of planes (N, s, s) of values 0 to 1: (N, s, s)."""
    across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack([across, across.T])[:, None]
    padded = functional.pad(grey[:, None], (1, 1, 1, 1), mode="replicate")
    return functional.conv2d(padded, kernels).square().sum(dim=1).sqrt()


def _patches_of(plane: Tensor, places: Places) -> list[Tensor]:
    """Return each walker's patch, a part of the plane itself."""
    corners = zip(places.picture.tolist(), places.top.tolist(), places.left.tolist(), strict=True)
    return [plane[picture, top : top + PATCH_CELLS, left : left + PATCH_CELLS] for picture, top, left in corners]


def _cut(planes: Tensor, picture: Tensor, top: Tensor, left: Tensor, side: int) -> Tensor:
    steps = torch.arange(side)
    rows = (top[:, None] + steps).clamp(0, planes.shape[2] - 1)
    columns = (left[:, None] + steps).clamp(0, planes.shape[3] - 1)
    found = planes[picture[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return found.permute(0, 3, 1, 2)
