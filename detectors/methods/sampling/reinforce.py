"""REINFORCE (Williams, Machine Learning 1992): a policy that is paid for its actions, not shown them."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from detectors.methods.sampling.walkers import ACTIONS, VIEW_CELLS

CHANNELS = 6
WIDTHS = (CHANNELS, 16, 32, 32, 64, 64)
HIDDEN = 256
ENTROPY_WEIGHT = 0.01
DISCOUNT = 0.9
DECAY = 0.9
SMALLEST_SPREAD = 1e-3
GRADIENT_NORM = 1.0
# Adam takes a full step even where the gradient is only rounding; below this it does not.
ADAM_FLOOR = 1e-5
# How far one step may change the policy, in nats: a policy that is sure of itself explores no more, and stays so.
MOST_CHANGE = 0.05
MOST_HALVINGS = 12


def build_policy() -> nn.Sequential:
    """Return a network from views (N, 6, 32, 32) to the nine actions' log odds (N, 9); at first all are equal."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(WIDTHS):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.ReLU()]
    corner = VIEW_CELLS // 2 ** (len(WIDTHS) - 1)
    last = nn.Linear(HIDDEN, ACTIONS)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(WIDTHS[-1] * corner**2, HIDDEN), nn.ReLU(), last)


def reinforce_loss(logits: Tensor, actions: Tensor, advantages: Tensor) -> Tensor:
    """Return -mean(A log pi(a|s)) - .01 H(pi), for logits (n, 9), actions taken (n,) and their advantages (n,)."""
    log_probabilities = functional.log_softmax(logits, dim=1)
    taken = log_probabilities.gather(1, actions[:, None])[:, 0]
    entropy = -(log_probabilities.exp() * log_probabilities).sum(dim=1)
    return -(advantages * taken).mean() - ENTROPY_WEIGHT * entropy.mean()


def discounted_returns(rewards: Tensor, discount: float = DISCOUNT) -> Tensor:
    """Return G_t = R_t + discount G_(t+1) of rewards (steps, W)."""
    returns = rewards.clone()
    for step in range(len(rewards) - 2, -1, -1):
        returns[step] += discount * returns[step + 1]
    return returns


def divergence(logits: Tensor, others: Tensor) -> float:
    """Return KL(pi || other) in nats, the mean over states, of logits (n, actions) each."""
    log_probabilities, other = functional.log_softmax(logits, dim=1), functional.log_softmax(others, dim=1)
    return float((log_probabilities.exp() * (log_probabilities - other)).sum(dim=1).mean())


def divergence_from_uniform(logits: Tensor) -> float:
    """Return KL(pi || uniform) in nats, the mean over states, of logits (n, actions)."""
    return divergence(logits, torch.zeros_like(logits))


class MovingBaseline:
    """What returns were of late: a mean for each step (steps,), and one spread."""

    def __init__(self, steps: int) -> None:
        self.values = torch.zeros(steps + 1)
        self.is_empty = True

    def advantages(self, returns: Tensor) -> Tensor:
        """Return (G - mean) / spread of returns (steps, W), by what came before them; then take them in."""
        means, square = returns.mean(dim=1), returns.var(dim=1).mean()
        if self.is_empty:
            self.values, self.is_empty = torch.cat([means, square[None]]), False
        surprise = returns - self.values[:-1, None]
        spread = self.values[-1].sqrt().clamp(min=SMALLEST_SPREAD)
        seen = torch.cat([means, surprise.square().mean()[None]])
        self.values = DECAY * self.values + (1 - DECAY) * seen
        return surprise / spread


class Reinforce:
    """A policy, its optimiser and its baseline."""

    def __init__(self, policy: nn.Module, steps: int, learning_rate: float) -> None:
        self.policy = policy
        self.optimiser = torch.optim.Adam(policy.parameters(), lr=learning_rate, eps=ADAM_FLOOR)
        self.baseline = MovingBaseline(steps)

    def choose(self, states: Tensor, generator: torch.Generator) -> Tensor:
        """Draw an action for each state (W, 6, 32, 32) from the policy: (W,)."""
        with torch.no_grad():
            probabilities = functional.softmax(self.policy(states), dim=1)
        return torch.multinomial(probabilities, 1, generator=generator)[:, 0]

    def learn(self, states: Tensor, actions: Tensor, rewards: Tensor) -> tuple[float, float]:
        """Take one step up the rewards (steps, W) of actions (steps, W) in states (steps, W, ...).

        Return the loss and how far the policy that acted was from uniform, in nats.
        """
        advantages = self.baseline.advantages(discounted_returns(rewards))
        logits = self.policy(states.flatten(0, 1))
        loss = reinforce_loss(logits, actions.flatten(), advantages.flatten())
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.policy.parameters(), GRADIENT_NORM)
        before = [parameter.detach().clone() for parameter in self.policy.parameters()]
        self.optimiser.step()
        self._hold_back(before, states.flatten(0, 1), logits.detach())
        return float(loss.detach()), divergence_from_uniform(logits.detach())

    def _hold_back(self, before: list[Tensor], states: Tensor, logits: Tensor) -> None:
        """Halve the step just taken until the policy is close enough to what it was."""
        with torch.no_grad():
            for _ in range(MOST_HALVINGS):
                if divergence(self.policy(states), logits) <= MOST_CHANGE:
                    return
                for parameter, old in zip(self.policy.parameters(), before, strict=True):
                    parameter.lerp_(old, 0.5)
