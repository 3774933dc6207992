"""Whether a detector is fit for its work, as far as good images and made-up defects can tell."""

from dataclasses import dataclass
from enum import StrEnum

from storage.records import NOT_FIT as NOT_FIT_WORD

# A moved piece is hard to notice: detectors reach less here than on real defects, and in the same order.
GOOD_FROM = 0.8
WEAK_FROM = 0.65
# Fewer made-up defects told than that: an AUROC may be high, and a threshold that keeps its promise above most defects.
TOLD_FROM = 0.2


class FitnessWord(StrEnum):
    """The verdict on a fit."""

    GOOD = "good"
    WEAK = "weak"
    NOT_FIT = NOT_FIT_WORD


@dataclass(frozen=True, slots=True)
class Fitness:
    """The verdict, the AUROC it rests on, and a sentence for people.

    told: the share of made-up defects above a threshold that keeps the promise; None of versions fitted before.
    """

    word: FitnessWord
    auroc: float
    sentence: str
    told: float | None = None


def judge_fitness(moved_auroc: float, told: float) -> Fitness:
    """Judge by the AUROC of moved pieces of good images against held-out good images, and by the share told."""
    share = f"{moved_auroc:.0%} of the time a good image with a piece of it moved scores above an untouched one"
    at_promise = f"{told:.0%} of made-up defects are told at the promised rate of false alarms"
    if moved_auroc < WEAK_FROM:
        advice = "good images differ among themselves as much as defects do"
        return Fitness(FitnessWord.NOT_FIT, moved_auroc, f"Not fit: only {share}; {advice}.", told)
    if moved_auroc < GOOD_FROM or told < TOLD_FROM:
        advice = "small or faint defects will be missed; steadier light and position, or labelled defects, help"
        return Fitness(FitnessWord.WEAK, moved_auroc, f"Weak: {share}, and {at_promise}; {advice}.", told)
    return Fitness(FitnessWord.GOOD, moved_auroc, f"Good: {share}, and {at_promise}.", told)
