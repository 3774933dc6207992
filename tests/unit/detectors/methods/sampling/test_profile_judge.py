import torch

from detectors.methods.reconstruction.network_arrays import build_seeded
from detectors.methods.sampling.predictor import PROFILE
from detectors.methods.sampling.profile_judge import SMALLEST_MULTIPLE, ProfileJudge, normal_levels, relative_profiles


def test_gives_the_log_odds_of_every_cell() -> None:
    log_odds = build_seeded(ProfileJudge, 0)(torch.rand(2, 3, 32, 48))

    assert log_odds.shape == (2, 16, 24)


def test_measures_profiles_as_multiples_of_the_normal_loss_after_the_same_update() -> None:
    losses = torch.rand(3, PROFILE, 4, 4, generator=torch.Generator().manual_seed(0)) + 0.5
    levels = normal_levels(losses)

    profiles = relative_profiles(losses, levels)

    assert levels.shape == (PROFILE,)
    assert profiles.shape == losses.shape
    multiples = profiles.exp() - SMALLEST_MULTIPLE
    assert torch.allclose(multiples.mean(dim=(0, 2, 3)), torch.ones(PROFILE), atol=1e-5)
    assert torch.allclose(multiples[:, 3] * levels[3], losses[:, 3], atol=1e-5)


def test_makes_no_infinity_of_a_loss_of_nothing() -> None:
    assert bool(relative_profiles(torch.zeros(1, 1, 2, 2), normal_levels(torch.zeros(1, 1, 2, 2))).isfinite().all())
