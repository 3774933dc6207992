import pytest
import torch

from detectors.methods.sampling.walkers import (
    ACTIONS,
    ANOTHER_PICTURE,
    PATCH_CELLS,
    STRIDE,
    Places,
    count_visits,
    cut_patches,
    cut_views,
    draw_places,
    keep_losses,
    mean_in_patches,
    move,
    sobel_magnitude,
)

SHAPE = (5, 64)


def one_at(top: int, left: int, picture: int = 0) -> Places:
    return Places(torch.tensor([picture]), torch.tensor([top]), torch.tensor([left]))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_has_eight_moves_that_lead_eight_ways_within_the_picture() -> None:
    start = one_at(20, 20, picture=3)

    ends = [move(start, torch.tensor([action]), SHAPE, generator()) for action in range(ANOTHER_PICTURE)]

    steps = {(int(end.top) - 20, int(end.left) - 20) for end in ends}
    assert ACTIONS == 9
    assert len(steps) == 8
    assert all(max(abs(down), abs(right)) == STRIDE for down, right in steps)
    assert all(int(end.picture) == 3 for end in ends)


def test_stops_at_the_edge() -> None:
    ends = [move(one_at(46, 1), torch.tensor([action]), SHAPE, generator()) for action in range(ANOTHER_PICTURE)]

    assert all(0 <= int(end.top) <= 64 - PATCH_CELLS for end in ends)
    assert all(0 <= int(end.left) <= 64 - PATCH_CELLS for end in ends)


def test_draws_a_new_picture_and_place_by_the_ninth_action() -> None:
    start = Places(torch.zeros(200, dtype=torch.int64), torch.full((200,), 7), torch.full((200,), 7))

    end = move(start, torch.full((200,), ANOTHER_PICTURE), SHAPE, generator())

    assert set(end.picture.tolist()) == set(range(5))
    assert len(set(end.top.tolist())) > 20


def test_draws_places_whose_patches_lie_within_the_picture() -> None:
    places = draw_places(500, (2, PATCH_CELLS + 1), generator())

    assert set(places.top.tolist()) == set(places.left.tolist()) == {0, 1}


def test_cuts_the_patch_that_a_place_names() -> None:
    pictures = torch.arange(2 * 3 * 128 * 128).reshape(2, 3, 128, 128).float()

    patch = cut_patches(pictures, one_at(5, 9, picture=1))

    assert torch.equal(patch[0], pictures[1, :, 10:42, 18:50])


def test_sees_the_patch_in_the_middle_of_its_view_and_the_edge_beyond_the_edge() -> None:
    planes = torch.rand(1, 2, 64, 64)

    inside, corner = cut_views(planes, one_at(20, 30)), cut_views(planes, one_at(0, 0))

    assert torch.equal(inside[0], planes[0, :, 12:44, 22:54])
    assert torch.equal(corner[0, :, 8:, 8:], planes[0, :, :24, :24])
    assert torch.equal(corner[0, :, 0, 0], planes[0, :, 0, 0])


def test_counts_visits_and_keeps_losses_where_the_patch_lies() -> None:
    visits, losses, place = torch.zeros(2, 64, 64), torch.zeros(2, 64, 64), one_at(4, 6, picture=1)

    count_visits(visits, place)
    count_visits(visits, place)
    keep_losses(losses, place, torch.full((1, PATCH_CELLS, PATCH_CELLS), 0.3))

    assert float(visits.sum()) == 2 * PATCH_CELLS**2
    assert float(mean_in_patches(visits, place)) == 2
    assert float(mean_in_patches(losses, place)) == pytest.approx(0.3)
    assert float(visits[0].sum() + losses[0].sum()) == 0


def test_measures_edges_and_not_brightness() -> None:
    plane = torch.zeros(1, 8, 8)
    plane[:, :, 4:] = 1.0

    edges = sobel_magnitude(plane)

    assert edges.shape == (1, 8, 8)
    assert torch.all(edges[0, :, 3:5] == 4.0)
    assert float(edges[0, :, :3].sum() + edges[0, :, 5:].sum()) == 0
