"""Who picks the patches that the autoencoder is trained on: a policy that learns, or chance."""

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from detectors.methods.reconstruction.network_arrays import build_seeded
from detectors.methods.sampling.patch_autoencoder import CELL
from detectors.methods.sampling.reinforce import Reinforce, build_policy
from detectors.methods.sampling.saved_state import State, pack, unpack
from detectors.methods.sampling.walkers import (
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


class Sampler(Protocol):
    """Picks training patches through the updates of one cycle, then learns from what came of them."""

    def start(self, generator: torch.Generator) -> None:
        """Begin a cycle: a new autoencoder that has seen nothing."""
        ...

    def gather(self, generator: torch.Generator) -> Tensor:
        """Return the patches (n, 3, 32, 32) of the next update."""
        ...

    def see(self, losses: Tensor) -> None:
        """Take the losses (n, 16, 16) of those patches."""
        ...

    def credit(self, reward: float) -> None:
        """Take the predictor's reward for the last update."""
        ...

    def learn(self, balance: float) -> tuple[float, float]:
        """End the cycle; return the policy's loss and its divergence from uniform.

        balance: the share b of the rewards for what a patch is, against 1 - b for what the predictor made of it.
        """
        ...

    def state(self) -> State:
        """Return all that outlasts a cycle."""
        ...

    def take_over(self, state: State) -> None:
        """Go on from what `state()` returned; raise KeyError, RuntimeError or ValueError where it does not fit."""
        ...


@dataclass(frozen=True, slots=True)
class Gait:
    """How a batch is gathered: so many walkers at once, so many moves each, and the policy's learning rate."""

    walkers: int
    moves: int
    learning_rate: float


GAIT = Gait(walkers=8, moves=4, learning_rate=3e-3)


class UniformSampler:
    """Pick patches by chance, evenly over all pictures and places."""

    def __init__(self, pictures: Tensor, gait: Gait) -> None:
        self._pictures, self._gait = pictures, gait

    def start(self, generator: torch.Generator) -> None:
        """Do nothing."""

    def gather(self, generator: torch.Generator) -> Tensor:
        """Return the patches of the next update."""
        shape = (len(self._pictures), self._pictures.shape[-1] // CELL)
        return cut_patches(self._pictures, draw_places(self._gait.walkers * self._gait.moves, shape, generator))

    def see(self, losses: Tensor) -> None:
        """Do nothing."""

    def credit(self, reward: float) -> None:
        """Do nothing."""

    def learn(self, balance: float) -> tuple[float, float]:  # noqa: ARG002 - chance learns nothing
        """Return that nothing was learned."""
        return 0.0, 0.0

    def state(self) -> State:
        """Return nothing: chance has no memory."""
        return {}

    def take_over(self, state: State) -> None:
        """Do nothing."""


@dataclass
class _Walk:
    """One cycle of a policy, a row a move: states (W, 6, 32, 32), actions (W,), what each patch was worth (W,)."""

    places: Places
    visits: Tensor
    losses: Tensor
    trodden: list[Places] = field(default_factory=list)
    states: list[Tensor] = field(default_factory=list)
    actions: list[Tensor] = field(default_factory=list)
    worth: list[Tensor] = field(default_factory=list)
    predicted: dict[int, float] = field(default_factory=dict)


class LearnedSampler:
    """Walk from patch to patch by a policy that sees the picture, its losses and where it has been."""

    def __init__(self, pictures: Tensor, static_losses: Tensor, *, gait: Gait, updates: int, seed: int) -> None:
        """Walk over pictures (N, 3, S, S); static_losses (N, S / 2, S / 2) are those of an autoencoder before it."""
        self._pictures, self._gait = pictures, gait
        small = functional.avg_pool2d(pictures, CELL)
        self._planes = torch.cat([small, static_losses[:, None]], dim=1)
        self._edges = sobel_magnitude(small.mean(dim=1))
        self._shape = (len(pictures), small.shape[-1])
        self._reinforce = Reinforce(build_seeded(build_policy, seed), updates * gait.moves, gait.learning_rate)
        self._walk: _Walk

    def start(self, generator: torch.Generator) -> None:
        """Put the walkers somewhere and forget where they have been."""
        places = draw_places(self._gait.walkers, self._shape, generator)
        self._walk = _Walk(places, torch.zeros_like(self._edges), torch.zeros_like(self._edges))

    def gather(self, generator: torch.Generator) -> Tensor:
        """Move every walker a few times and return the patches they came to."""
        self._walk.trodden.clear()
        return torch.cat([self._step(generator) for _ in range(self._gait.moves)])

    def see(self, losses: Tensor) -> None:
        """Remember the losses where the walkers have been."""
        by_move = losses.reshape(self._gait.moves, self._gait.walkers, *losses.shape[1:])
        for places, seen in zip(self._walk.trodden, by_move, strict=True):
            keep_losses(self._walk.losses, places, seen)

    def credit(self, reward: float) -> None:
        """Take the predictor's reward for the last move of each walker."""
        self._walk.predicted[len(self._walk.actions) - 1] = reward

    def learn(self, balance: float) -> tuple[float, float]:
        """Take one step of REINFORCE on R = b (R_clone + R_cover) + (1 - b) R_pred, move by move."""
        walk = self._walk
        rewards = balance * torch.stack(walk.worth)
        for step, reward in walk.predicted.items():
            rewards[step] += (1 - balance) * reward
        return self._reinforce.learn(torch.stack(walk.states), torch.stack(walk.actions), rewards)

    def state(self) -> State:
        """Return the policy, its optimiser and its baseline."""
        packed = pack(self._reinforce.policy, self._reinforce.optimiser)
        return packed | {"baseline": self._reinforce.baseline.values.clone()}

    def take_over(self, state: State) -> None:
        """Go on from what `state()` returned."""
        unpack(self._reinforce.policy, self._reinforce.optimiser, state)
        self._reinforce.baseline.values, self._reinforce.baseline.is_empty = state["baseline"].clone(), False

    def _step(self, generator: torch.Generator) -> Tensor:
        walk = self._walk
        state = self._look()
        actions = self._reinforce.choose(state, generator)
        walk.places = move(walk.places, actions, self._shape, generator)
        walk.trodden.append(walk.places)
        walk.states.append(state)
        walk.actions.append(actions)
        walk.worth.append(self._worth(walk))
        count_visits(walk.visits, walk.places)
        return cut_patches(self._pictures, walk.places)

    def _look(self) -> Tensor:
        """Return colours, static losses, losses last seen (0 where it has not been), and visits: (W, 6, 32, 32)."""
        walk = self._walk
        losses, visits = (cut_views(plane[:, None], walk.places) for plane in (walk.losses, walk.visits))
        return torch.cat([cut_views(self._planes, walk.places), losses, visits.log1p()], dim=1)

    def _worth(self, walk: _Walk) -> Tensor:
        """Return R_clone + R_cover: the sigmoid of a patch's mean edge, less that of its mean visits so far."""
        edges, visits = mean_in_patches(self._edges, walk.places), mean_in_patches(walk.visits, walk.places)
        return edges.sigmoid() - visits.sigmoid()
