"""Neural batch sampling (Chu and Kitani, ECCV 2020): odd is what an autoencoder in training is slow to learn."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FittedMethod,
    Floats,
    LabelledDefect,
    MethodError,
    MethodScore,
    Training,
)
from detectors.methods.reconstruction.examples import pictures_of, require_enough
from detectors.methods.reconstruction.network_arrays import build_seeded, fill_network, network_arrays
from detectors.methods.sampling.cycle import SamplingSchedule, train_by_chance
from detectors.methods.sampling.cycles import Cycles, Outcome
from detectors.methods.sampling.marked_examples import SIDE, MarkedExamples, has_marked_cells
from detectors.methods.sampling.patch_autoencoder import pixel_losses
from detectors.methods.sampling.profile_judge import ProfileJudge
from detectors.methods.sampling.samplers import LearnedSampler, Sampler, UniformSampler
from detectors.methods.supervised.head_examples import deal_by_kind
from detectors.methods.top_mean import top_mean

SCHEDULE = SamplingSchedule(cycles=100)
FOLDS = 4
MOST_HELD_OUT = 16
HIGHEST_SHARE = 0.01

SamplerOf = Callable[[Tensor, SamplingSchedule, int], Sampler]


class NeuralSampling:
    """Learn from an autoencoder's losses as it learns, and let a sampler choose what it learns from."""

    name: ClassVar[str] = "neural_sampling"
    fewest_images: ClassVar[int] = 16
    uses_defects: ClassVar[bool] = True
    folds: ClassVar[int] = 0
    fewest_defects: ClassVar[int] = 4

    def __init__(self, schedule: SamplingSchedule = SCHEDULE, sampler_of: SamplerOf | None = None) -> None:
        self._schedule = schedule
        self._sampler_of = sampler_of or learn_to_sample

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> "FittedNeuralSampling":
        """Learn from good images and from the defects that have a mask, a quarter of which are held out to choose by.

        A defect without a mask, or whose mask is lost at 64 x 64 cells, is left out. Raise MethodError.
        """
        require_enough(self.name, self.fewest_images, good, held_out)
        marked = [defect for defect in defects if has_marked_cells(defect)]
        if len(marked) < self.fewest_defects:
            raise MethodError(
                f"{self.name} needs at least {self.fewest_defects} labelled defects with a mask, "
                f"got {len(marked)} of {len(defects)}."
            )
        aside = set(deal_by_kind(marked, FOLDS, training.seed)[0])
        examples = MarkedExamples([marked[index] for index in range(len(marked)) if index not in aside], good)
        others = MarkedExamples([marked[index] for index in sorted(aside)], held_out[:MOST_HELD_OUT])
        judge = build_seeded(ProfileJudge, training.seed)
        sampler = self._sampler_of(examples.good_pictures, self._schedule, training.seed)
        outcome = Cycles(judge, sampler, self._schedule, training).run(examples, others)
        return FittedNeuralSampling(judge, outcome)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        judge = ProfileJudge()
        fill_network(judge, arrays)
        cycles, best_loss, best_cycle, divergence = arrays["outcome"].astype(np.float64).tolist()
        return FittedNeuralSampling(judge, Outcome(int(cycles), best_loss, int(best_cycle), divergence))


class FittedNeuralSampling:
    """Ten snapshots of an autoencoder, the predictor of their loss profiles, and how the training went."""

    def __init__(self, judge: ProfileJudge, outcome: Outcome) -> None:
        self.outcome = outcome
        self._judge = judge

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return the log odds of a defect on a grid of 64 x 64 (unclamped, where odds saturate) and the top 1 %."""
        with torch.inference_mode():
            patches: Floats = self._judge(pictures_of([image], SIDE))[0].numpy()
        return MethodScore(top_mean(patches, round(patches.size * HIGHEST_SHARE)), patches)

    @property
    def sentence(self) -> str:
        """Say what the sampler learned and what it was chosen by."""
        found = self.outcome
        return (
            f"The sampler moved {found.divergence:.3f} nats from uniform in {found.cycles} cycles; "
            f"cycle {found.best_cycle} was best on the labelled defects held out, with a loss of {found.best_loss:.3f}."
        )

    def arrays(self) -> Arrays:
        """Return the weights of snapshots and predictor, and the outcome."""
        found = self.outcome
        numbers = [found.cycles, found.best_loss, found.best_cycle, found.divergence]
        return {**network_arrays(self._judge), "outcome": np.array(numbers, dtype=np.float64)}


def learn_to_sample(pictures: Tensor, schedule: SamplingSchedule, seed: int) -> Sampler:
    """Return a sampler that learns; its static map of losses is of an autoencoder trained on patches of chance."""
    first = train_by_chance(sample_by_chance(pictures, schedule, seed), schedule, torch.Generator().manual_seed(seed))
    static = torch.cat([pixel_losses(first, picture[None]) for picture in pictures])
    return LearnedSampler(pictures, static, gait=schedule.gait, updates=schedule.updates, seed=seed)


def sample_by_chance(pictures: Tensor, schedule: SamplingSchedule, seed: int) -> Sampler:  # noqa: ARG001 - the other's shape
    """Return a sampler that never learns: the control."""
    return UniformSampler(pictures, schedule.gait)
