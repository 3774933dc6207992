import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.augmentation import CHANGES, FEW, FLIPS, Change, choose_changes, copies_each, embed_copies, make_copies
from detectors.methods.port import PatchGrid

Pixels = NDArray[np.uint8]


def smooth_image(seed: int, shape: tuple[int, int] = (48, 64)) -> Pixels:
    """Return a picture that no mirror leaves as it is: brighter to the right and to the bottom, with some noise."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    noise = np.random.default_rng(seed).normal(0, 2, shape)
    return np.repeat((60 + rows + 2 * columns + noise).clip(0, 255)[..., None], 3, axis=2).astype(np.uint8)


def embed_gradients(image: Pixels) -> PatchGrid:
    """Return how much each 8 x 8 patch brightens to the right and to the bottom (2,)."""
    grey = image.mean(axis=2)
    across, down = np.diff(grey, axis=1)[:-1], np.diff(grey, axis=0)[:, :-1]
    cells = np.stack([across, down], axis=2)[:40, :56].reshape(5, 8, 7, 8, 2).mean(axis=(1, 3))
    return PatchGrid(cells.reshape(35, 2).astype(np.float32), 5, 7)


def embed_pixels(image: Pixels) -> PatchGrid:
    """Return the mean levels of a patch's left and right halves (2,), 8 x 8 pixels a patch."""
    halves = image.mean(axis=2).reshape(6, 8, -1, 2, 4).mean(axis=(1, 4))
    return PatchGrid(halves.reshape(-1, 2).astype(np.float32), halves.shape[0], halves.shape[1])


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def chosen(images: list[Pixels]) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    return choose_changes(images, [embed_gradients(image) for image in images], embed_gradients, generator())


def test_copies_are_like_the_image_but_never_the_same() -> None:
    image = smooth_image(0)

    copies = make_copies(image, 6, CHANGES, (), generator())

    assert {copy.shape for copy in copies} == {image.shape}
    assert len({copy.tobytes() for copy in [image, *copies]}) == 7
    assert max(float(np.abs(copy.astype(int) - image).mean()) for copy in copies) < 20


def test_brings_no_black_corner_into_view() -> None:
    image = np.full((40, 60, 3), 200, dtype=np.uint8)

    darkest = [int(copy.min()) for copy in make_copies(image, 20, CHANGES, (), generator())]

    assert min(darkest) > 200 * 0.94 * 0.94 - 2


def test_the_same_seed_gives_the_same_copies() -> None:
    first, second, other = (
        make_copies(smooth_image(0), 2, CHANGES, FLIPS, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )

    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_mirrors_alone_give_one_copy_each() -> None:
    assert len(make_copies(smooth_image(0), 7, (), FLIPS, generator())) == 3
    assert make_copies(smooth_image(0), 7, (), (), generator()) == []


def test_mirrors_in_turn() -> None:
    image = smooth_image(0)

    copies = make_copies(image, 4, CHANGES, FLIPS, generator())

    brightens_right = [float(np.diff(copy.mean(axis=2), axis=1).mean()) > 0 for copy in copies]
    brightens_down = [float(np.diff(copy.mean(axis=2), axis=0).mean()) > 0 for copy in copies]
    assert (brightens_right, brightens_down) == ([False, True, False, True], [True, False, False, True])


@pytest.mark.parametrize("count", [1, 4])
def test_mirrors_nothing_that_would_look_odd(count: int) -> None:
    _, flips = chosen([smooth_image(seed) for seed in range(count)])

    assert flips == ()


def test_mirrors_what_comes_both_ways_round() -> None:
    images = [smooth_image(0), smooth_image(1), smooth_image(2)[:, ::-1], smooth_image(3)[:, ::-1]]

    _, flips = chosen(images)

    assert flips == FLIPS[:1]


def test_changes_only_in_ways_that_look_as_normal_as_the_images_do() -> None:
    stripes = np.repeat(np.tile(np.repeat([60, 180], 8), 4)[None, :, None], 48, axis=0).repeat(3, axis=2)
    still = [(stripes + seed).astype(np.uint8) for seed in range(2)]

    changes, _ = choose_changes(still, [embed_pixels(one) for one in still], embed_pixels, generator())

    assert {change.__name__ for change in changes}.isdisjoint({"turn", "shift", "scale"})


def test_several_images_show_by_themselves_how_they_vary() -> None:
    assert chosen([smooth_image(0)])[0] == CHANGES
    assert chosen([smooth_image(seed) for seed in range(3)])[0] == ()


def test_gives_each_image_the_same_number_of_copies_and_enough_images_none() -> None:
    assert [copies_each(count) for count in (1, 4, 8, FEW - 1, FEW)] == [11, 7, 3, 1, 0]

    image = smooth_image(0)
    [copies] = embed_copies([image], [embed_gradients(image)], embed_gradients, 0)

    assert len(copies) == 11
