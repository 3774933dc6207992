import pytest
import torch
from torch import Tensor
from torch.nn import functional

from detectors.methods.mutual import (
    aggregate_neighbourhoods,
    average_interval,
    merge_stages,
    nearest_distances,
    rescore,
    score_against,
    score_mutually,
)

COUNT, PATCHES, WIDTH = 10, 16, 8


def make_images(seed: int = 0) -> list[Tensor]:
    """Images of the same patches, each a little noisy and in an order of its own."""
    generator = torch.Generator().manual_seed(seed)
    normal = torch.randn(PATCHES, WIDTH, generator=generator)
    images = []
    for _ in range(COUNT):
        order = torch.randperm(PATCHES, generator=generator)
        noisy = normal[order] + 0.05 * torch.randn(PATCHES, WIDTH, generator=generator)
        images.append(functional.normalize(noisy, dim=1))
    return images


def score(images: list[Tensor]) -> Tensor:
    return score_mutually(images, lambda _: None)


def plain_scores(images: list[Tensor]) -> Tensor:
    """The same by one distance matrix over all patches of all images."""
    count, patches = len(images), len(images[0])
    all_distances = torch.cdist(torch.cat(images).double(), torch.cat(images).double())
    nearest = all_distances.reshape(count, patches, count, patches).amin(dim=3)
    kept = round(0.3 * (count - 1))
    rows = [
        torch.cat([nearest[one, :, :one], nearest[one, :, one + 1 :]], dim=1).sort(dim=1).values[:, :kept].mean(dim=1)
        for one in range(count)
    ]
    return torch.stack(rows)


def test_finds_a_planted_patch() -> None:
    images = make_images()
    images[3][5] = functional.normalize(-images[3].sum(dim=0), dim=0)

    scores = score(images)

    assert divmod(int(scores.argmax()), PATCHES) == (3, 5)
    assert scores[3, 5] > 3 * scores.flatten().sort().values[-2]


def test_pair_by_pair_is_what_one_great_matrix_gives() -> None:
    images = make_images()

    torch.testing.assert_close(score(images).double(), plain_scores(images), atol=1e-5, rtol=1e-4)


def test_images_in_another_order_have_the_same_scores() -> None:
    images = make_images()
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(1))

    torch.testing.assert_close(score([images[index] for index in order]), score(images)[order])


def test_a_pair_is_measured_both_ways_at_once() -> None:
    left, right = make_images()[:2]

    there, back = nearest_distances(left, right[:9])

    forth, behind = nearest_distances(right[:9], left)
    assert torch.allclose(forth, back, atol=1e-5)
    assert torch.allclose(behind, there, atol=1e-5)
    assert (len(there), len(back)) == (PATCHES, 9)


def test_copies_are_no_distance_apart() -> None:
    one = make_images()[0]

    assert score([one, one.clone(), one.clone()]).max() == 0


def test_a_defect_that_a_third_of_the_images_share_stands_out_less() -> None:
    odd = functional.normalize(-make_images()[0].sum(dim=0), dim=0)
    alone, shared = make_images(), make_images()
    alone[0][0] = odd
    for image in shared[:5]:
        image[0] = odd

    assert score(shared)[0, 0] == 0
    assert score(alone)[0, 0] > 0.3


def test_an_image_outside_the_batch_is_scored_as_one_inside() -> None:
    images = make_images()

    outside = score_against(images[0], images[1:])

    torch.testing.assert_close(outside, score(images)[0])


def test_takes_the_lowest_three_of_ten() -> None:
    distances = torch.arange(10.0).reshape(10, 1).flip(0)

    assert average_interval(distances).item() == 1.0


def test_tells_how_far_it_is() -> None:
    told: list[int] = []

    score_mutually(make_images(), told.append)

    assert told == list(range(1, COUNT + 1))


@pytest.mark.parametrize("degree", [1, 3, 5])
def test_neighbourhoods_are_means_of_what_lies_inside_the_image(degree: int) -> None:
    stage = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(0))
    reach = degree // 2

    rows = aggregate_neighbourhoods(stage, degree)

    for row, column in ((0, 0), (3, 4), (5, 6)):
        inside = stage[0, :, max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        torch.testing.assert_close(rows[row * 7 + column], functional.normalize(inside.mean(dim=(1, 2)), dim=0))


def test_one_neighbour_changes_no_score() -> None:
    scores = torch.tensor([1.0, 5.0, 2.0])

    assert torch.equal(rescore(scores, torch.rand(3, 4), 1), scores)


def test_an_image_takes_part_in_the_scores_of_those_like_it() -> None:
    features = torch.tensor([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0], [0.02, 1.0]])

    shared = rescore(torch.tensor([4.0, 2.0, 1.0, 1.0]), features, 2)

    # Windows of one (4) and of two (their mean, 3).
    torch.testing.assert_close(shared, torch.tensor([3.5, 2.5, 1.0, 1.0]), atol=1e-3, rtol=0)


def test_more_neighbours_than_images_are_all_of_them() -> None:
    scores, features = torch.tensor([1.0, 3.0]), torch.ones(2, 4)

    assert rescore(scores, features, 9).tolist() == [1.5, 2.5]


def test_stages_meet_on_the_finest_grid() -> None:
    fine, coarse = torch.rand(4, 6), torch.full((2, 3), 5.0)

    torch.testing.assert_close(merge_stages([fine, coarse]), (fine + 5) / 2)
