"""A method of good images alone, and beside it a head that knows the defects it was shown: as far as both warrant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.methods.blend import Blend
from detectors.methods.padim import PaDiM
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FitChoices,
    FittedMethod,
    Floats,
    LabelledDefect,
    Method,
    MethodError,
    MethodScore,
    NearestPatch,
    Origin,
    Remembers,
    Training,
)
from detectors.methods.supervised.head_examples import ExampleMaker, deal_by_kind, deal_in_runs, group_kinds
from detectors.methods.supervised.head_weight import FEWEST_DEFECTS, Round, WeightChoice, choose_weight, combine
from detectors.methods.supervised.patch_head import PatchHead, average_heads, train_head
from detectors.methods.top_mean import top_mean
from detectors.methods.whitened import Whitened
from detectors.methods.whole_image import WholeImage
from detectors.methods.within_class import WithinClass

CHOICES = FitChoices(bank_share=0.01, bank_floor=2048, bank_cap=4096, seed=0, highest=10)
BASES: dict[str, Method] = {
    method.name: method for method in (PatchCore(), PaDiM(), Blend(), Whitened(), WithinClass(), WholeImage())
}
FOLDS = 3
MOST_KIND_GROUPS = 5
HIGHEST_ODDS = 10
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of a score over normals that had no part in making it."""

    mean: float
    spread: float

    @classmethod
    def measure(cls, scores: NDArray[np.floating]) -> "Scale":
        """Return the scale of scores (n,)."""
        return cls(float(scores.mean()), max(float(scores.std()), SMALLEST_SPREAD))

    def of(self, score: float) -> float:
        """Return one score in standard deviations from normal."""
        return (score - self.mean) / self.spread

    def of_all(self, scores: NDArray[np.floating]) -> Floats:
        """Return each score in standard deviations from normal."""
        standard: Floats = ((scores - self.mean) / self.spread).astype(np.float32)
        return standard


@dataclass(frozen=True, slots=True)
class Scales:
    """Of the base's image score and its highest patches, of the head's highest odds, and of base and head together."""

    base: Scale
    patches: Scale
    head: Scale
    both: Scale


class Residual:
    """Add to a base's score what a head, trained on labelled defects, sees above the normal: never less than it."""

    name: ClassVar[str] = "residual"
    uses_defects: ClassVar[bool] = True
    folds: ClassVar[int] = 4
    fewest_images: ClassVar[int] = 5
    fewest_defects: ClassVar[int] = 0

    def __init__(self, base: Method = BASES[PatchCore.name], choices: FitChoices = CHOICES) -> None:
        self._base, self._choices = base, choices

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> FittedMethod:
        """Fit the base on all good images, and choose the head's weight on normals and defects that it never saw."""
        normals = [*good, *held_out]
        fewest = max(self.fewest_images, self._base.fewest_images)
        if len(normals) < fewest:
            raise MethodError(f"{self.name} needs at least {fewest} good images, got {len(normals)}.")
        choices = replace(self._choices, seed=training.seed)
        return _Learner(self._base, choices, normals, defects, training).learn()

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        name = arrays["base_name"].astype(np.uint8).tobytes().decode()
        base = {**BASES, self._base.name: self._base}[name].restore(arrays)
        weight, *numbers = arrays["combination"].astype(np.float64).tolist()
        scales = Scales(*(Scale(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)))
        choice = WeightChoice(weight, *arrays["cross_validation"].astype(np.float64).tolist())
        return FittedResidual(name, base, PatchHead.restore(arrays) if weight else None, scales, choice)


class FittedResidual:
    """A fitted base, perhaps a head, the scales of both, and the weight of the head.

    unseen: what the labelled defects score, each by a base and a head that had not seen it; nothing without a head or
    once restored.
    """

    def __init__(
        self,
        base_name: str,
        base: FittedMethod,
        head: PatchHead | None,
        scales: Scales,
        choice: WeightChoice,
        unseen: Sequence[MethodScore] = (),
    ) -> None:
        self.choice = choice
        self.unseen = tuple(unseen)
        self._base_name, self._base, self._head, self._scales = base_name, base, head, scales

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return z(z(base) + weight * max(0, z(head))) of the image and of its patches; without a head the base's z."""
        odds = None if self._head is None else self._head.log_odds(image.grid)
        return _joined(self._base.score(image), odds, self._scales, self.choice.weight)

    @property
    def sentence(self) -> str:
        """Say whether the labels are used, and why."""
        return self.choice.sentence

    def nearest_normal(self, patch: Floats) -> NearestPatch | None:
        """Return the patch nearest to this one (D,) that the base remembers, or None."""
        found = self._base.nearest_normal(patch) if isinstance(self._base, Remembers) else None
        # Bundles without places numbered the images of the training, not those of the fit: they would name wrong ones.
        return None if found is None or found.patch is None else found

    def with_origins(self, origins: Sequence[Origin]) -> "FittedResidual":
        """Return the same with the base's images and places renumbered."""
        base = self._base.with_origins(origins) if isinstance(self._base, Remembers) else self._base
        return FittedResidual(self._base_name, base, self._head, self._scales, self.choice, self.unseen)

    def arrays(self) -> Arrays:
        """Return the base and its name, the head, the scales, and what cross-validation found."""
        scales = (self._scales.base, self._scales.patches, self._scales.head, self._scales.both)
        numbers = [number for scale in scales for number in (scale.mean, scale.spread)]
        return {
            **self._base.arrays(),
            **({} if self._head is None else self._head.arrays()),
            "base_name": np.frombuffer(self._base_name.encode(), dtype=np.uint8),
            "combination": np.array([self.choice.weight, *numbers]),
            "cross_validation": np.array([self.choice.auroc_without, self.choice.auroc_with]),
        }


