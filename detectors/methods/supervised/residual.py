"""PatchCore, and beside it a head that knows the defects it was shown: as much of it as cross-validation warrants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.methods.patchcore import FittedPatchCore, PatchCore
from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FitChoices,
    FittedMethod,
    Floats,
    LabelledDefect,
    MethodError,
    MethodScore,
    NearestPatch,
    Origin,
    Training,
)
from detectors.methods.supervised.head_examples import ExampleMaker, deal_by_kind, distances_of
from detectors.methods.supervised.head_weight import WeightChoice, choose_weight
from detectors.methods.supervised.patch_head import PatchHead, train_head
from detectors.methods.top_mean import top_mean

BANK_SHARE, BANK_FLOOR, BANK_CAP = 0.01, 2048, 4096
FEWEST_HELD_OUT = 2
MOST_FOLDS = 5
HIGHEST_ODDS = 3
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of a score over held-out normals."""

    mean: float
    spread: float

    def of(self, score: float) -> float:
        """Return one score in standard deviations from normal."""
        return (score - self.mean) / self.spread

    def of_all(self, scores: Floats) -> Floats:
        """Return each score in standard deviations from normal."""
        standard: Floats = ((scores - self.mean) / self.spread).astype(np.float32)
        return standard


class Residual:
    """Sum the distance to the nearest normal patch and what a head, trained on labelled defects, adds to it."""

    name: ClassVar[str] = "residual"
    fewest_images: ClassVar[int] = 3
    uses_defects: ClassVar[bool] = True
    folds: ClassVar[int] = 4
    fewest_defects: ClassVar[int] = 0

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> FittedMethod:
        """Build the bank from good images, and choose the head's weight on defects and normals it never saw."""
        if len(good) < self.fewest_images or len(held_out) < FEWEST_HELD_OUT:
            message = (
                f"{self.name} needs at least {self.fewest_images} good images and {FEWEST_HELD_OUT} held out, "
                f"got {len(good)} and {len(held_out)}."
            )
            raise MethodError(message)
        choices = FitChoices(BANK_SHARE, BANK_FLOOR, BANK_CAP, training.seed)
        base = PatchCore().fit([image.grid.rows for image in good], choices)
        return _Learner(base, good, held_out, defects, training).learn()

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        weight, *scales = arrays["combination"].astype(np.float64).tolist()
        head = PatchHead.restore(arrays) if weight else None
        choice = WeightChoice(weight, *arrays["cross_validation"].astype(np.float64).tolist())
        return FittedResidual(PatchCore().restore(arrays), Scale(*scales[:2]), head, Scale(*scales[2:]), choice)


class FittedResidual:
    """A bank and a head, each with its scale over held-out normals, and the weight of the head."""

    def __init__(
        self, base: FittedPatchCore, base_scale: Scale, head: PatchHead | None, head_scale: Scale, choice: WeightChoice
    ) -> None:
        self.choice = choice
        self._base, self._base_scale = base, base_scale
        self._head, self._head_scale = head, head_scale

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return z(mean of the highest distances) + weight * z(mean of the highest log odds), and so for patches."""
        distances = distances_of(self._base, image)
        score, patches = self._base_scale.of(top_mean(distances)), self._base_scale.of_all(distances)
        if self._head is not None:
            odds = self._head.log_odds(image.grid)
            score = score + self.choice.weight * self._head_scale.of(top_mean(odds, HIGHEST_ODDS))
            patches = patches + np.float32(self.choice.weight) * self._head_scale.of_all(odds)
        return MethodScore(score, patches)

    @property
    def sentence(self) -> str:
        """Say whether the labels are used, and why."""
        return self.choice.sentence

    def nearest_normal(self, patch: Floats) -> NearestPatch | None:
        """Return the row of the bank nearest to a patch (D,), or None."""
        # Bundles without places numbered the images of the training, not those of the fit: they would name wrong ones.
        return None if self._base.places is None else self._base.nearest_normal(patch)

    def with_origins(self, origins: Sequence[Origin]) -> "FittedResidual":
        """Return the same with the bank's images and places renumbered."""
        base = self._base.with_origins(origins)
        return FittedResidual(base, self._base_scale, self._head, self._head_scale, self.choice)

    def arrays(self) -> Arrays:
        """Return the bank, the head, both scales, and what cross-validation found."""
        scales = (self._base_scale.mean, self._base_scale.spread, self._head_scale.mean, self._head_scale.spread)
        return {
            **self._base.arrays(),
            **({} if self._head is None else self._head.arrays()),
            "combination": np.array([self.choice.weight, *scales]),
            "cross_validation": np.array([self.choice.auroc_without, self.choice.auroc_with]),
        }


class _Learner:
    """What one training knows."""

    def __init__(
        self,
        base: FittedPatchCore,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> None:
        self._base, self._held_out, self._defects, self._training = base, held_out, defects, training
        self._normal_base = np.array([top_mean(distances_of(base, image)) for image in held_out], dtype=np.float32)
        self._base_scale = _scale(self._normal_base)
        self._examples = ExampleMaker(base, good, seed=training.seed) if defects else None

    def learn(self) -> FittedResidual:
        folds = deal_by_kind(self._defects, MOST_FOLDS, self._training.seed)
        choice = self._choose(folds)
        if not choice.weight:
            return FittedResidual(self._base, self._base_scale, None, Scale(0.0, 1.0), choice)
        head = self._head(range(len(self._defects)))
        return FittedResidual(self._base, self._base_scale, head, _scale(self._odds(head, self._held_out)), choice)

    def _choose(self, folds: Sequence[Sequence[int]]) -> WeightChoice:
        """Score every fold's defects by a head that saw none of them, against normals that no head saw."""
        rounds = []
        for done, fold in enumerate(folds):
            self._training.progress(done, len(folds) + 1)
            others = sorted(set(range(len(self._defects))) - set(fold))
            if not others:
                break
            head = self._head(others)
            images = [self._defects[index].image for index in fold]
            base = np.array([top_mean(distances_of(self._base, image)) for image in images], dtype=np.float32)
            normal_odds = self._odds(head, self._held_out)
            scale = _scale(normal_odds)
            normals = np.stack([self._base_scale.of_all(self._normal_base), scale.of_all(normal_odds)])
            rounds.append((normals, np.stack([self._base_scale.of_all(base), scale.of_all(self._odds(head, images))])))
        self._training.progress(len(folds) + 1, len(folds) + 1)
        return choose_weight(rounds)

    def _head(self, indices: Sequence[int]) -> PatchHead:
        assert self._examples is not None  # noqa: S101 - a head is only trained where there are defects
        examples = self._examples.make([self._defects[index] for index in indices])
        return train_head(examples, self._examples.mean, self._examples.spread, seed=self._training.seed)

    def _odds(self, head: PatchHead, images: Sequence[EmbeddedImage]) -> Floats:
        return np.array([top_mean(head.log_odds(image.grid), HIGHEST_ODDS) for image in images], dtype=np.float32)


def _scale(scores: Floats) -> Scale:
    return Scale(float(scores.mean()), max(float(scores.std()), SMALLEST_SPREAD))
