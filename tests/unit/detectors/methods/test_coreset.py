import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from detectors.methods import squared_distances
from detectors.methods.coreset import extend_choice, in_whole_numbers, pick_rows, random_projection, subsample_embedding


def plain_greedy(rows: torch.Tensor, count: int, first: int) -> list[int]:
    nearest = (rows - rows[first]).square().sum(dim=1)
    chosen = [first]
    while len(chosen) < count:
        pick = int(nearest.argmax())
        chosen.append(pick)
        nearest = torch.minimum(nearest, (rows - rows[pick]).square().sum(dim=1))
    return chosen


def random_rows(count: int, dimensions: int, seed: int) -> torch.Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("candidates", [1, 2, 64, 256, 4000])
def test_picks_what_the_plain_greedy_picks(candidates: int) -> None:
    rows = random_rows(3000, 12, seed=1)

    picks = subsample_embedding(rows, 400, first=7, candidates=candidates)

    assert picks.tolist() == plain_greedy(rows, 400, 7)


def test_picks_the_same_among_clusters_with_outliers_across_pieces() -> None:
    rows = random_rows(20_000, 8, seed=2) * 0.1
    rows += random_rows(40, 8, seed=3)[torch.arange(20_000) % 40] * 5
    rows[::997] *= 4

    assert subsample_embedding(rows, 150, first=0).tolist() == plain_greedy(rows, 150, 0)


@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 1000), st.data())
def test_picks_the_same_for_any_small_set(count: int, dimensions: int, seed: int, data: st.DataObject) -> None:
    rows = random_rows(count, dimensions, seed)
    wanted = data.draw(st.integers(1, count))
    first = data.draw(st.integers(0, count - 1))

    assert subsample_embedding(rows, wanted, first=first, candidates=5).tolist() == plain_greedy(rows, wanted, first)


@pytest.mark.parametrize("candidates", [1, 3, 256])
@pytest.mark.parametrize("in_bytes", [True, False])
def test_picks_what_the_plain_greedy_picks_in_whole_numbers(
    candidates: int, *, in_bytes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_bytes:
        monkeypatch.setattr(squared_distances, "has_exact_byte_products", lambda: False)
    rows = in_whole_numbers(random_rows(6000, 16, seed=8))
    rows[100:140] = rows[0]

    picks = subsample_embedding(rows, 300, first=7, candidates=candidates)

    assert picks.tolist() == plain_greedy(rows.double(), 300, 7)


@given(st.integers(1, 60), st.integers(1, 4), st.integers(0, 1000), st.data())
def test_of_rows_equally_far_picks_the_first(count: int, dimensions: int, seed: int, data: st.DataObject) -> None:
    coarse = random_rows(count, dimensions, seed).clamp(-1, 1).round().to(torch.int8)
    wanted = data.draw(st.integers(1, len({*map(tuple, coarse.tolist())})))

    picks = subsample_embedding(coarse, wanted, first=0, candidates=5)

    assert picks.tolist() == plain_greedy(coarse.double(), wanted, 0)


def test_whole_numbers_keep_distances_but_for_the_few_farthest_out() -> None:
    rows = random_rows(3000, 8, seed=9) * 1e-3
    rows[0, 0] *= 1000

    whole = in_whole_numbers(rows)

    assert (whole.dtype, int(whole.abs().max())) == (torch.int8, 127)
    ratio = torch.pdist(whole[1:200].double()) / torch.pdist(rows[1:200])
    assert float(ratio.std() / ratio.mean()) < 0.02
    assert in_whole_numbers(torch.zeros(3, 2)).tolist() == [[0, 0]] * 3


def test_never_picks_a_row_twice_even_among_copies() -> None:
    rows = torch.cat([torch.zeros(30, 4), torch.ones(30, 4)])

    assert sorted(subsample_embedding(rows, 60, first=3)) == list(range(60))


def test_covers_better_than_chance() -> None:
    rows = random_rows(2000, 6, seed=4)
    chance = torch.randperm(2000, generator=torch.Generator().manual_seed(0))[:100]
    greedy = torch.from_numpy(subsample_embedding(rows, 100, first=0))

    def radius(picks: torch.Tensor) -> float:
        return float(torch.cdist(rows, rows[picks]).amin(dim=1).max())

    assert radius(greedy) < 0.8 * radius(chance)


@pytest.mark.parametrize("count", [0, 11])
def test_refuses_a_count_it_cannot_give(count: int) -> None:
    with pytest.raises(ValueError, match="cannot choose"):
        subsample_embedding(torch.zeros(10, 2), count, first=0)


def test_a_projection_keeps_distances_about_the_same() -> None:
    rows = torch.randn(200, 500, generator=torch.Generator().manual_seed(5))
    projected = rows @ random_projection(500, torch.Generator().manual_seed(6))

    ratio = torch.pdist(projected) / torch.pdist(rows)

    assert abs(float(ratio.mean()) - 1) < 0.05
    assert torch.equal(random_projection(10, torch.Generator()), torch.eye(10))


def test_thinning_keeps_so_many_rows_in_their_order() -> None:
    rows = np.random.default_rng(0).random((50, 100), dtype=np.float32)

    kept = pick_rows(rows, 10, torch.Generator().manual_seed(0))

    assert len(set(kept.tolist())) == 10
    assert kept.tolist() == sorted(kept.tolist())
    assert pick_rows(rows, 50, torch.Generator()).tolist() == list(range(50))


def test_goes_on_from_rows_chosen_before_as_the_plain_greedy_would() -> None:
    rows = in_whole_numbers(random_rows(2000, 8, seed=11))
    nearest = torch.cdist(rows.double(), rows[:50].double()).amin(dim=1)
    expected = []
    for _ in range(80):
        expected.append(int(nearest.argmax()))
        nearest = torch.minimum(nearest, (rows.double() - rows[expected[-1]].double()).norm(dim=1))

    assert extend_choice(rows, 50, 80).tolist() == expected
    with pytest.raises(ValueError, match="cannot add"):
        extend_choice(rows, 50, 1951)
