"""Whether a detector is fit for its work, as far as good images and made-up defects can tell."""

from dataclasses import dataclass
from enum import StrEnum

from storage.records import NOT_FIT as NOT_FIT_WORD

# A moved piece is hard to notice: detectors reach less here than on real defects, and in the same order.
GOOD_FROM = 0.8
WEAK_FROM = 0.65


class FitnessWord(StrEnum):
    """The verdict on a fit."""

    GOOD = "good"
    WEAK = "weak"
    NOT_FIT = NOT_FIT_WORD


@dataclass(frozen=True, slots=True)
class Fitness:
    """The verdict, the AUROC it rests on, and a sentence for people."""

    word: FitnessWord
    auroc: float
    sentence: str


def judge_fitness(moved_auroc: float) -> Fitness:
    """Judge by the AUROC of moved pieces of good images against held-out good images."""
    share = f"{moved_auroc:.0%} of the time a good image with a piece of it moved scores above an untouched one"
    if moved_auroc >= GOOD_FROM:
        return Fitness(FitnessWord.GOOD, moved_auroc, f"Good: {share}.")
    if moved_auroc >= WEAK_FROM:
        advice = "small or faint defects will be missed; steadier light and position, or labelled defects, help"
        return Fitness(FitnessWord.WEAK, moved_auroc, f"Weak: {share}; {advice}.")
    advice = "good images differ among themselves as much as defects do"
    return Fitness(FitnessWord.NOT_FIT, moved_auroc, f"Not fit: only {share}; {advice}.")
