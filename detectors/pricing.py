"""What labelled defects say of a threshold: how many it finds, and which one would cost least."""

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.calibration import Calibration
from detectors.expected_cost import FEWEST_DEFECTS, LeastCost, Prices, find_least_cost, recall_at


@dataclass(frozen=True, slots=True)
class DefectOutlook:
    """How labelled defects fare that the method never saw.

    scored: how many could be held out. recall: their share above the threshold in use, None where none could.
    least_cost: the cheapest threshold, None where it was not asked for or could not be found.
    """

    scored: int
    recall: float | None
    least_cost: LeastCost | None
    sentence: str


def price_threshold(
    calibration: Calibration, defects: Sequence[float], prices: Prices | None
) -> tuple[Calibration, DefectOutlook | None]:
    """Return the calibration at the threshold to use, and what unseen defects' scores say of it.

    Without prices the promised threshold stays; with them the cheapest is taken, where defects enough can tell it.
    """
    if prices is None:
        return calibration, _outlook_at(calibration, defects) if defects else None
    if len(defects) < FEWEST_DEFECTS:
        return calibration, _without_price(calibration, defects)
    least = find_least_cost(calibration.scores, defects, prices)
    moved = calibration.moved_to(least.threshold)
    sentence = _moved_sentence(calibration, moved, least, defects, prices)
    return moved, DefectOutlook(len(defects), least.recall, least, sentence)


def _outlook_at(calibration: Calibration, defects: Sequence[float]) -> DefectOutlook:
    recall = recall_at(calibration.threshold, defects)
    found = round(recall * len(defects))
    sentence = f"{found} of {len(defects)} labelled defects that it has not seen score above the threshold."
    return DefectOutlook(len(defects), recall, None, sentence)


def _without_price(calibration: Calibration, defects: Sequence[float]) -> DefectOutlook:
    recall = recall_at(calibration.threshold, defects) if defects else None
    sentence = (
        f"The threshold of least cost needs {FEWEST_DEFECTS} labelled defects that the method has not seen, and there "
        f"are {len(defects) or 'none'}: the promised threshold stays."
    )
    return DefectOutlook(len(defects), recall, None, sentence)


def _moved_sentence(
    before: Calibration, after: Calibration, least: LeastCost, defects: Sequence[float], prices: Prices
) -> str:
    return (
        f"Where a miss costs {prices.miss_cost:.3g} false alarms and {prices.defect_rate:.2%} of images show a defect, "
        f"{after.threshold:.4g} costs least, not {before.threshold:.4g}: false alarms are promised at "
        f"{after.promised_rate:.1%} instead of {before.promised_rate:.1%} of good images, and {least.recall:.0%} "
        f"instead of {recall_at(before.threshold, defects):.0%} of {len(defects)} unseen defects are found."
    )
