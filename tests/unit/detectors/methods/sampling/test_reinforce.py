import math

import pytest
import torch
from torch.nn import functional

from detectors.methods.reconstruction.network_arrays import build_seeded
from detectors.methods.sampling.reinforce import (
    CHANNELS,
    ENTROPY_WEIGHT,
    MOST_CHANGE,
    MovingBaseline,
    Reinforce,
    build_policy,
    discounted_returns,
    divergence_from_uniform,
    reinforce_loss,
)
from detectors.methods.sampling.walkers import ACTIONS, VIEW_CELLS

BETTER = 3


def make_learner(learning_rate: float) -> Reinforce:
    return Reinforce(build_seeded(build_policy, 0), steps=4, learning_rate=learning_rate)


def views(generator: torch.Generator, count: int = 8) -> torch.Tensor:
    return torch.rand(count, CHANNELS, VIEW_CELLS, VIEW_CELLS, generator=generator)


def run_where_one_action_pays(learner: Reinforce, rounds: int) -> None:
    """Pay 1 for one action and nothing for the rest; what is not paid is learned from pay alone."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(rounds):
        states = torch.stack([views(generator) for _ in range(4)])
        actions = torch.stack([learner.choose(state, generator) for state in states])
        learner.learn(states, actions, (actions == BETTER).float())


def probability_of_the_better(learner: Reinforce) -> float:
    with torch.no_grad():
        logits = learner.policy(views(torch.Generator().manual_seed(9)))
    return float(functional.softmax(logits, dim=1)[:, BETTER].min())


def test_starts_uniform() -> None:
    assert probability_of_the_better(make_learner(1e-3)) == pytest.approx(1 / ACTIONS)


def test_comes_to_prefer_the_action_that_pays() -> None:
    learner = make_learner(3e-3)

    run_where_one_action_pays(learner, 40)

    assert probability_of_the_better(learner) > 0.8


def test_changes_by_little_in_one_step_however_fast_it_learns() -> None:
    learner, generator = make_learner(1.0), torch.Generator().manual_seed(0)
    states = torch.stack([views(generator) for _ in range(4)])
    actions = torch.stack([learner.choose(state, generator) for state in states])

    learner.learn(states, actions, (actions == BETTER).float())

    with torch.no_grad():
        after = learner.policy(states.flatten(0, 1))
    assert 0 < divergence_from_uniform(after) <= MOST_CHANGE


def test_stays_uniform_at_a_learning_rate_of_zero() -> None:
    learner = make_learner(0.0)

    run_where_one_action_pays(learner, 10)

    assert probability_of_the_better(learner) == pytest.approx(1 / ACTIONS)


@pytest.mark.parametrize("advantage", [2.0, -2.0])
def test_raises_the_probability_of_an_action_by_the_sign_of_its_advantage(advantage: float) -> None:
    logits = torch.zeros(1, ACTIONS, requires_grad=True)

    reinforce_loss(logits, torch.tensor([BETTER]), torch.tensor([advantage])).backward()  # type: ignore[no-untyped-call]

    assert logits.grad is not None
    downhill = -logits.grad[0]
    # d log pi(a) / d logit is 1 - pi(a) for the action taken and -pi(b) for another; at uniform the entropy is flat.
    assert float(downhill[BETTER]) == pytest.approx(advantage * (1 - 1 / ACTIONS))
    assert float(downhill[0]) == pytest.approx(-advantage / ACTIONS)


def test_pulls_towards_uniform_where_nothing_is_won() -> None:
    logits = torch.zeros(1, ACTIONS)
    logits[0, 0] = 2.0
    logits.requires_grad_()

    loss = reinforce_loss(logits, torch.tensor([0]), torch.tensor([0.0]))
    loss.backward()  # type: ignore[no-untyped-call]

    assert logits.grad is not None
    assert float(logits.grad[0, 0]) > 0
    assert -ENTROPY_WEIGHT * math.log(ACTIONS) < float(loss.detach()) < 0


def test_discounts_what_comes_later() -> None:
    returns = discounted_returns(torch.tensor([[0.0, 1.0], [0.0, 0.0], [4.0, 0.0]]), discount=0.5)

    assert returns.tolist() == [[1.0, 1.0], [2.0, 0.0], [4.0, 0.0]]


def test_compares_returns_with_what_came_before_them() -> None:
    baseline = MovingBaseline(steps=2)
    baseline.advantages(torch.tensor([[0.0, 2.0], [10.0, 12.0]]))

    advantages = baseline.advantages(torch.tensor([[1.0, 3.0], [11.0, 9.0]]))

    assert torch.allclose(advantages * math.sqrt(baseline_square()), torch.tensor([[0.0, 2.0], [0.0, -2.0]]))
    assert baseline.values[:2].tolist() == pytest.approx([1.1, 10.9])


def baseline_square() -> float:
    """The first returns' variance, 2, moved a tenth of the way to the first surprise, 1."""
    return 0.9 * 2 + 0.1 * 1


def test_measures_how_far_a_policy_is_from_uniform() -> None:
    certain = torch.zeros(2, ACTIONS)
    certain[:, 0] = 100.0

    assert divergence_from_uniform(torch.zeros(2, ACTIONS)) == pytest.approx(0.0, abs=1e-6)
    assert divergence_from_uniform(certain) == pytest.approx(math.log(ACTIONS))