class _Learner:
    """What one training knows."""

    def __init__(
        self,
        base: Method,
        choices: FitChoices,
        normals: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> None:
        rows = [image.grid.rows for image in normals]
        self._name, self._normals, self._defects, self._training = base.name, normals, defects, training
        self._base = base.fit(rows, choices)
        self._folds = deal_in_runs(len(normals), FOLDS)
        self._scores = np.zeros(len(normals))
        self._oddness: list[Floats] = [np.empty((0, 0), np.float32)] * len(normals)
        self._defects_found: list[list[MethodScore]] = []
        for fold, fitted in zip(self._folds, base.cross_fit(rows, self._folds, choices), strict=True):
            self._score_unseen(fitted, fold)

    def learn(self) -> FittedResidual:
        base = Scale.measure(self._scores)
        patches = Scale.measure(np.array([top_mean(oddness) for oddness in self._oddness]))
        alone = Scales(base, patches, Scale(0.0, 1.0), Scale(0.0, 1.0))
        if len(self._defects) < FEWEST_DEFECTS:
            return FittedResidual(self._name, self._base, None, alone, choose_weight([], [], drawn_share=0.0))
        examples = ExampleMaker(self._normals, self._oddness, self._base, seed=self._training.seed)
        return self._with_head(examples, alone)

    def _with_head(self, examples: ExampleMaker, alone: Scales) -> FittedResidual:
        """Train a head for every fold, and for every kind one that knows the others; the folds' heads vote as one."""
        seen = deal_by_kind(self._defects, len(self._folds), self._training.seed)
        unseen = group_kinds(self._defects, MOST_KIND_GROUPS)
        heads, rounds, odds = [], [], np.zeros(len(self._normals))
        for number, group in enumerate([*seen, *unseen]):
            self._training.progress(number, len(seen) + len(unseen))
            fold = number if number < len(seen) else (number - len(seen)) % len(self._folds)
            head, normal_odds, defect_odds = self._hold_out(examples, fold, group)
            rounds.append(self._round(fold, group, normal_odds, defect_odds))
            if number < len(seen):
                heads.append(head)
                odds[self._folds[fold]] = normal_odds
        self._training.progress(len(seen) + len(unseen), len(seen) + len(unseen))
        drawn = float(np.mean([defect.mask is not None for defect in self._defects]))
        choice = choose_weight(rounds[: len(seen)], rounds[len(seen) :], drawn_share=drawn)
        if not choice.weight:
            return FittedResidual(self._name, self._base, None, alone, choice)
        known = np.concatenate(self._folds[: len(seen)])
        head_scale = Scale.measure(odds[known])
        both = combine(alone.base.of_all(self._scores[known]), head_scale.of_all(odds[known]), choice.weight)
        scales = replace(alone, head=head_scale, both=Scale.measure(both))
        found = [
            _joined(
                self._defects_found[fold][index], head.log_odds(self._defects[index].image.grid), scales, choice.weight
            )
            for fold, (head, group) in enumerate(zip(heads, seen, strict=True))
            for index in group
        ]
        return FittedResidual(self._name, self._base, average_heads(heads), scales, choice, found)

    def _score_unseen(self, fitted: FittedMethod, fold: NDArray[np.intp]) -> None:
        """Score a fold's normals, and all defects beside them, by a base that knows neither."""
        for index in fold:
            found = fitted.score(self._normals[index])
            self._scores[index], self._oddness[index] = found.score, found.patches
        self._defects_found.append([fitted.score(defect.image) for defect in self._defects])

    def _hold_out(self, examples: ExampleMaker, fold: int, group: Sequence[int]) -> tuple[PatchHead, Floats, Floats]:
        """Return a head that knows neither a fold's normals nor a group of defects, and its odds of both."""
        kept = np.setdiff1d(np.arange(len(self._normals)), self._folds[fold]).tolist()
        others = [defect for index, defect in enumerate(self._defects) if index not in set(group)]
        made = examples.make(kept, others)
        head = train_head(made, examples.mean, examples.spread, seed=self._training.seed + fold)
        normals = [self._normals[index] for index in self._folds[fold]]
        return head, _odds(head, normals), _odds(head, [self._defects[index].image for index in group])

    def _round(self, fold: int, group: Sequence[int], normal_odds: Floats, defect_odds: Floats) -> Round:
        scores = self._scores[self._folds[fold]]
        base, head = Scale.measure(scores), Scale.measure(normal_odds)
        normals = np.stack([base.of_all(scores), head.of_all(normal_odds)])
        known = np.array([self._defects_found[fold][index].score for index in group], dtype=np.float32)
        defects = np.stack([base.of_all(known), head.of_all(defect_odds)])
        return normals, defects


def _joined(found: MethodScore, odds: Floats | None, scales: Scales, weight: float) -> MethodScore:
    """Return what a base found, raised by a head's odds (height, width).

    The outer z makes scores of trainings that chose other weights comparable; it changes no order.
    """
    score, patches = scales.base.of(found.score), scales.patches.of_all(found.patches)
    if odds is not None:
        score += weight * max(0.0, scales.head.of(top_mean(odds, HIGHEST_ODDS)))
        patches = combine(patches, scales.head.of_all(odds), weight)
    return MethodScore(scales.both.of(score), patches)


def _odds(head: PatchHead, images: Sequence[EmbeddedImage]) -> Floats:
    return np.array([top_mean(head.log_odds(image.grid), HIGHEST_ODDS) for image in images], dtype=np.float32)
