import pytest
import torch

from detectors.methods.sampling.patch_autoencoder import PATCH
from detectors.methods.sampling.samplers import Gait, LearnedSampler, Sampler, UniformSampler
from detectors.methods.sampling.walkers import PATCH_CELLS

GAIT = Gait(walkers=4, moves=2, learning_rate=1e-2)
UPDATES = 3


def pictures() -> torch.Tensor:
    """Three pictures, flat but for the last, which is full of edges."""
    planes = torch.full((3, 3, 128, 128), 0.5)
    planes[2] = (torch.arange(128) // 4 % 2).float()
    return planes


def make_learned() -> LearnedSampler:
    return LearnedSampler(pictures(), torch.zeros(3, 64, 64), gait=GAIT, updates=UPDATES, seed=0)


def run_a_cycle(sampler: Sampler, generator: torch.Generator, *, balance: float, reward: float = 0.0) -> float:
    sampler.start(generator)
    for _ in range(UPDATES):
        sampler.gather(generator)
        sampler.see(torch.zeros(8, PATCH_CELLS, PATCH_CELLS))
        sampler.credit(reward)
    return sampler.learn(balance)[1]


@pytest.mark.parametrize("sampler", [make_learned(), UniformSampler(pictures(), GAIT)], ids=["learned", "uniform"])
def test_gathers_as_many_patches_as_walkers_make_moves(sampler: Sampler) -> None:
    generator = torch.Generator().manual_seed(0)
    sampler.start(generator)

    assert sampler.gather(generator).shape == (8, 3, PATCH, PATCH)


def test_moves_away_from_uniform_by_its_own_rewards() -> None:
    sampler, generator = make_learned(), torch.Generator().manual_seed(0)

    first = run_a_cycle(sampler, generator, balance=1.0)
    later = [run_a_cycle(sampler, generator, balance=1.0) for _ in range(15)]

    assert first == pytest.approx(0.0, abs=1e-6)
    assert later[-1] > 0.01


def test_learns_nothing_from_a_reward_that_never_changes() -> None:
    sampler, generator = make_learned(), torch.Generator().manual_seed(0)

    divergences = [run_a_cycle(sampler, generator, balance=0.0, reward=-0.7) for _ in range(5)]

    assert max(divergences) < 1e-4


def test_goes_on_from_its_state_as_if_it_had_not_stopped() -> None:
    whole, resumed, generator = make_learned(), make_learned(), torch.Generator().manual_seed(0)
    for _ in range(3):
        run_a_cycle(whole, generator, balance=1.0)
    resumed.take_over(whole.state())
    other = torch.Generator()
    other.set_state(generator.get_state())

    ends = [run_a_cycle(whole, generator, balance=0.5), run_a_cycle(resumed, other, balance=0.5)]

    assert ends[0] == ends[1] > 0
    assert all(torch.equal(tensor, resumed.state()[name]) for name, tensor in whole.state().items())
