import pytest
import torch

from detectors.methods.reconstruction.patch_blocks import join_blocks, split_blocks, token_side


@pytest.mark.parametrize("height", [4, 5])
def test_splits_what_it_joined(height: int) -> None:
    patches = torch.randn(2, height, height, 3)

    assert torch.equal(split_blocks(join_blocks(patches), height), patches)


def test_joins_neighbours() -> None:
    patches = torch.arange(16.0).reshape(1, 4, 4, 1)

    assert join_blocks(patches)[0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


def test_counts_the_tokens_of_a_side() -> None:
    assert (token_side(32), token_side(7)) == (16, 4)
