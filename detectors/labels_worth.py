"""Whether labels are worth it where it counts: in how many defects are told at the promised rate of false alarms.

A head may rank defects better and still be sure of one good image in a hundred; that one sets the threshold.
"""

from collections.abc import Sequence

from detectors.calibration import Calibration
from detectors.expected_cost import recall_at

# One defect of ten more or less is chance.
CLEARLY_FEWER = 0.1


def labels_cost_defects(
    with_labels: Calibration, unseen_with: Sequence[float], without: Calibration, unseen_without: Sequence[float]
) -> str | None:
    """Say that the labels are not used, where clearly fewer defects lie above the threshold with them than without.

    unseen_with, unseen_without: scores of the labelled defects by what had not learned from them.
    """
    told_with = recall_at(with_labels.threshold, unseen_with)
    told_without = recall_at(without.threshold, unseen_without)
    count = len(unseen_without)
    # Rounded first: of ten, one is a tenth, whatever binary fractions say.
    if round(told_without - told_with, 9) <= CLEARLY_FEWER:
        return None
    return (
        f"The labels are not used: with them {round(told_with * count)} of {count} labelled defects would score above "
        f"the threshold, without them {round(told_without * count)}."
    )
