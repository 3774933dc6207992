"""Cycle after cycle: choice by held-out pictures, time limit, resume after Ctrl-C."""

import math
from dataclasses import dataclass
from time import perf_counter

import torch

from detectors.methods.port import MethodError, Training
from detectors.methods.sampling.cycle import Cycle, SamplingSchedule, require_finite
from detectors.methods.sampling.marked_examples import MarkedExamples
from detectors.methods.sampling.predictor import weighted_loss
from detectors.methods.sampling.profile_judge import ProfileJudge
from detectors.methods.sampling.samplers import Sampler
from detectors.methods.sampling.saved_state import State, pack, under, unpack, within

SAVE_SECONDS = 5.0
BEST = "best."
SAMPLER = "sampler."
PREDICTOR = "predictor."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training came to: cycles run, the lowest held-out loss, its cycle, the policy's KL from uniform, nats."""

    cycles: int
    best_loss: float
    best_cycle: int
    divergence: float


class Cycles:
    """The state of one training: all of it can be saved as tensors between two cycles."""

    def __init__(self, judge: ProfileJudge, sampler: Sampler, schedule: SamplingSchedule, training: Training) -> None:
        self._judge, self._sampler, self._schedule, self._training = judge, sampler, schedule, training
        self._optimiser = torch.optim.Adam(judge.predictor.parameters(), lr=schedule.predictor_rate)
        self._cycle = Cycle(judge, self._optimiser, sampler, schedule)
        self._generator = torch.Generator().manual_seed(training.seed)
        self._done, self._best_loss, self._best_cycle = 0, math.inf, 0
        self._best: State = {}
        self._started = self._saved_at = perf_counter()

    def run(self, examples: MarkedExamples, held_out: MarkedExamples) -> Outcome:
        """Leave the judge as it was when its loss on held-out defects and normals was lowest.

        Raise MethodError at the step whose loss is not finite; the last checkpoint stays as it was.
        """
        self._resume()
        while not self._is_over():
            self._cycle.run(self._done, examples, self._generator)
            self._done += 1
            self._training.progress(self._done, self._schedule.cycles)
            if self._done % self._schedule.look_every == 0 or self._is_over():
                self._look(held_out)
            self._save_sometimes()
        if not self._best:
            self._look(held_out)
        self._judge.load_state_dict(self._best)
        self._judge.eval().requires_grad_(requires_grad=False)
        self._training.progress(self._schedule.cycles, self._schedule.cycles)
        return Outcome(self._done, self._best_loss, self._best_cycle, self._cycle.divergence)

    def _is_over(self) -> bool:
        """Tell whether the cycles or the time is used up; the first cycle is always run."""
        if self._done >= self._schedule.cycles:
            return True
        return self._done > 0 and self._seconds() >= self._training.seconds

    def _look(self, held_out: MarkedExamples) -> None:
        with torch.no_grad():
            log_odds = self._judge(held_out.pictures)
        loss = float(weighted_loss(log_odds, held_out.marks, held_out.marks.defect_share))
        require_finite(loss, "held-out loss", self._done * self._schedule.updates)
        if loss < self._best_loss:
            self._best_loss, self._best_cycle = loss, self._done
            self._best = within("", self._judge.state_dict())

    def _save_sometimes(self) -> None:
        """Save the state every few seconds, and when the training is over."""
        if perf_counter() - self._saved_at >= SAVE_SECONDS or self._is_over():
            self._training.checkpoints.save(self._state())
            self._saved_at = perf_counter()

    def _resume(self) -> None:
        """Go on from the last checkpoint where there is one."""
        state = self._training.checkpoints.load()
        if state is None:
            return
        try:
            self._take_over(state)
        except (KeyError, RuntimeError, ValueError) as error:
            raise MethodError(f"The checkpoint is of another training, delete it to start again: {error}") from error

    def _seconds(self) -> float:
        return perf_counter() - self._started

    def _state(self) -> State:
        numbers = [self._done, self._best_loss, self._best_cycle, self._cycle.divergence, self._seconds()]
        return {
            "numbers": torch.tensor(numbers, dtype=torch.float64),
            "generator": self._generator.get_state(),
            **within(PREDICTOR, pack(self._judge.predictor, self._optimiser)),
            **within(SAMPLER, self._sampler.state()),
            **within(BEST, self._best),
        }

    def _take_over(self, state: State) -> None:
        unpack(self._judge.predictor, self._optimiser, under(PREDICTOR, state))
        self._sampler.take_over(under(SAMPLER, state))
        self._generator.set_state(state["generator"])
        self._best = under(BEST, state)
        done, self._best_loss, best_cycle, self._cycle.divergence, seconds = state["numbers"].tolist()
        self._done, self._best_cycle = int(done), int(best_cycle)
        self._started -= seconds
