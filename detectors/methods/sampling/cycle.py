"""One cycle: an autoencoder from scratch on a sampler's patches; its loss profiles teach predictor and sampler."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from detectors.methods.port import MethodError
from detectors.methods.reconstruction.network_arrays import build_seeded
from detectors.methods.sampling.marked_examples import MarkedExamples
from detectors.methods.sampling.patch_autoencoder import absolute_losses, build_patch_autoencoder, pixel_losses
from detectors.methods.sampling.predictor import PROFILE, TURNS, Marks, normal_weight_at, turn, weighted_loss
from detectors.methods.sampling.profile_judge import ProfileJudge, normal_levels, relative_profiles
from detectors.methods.sampling.samplers import GAIT, Gait, Sampler

LARGEST_SEED = 2**31


@dataclass(frozen=True, slots=True)
class SamplingSchedule:
    """How long and how fast.

    updates: of each cycle's autoencoder; after each of the last `paid` ones the predictor learns `lessons` times and
    pays the sampler. defects, good: how many pictures a cycle takes profiles of. own_share: the share of the cycles
    over which the sampler's own rewards give way to the predictor's.
    """

    cycles: int
    updates: int = 20
    paid: int = 5
    lessons: int = 2
    defects: int = 4
    good: int = 4
    gait: Gait = GAIT
    autoencoder_rate: float = 1e-2
    predictor_rate: float = 5e-3
    own_share: float = 0.5
    look_every: int = 5


class Cycle:
    """Runs cycles on one predictor, which lives in the judge, and one sampler."""

    def __init__(
        self, judge: ProfileJudge, optimiser: torch.optim.Optimizer, sampler: Sampler, schedule: SamplingSchedule
    ) -> None:
        self._judge, self._optimiser, self._sampler, self._schedule = judge, optimiser, sampler, schedule
        self.divergence = 0.0

    def run(self, number: int, examples: MarkedExamples, generator: torch.Generator) -> None:
        """Run cycle `number` (from 0), and leave its last ten autoencoders in the judge; raise MethodError at a NaN."""
        schedule, sampler = self._schedule, self._sampler
        pictures, marks, is_good = examples.draw(schedule.defects, schedule.good, generator)
        autoencoder = _Autoencoder(schedule.autoencoder_rate, generator)
        # Of its own, so that another sampler, which draws more or less, leaves every other draw as it is.
        walk = torch.Generator().manual_seed(_draw_seed(generator))
        losses: list[Tensor] = []
        sampler.start(walk)
        for update in range(schedule.updates):
            step = number * schedule.updates + update + 1
            sampler.see(autoencoder.learn(sampler.gather(walk), step))
            if update >= schedule.updates - schedule.paid - PROFILE + 1:
                losses.append(pixel_losses(autoencoder.network, pictures))
            if update >= schedule.updates - PROFILE:
                snapshot = self._judge.snapshots[update - schedule.updates + PROFILE]
                snapshot.load_state_dict(autoencoder.network.state_dict())
            if update >= schedule.updates - schedule.paid:
                window = torch.stack(losses[-PROFILE:], dim=1)
                self._teach(window, marks, is_good, number / schedule.cycles, generator, step)
        balance = max(0.0, 1 - number / (schedule.own_share * schedule.cycles))
        loss, self.divergence = sampler.learn(balance)
        require_finite(loss, "sampler's loss", (number + 1) * schedule.updates)

    def _teach(
        self, window: Tensor, marks: Marks, is_good: Tensor, done: float, generator: torch.Generator, step: int
    ) -> None:
        """Pay the sampler -L_pred for what the predictor makes of the profiles now, then let the predictor learn."""
        levels = normal_levels(window[is_good])
        self._judge.levels.copy_(levels)
        profiles = relative_profiles(window, levels)
        with torch.no_grad():
            # Always at the same weights: the reward must not move with the annealing.
            loss = weighted_loss(self._judge.predictor(profiles)[:, 0], marks, marks.defect_share)
        self._sampler.credit(-float(loss))
        for _ in range(self._schedule.lessons):
            way = int(torch.randint(TURNS, (), generator=generator))
            turned = Marks(turn(marks.is_defect, way), turn(marks.is_normal, way))
            weight = normal_weight_at(done, marks.defect_share)
            loss = weighted_loss(self._judge.predictor(turn(profiles, way))[:, 0], turned, weight)
            require_finite(float(loss.detach()), "predictor's loss", step)
            _descend(self._optimiser, loss)


class _Autoencoder:
    """An autoencoder from scratch, its first weights drawn from the generator."""

    def __init__(self, learning_rate: float, generator: torch.Generator) -> None:
        self.network = build_seeded(build_patch_autoencoder, _draw_seed(generator))
        self._optimiser = torch.optim.Adam(self.network.parameters(), lr=learning_rate)

    def learn(self, patches: Tensor, step: int) -> Tensor:
        """Take one step down the squared error on patches (n, 3, 32, 32); return their losses (n, 16, 16) before it."""
        again = self.network(patches)
        loss = functional.mse_loss(again, patches)
        require_finite(float(loss.detach()), "autoencoder's loss", step)
        _descend(self._optimiser, loss)
        return absolute_losses(patches, again.detach())


def train_by_chance(sampler: Sampler, schedule: SamplingSchedule, generator: torch.Generator) -> nn.Module:
    """Return an autoencoder after one cycle on patches of a sampler that looks at nothing."""
    autoencoder = _Autoencoder(schedule.autoencoder_rate, generator)
    for update in range(schedule.updates):
        autoencoder.learn(sampler.gather(generator), update + 1)
    return autoencoder.network


def require_finite(value: float, what: str, step: int) -> None:
    """Raise MethodError, with the autoencoder's update it happened at, unless the value is finite."""
    if not math.isfinite(value):
        raise MethodError(f"The {what} at step {step} is {value}; the training stopped there.")


def _draw_seed(generator: torch.Generator) -> int:
    return int(torch.randint(LARGEST_SEED, (), generator=generator))


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
