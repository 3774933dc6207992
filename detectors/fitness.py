"""Whether a detector is fit for its work, as far as good images and made-up defects can tell."""

from dataclasses import dataclass
from enum import StrEnum

from storage.records import NOT_FIT as NOT_FIT_WORD

GOOD_FROM = 0.9
WEAK_FROM = 0.7


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


def judge_fitness(clear_auroc: float) -> Fitness:
    """Judge by the AUROC of clearly visible made-up defects against held-out good images."""
    share = f"{clear_auroc:.0%} of the time a clearly visible made-up defect scores above a good image"
    if clear_auroc >= GOOD_FROM:
        return Fitness(FitnessWord.GOOD, clear_auroc, f"Good: {share}.")
    if clear_auroc >= WEAK_FROM:
        advice = "small or faint defects will be missed; steadier light and position, or labelled defects, help"
        return Fitness(FitnessWord.WEAK, clear_auroc, f"Weak: {share}; {advice}.")
    advice = "good images differ among themselves as much as defects do"
    return Fitness(FitnessWord.NOT_FIT, clear_auroc, f"Not fit: only {share}; {advice}.")
