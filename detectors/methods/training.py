"""One training loop for every network: early stop, time limit, resume after Ctrl-C, a halt where a loss is lost."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor, nn

from detectors.methods.port import MethodError, Training

SAVE_SECONDS = 5.0
GRADIENT_NORM = 1.0
WARM_UP = 0.05
LAST_RATE = 0.01

State = dict[str, Tensor]
BatchLoss = Callable[[Tensor, torch.Generator], Tensor]
HeldOutLoss = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast: `patience` is how many looks at the held-out loss may pass without a better one."""

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float = 1e-4
    look_every: int = 25
    patience: int = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training came to: steps taken, the lowest held-out loss, and the step at which the network had it."""

    steps: int
    best_loss: float
    best_step: int


def train_network(
    network: nn.Module,
    *,
    examples: int,
    loss_of: BatchLoss,
    held_out_loss: HeldOutLoss,
    schedule: Schedule,
    training: Training,
) -> Outcome:
    """Leave the network, in eval mode, as it was when its held-out loss was lowest.

    loss_of takes a mini-batch's indices (n,) below `examples` and the generator that all of its noise must come from:
    then a training that was interrupted ends as an uninterrupted one would. held_out_loss draws nothing.
    Raise MethodError at the step whose loss or gradient is not finite; the last checkpoint stays as it was.
    """
    loop = _Loop(network, schedule, training)
    loop.resume()
    while not loop.is_over():
        loop.step(examples, loss_of)
        if loop.steps % schedule.look_every == 0 or loop.is_over():
            loop.look(held_out_loss)
        loop.save_sometimes()
    if math.isinf(loop.best_loss):
        loop.look(held_out_loss)
    return loop.finish()


def rate_at(step: int, schedule: Schedule) -> float:
    """Return the learning rate of a step (from 0): a linear warm-up, then half a cosine down to a hundredth."""
    warm = max(1, round(schedule.steps * WARM_UP))
    if step < warm:
        return schedule.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, schedule.steps - warm)
    return schedule.learning_rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * done)))


class _Loop:
    """The state of one training: all of it can be saved as tensors between two steps."""

    def __init__(self, network: nn.Module, schedule: Schedule, training: Training) -> None:
        self.steps = 0
        self.best_loss = math.inf
        self._best_step = 0
        self._best: State = {}
        self._stale = 0
        self._network = network
        self._schedule = schedule
        self._training = training
        self._generator = torch.Generator().manual_seed(training.seed)
        self._optimiser = torch.optim.AdamW(
            network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self._started = self._saved_at = perf_counter()

    def is_over(self) -> bool:
        """Tell whether the steps, the patience or the time is used up; the first step is always taken."""
        if self._stale >= self._schedule.patience or self.steps >= self._schedule.steps:
            return True
        return self.steps > 0 and self._seconds() >= self._training.seconds

    def step(self, examples: int, loss_of: BatchLoss) -> None:
        """Take one step down the loss of a mini-batch."""
        self._network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = rate_at(self.steps, self._schedule)
        batch = torch.randperm(examples, generator=self._generator)[: self._schedule.batch]
        self._optimiser.zero_grad()
        loss = loss_of(batch, self._generator)
        self._require_finite(float(loss.detach()), "loss")
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self._network.parameters(), GRADIENT_NORM)
        self._require_finite(float(norm), "gradient")
        self._optimiser.step()
        self.steps += 1
        self._training.progress(self.steps, self._schedule.steps)

    def look(self, held_out_loss: HeldOutLoss) -> None:
        """Keep the network's state where it does better on the held-out examples than ever before."""
        self._network.eval()
        with torch.no_grad():
            loss = held_out_loss()
        self._require_finite(loss, "held-out loss")
        self._stale += 1
        if loss < self.best_loss:
            self.best_loss, self._best_step, self._stale = loss, self.steps, 0
            self._best = {name: tensor.clone() for name, tensor in self._network.state_dict().items()}

    def save_sometimes(self) -> None:
        """Save the state every few seconds, and when the training is over."""
        if perf_counter() - self._saved_at >= SAVE_SECONDS or self.is_over():
            self._training.checkpoints.save(self._state())
            self._saved_at = perf_counter()

    def resume(self) -> None:
        """Go on from the last checkpoint where there is one."""
        state = self._training.checkpoints.load()
        if state is None:
            return
        try:
            self._take_over(state)
        except (KeyError, RuntimeError, ValueError) as error:
            raise MethodError(f"The checkpoint is of another training, delete it to start again: {error}") from error

    def finish(self) -> Outcome:
        """Give the network its best state."""
        self._network.load_state_dict(self._best)
        self._network.eval()
        self._training.progress(self._schedule.steps, self._schedule.steps)
        return Outcome(self.steps, self.best_loss, self._best_step)

    def _seconds(self) -> float:
        return perf_counter() - self._started

    def _require_finite(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            raise MethodError(f"The {what} at step {self.steps + 1} is {value}; the training stopped there.")

    def _state(self) -> State:
        numbers = [self.steps, self.best_loss, self._best_step, self._stale, self._seconds()]
        state = {"numbers": torch.tensor(numbers, dtype=torch.float64), "generator": self._generator.get_state()}
        state |= {f"network.{name}": tensor.clone() for name, tensor in self._network.state_dict().items()}
        state |= {f"best.{name}": tensor for name, tensor in self._best.items()}
        for index, moments in self._optimiser.state_dict()["state"].items():
            state |= {f"optimiser.{index}.{name}": tensor.clone() for name, tensor in moments.items()}
        return state

    def _take_over(self, state: State) -> None:
        self._network.load_state_dict(_under(state, "network."))
        self._best = _under(state, "best.")
        moments: dict[int, State] = {}
        for name, tensor in _under(state, "optimiser.").items():
            index, _, moment = name.partition(".")
            moments.setdefault(int(index), {})[moment] = tensor.clone()
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": moments, "param_groups": groups})
        self._generator.set_state(state["generator"])
        steps, self.best_loss, best_step, stale, seconds = state["numbers"].tolist()
        self.steps, self._best_step, self._stale = int(steps), int(best_step), int(stale)
        self._started -= seconds


def _under(state: State, prefix: str) -> State:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
