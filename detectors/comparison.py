"""Try several methods on one kind of image and recommend one from what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from detectors.dataset import GOOD, Category, TestImage
from detectors.decode import DecodeError, Decoder
from detectors.errors import DetectorError
from detectors.evaluation import EvaluationLine
from detectors.synthetic import make_defects

FEWEST_GOOD = 8
HELD_OUT_SHARE = 4
MOST_HELD_OUT = 40
# With few images the interval is wide; speed is never worth more AUROC than this.
MOST_LOST = 0.02
# Less than this between two times an image is noise.
CLEARLY_FASTER = 1.2


class ComparisonError(DetectorError):
    """Methods cannot be compared."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The method to take, and why in one sentence."""

    method: str
    reason: str


def recommend(lines: Sequence[EvaluationLine], *, is_made_up: bool) -> Recommendation:
    """Recommend the best AUROC, or one within its interval, at most .02 below and clearly faster; else the fastest.

    lines: one a method, at least one, all of the same test images. is_made_up: the defects are none of the user's own.
    """
    judged = [line for line in lines if line.image_auroc is not None]
    if not judged:
        fastest = min(lines, key=lambda line: line.milliseconds_p50)
        why = "there are no good and defective images to tell apart, and it is the fastest"
        return Recommendation(fastest.method, f"Take {fastest.method}: {why}.")
    best = max(judged, key=_auroc)
    low = max(_auroc(best) - MOST_LOST, best.image_auroc_low or 0.0)
    within = [line for line in judged if _auroc(line) >= low]
    taken = max(_among_fastest(within), key=_auroc)
    if taken.milliseconds_p50 * CLEARLY_FASTER > best.milliseconds_p50:
        taken = best
    return Recommendation(taken.method, f"Take {taken.method}: {_reason(taken, best, is_made_up=is_made_up)}.")


def hold_out(folder: Path, images: Sequence[Path], *, decoder: Decoder, into: Path, seed: int) -> Category:
    """Return good images as a category: a quarter is held out, once as it is and once with a made-up defect.

    The defects are written as PNG into a folder of the caller's; raise ComparisonError where there are too few images.
    """
    if len(images) < FEWEST_GOOD:
        raise ComparisonError(f"To compare methods takes at least {FEWEST_GOOD} good images, got {len(images)}.")
    count = min(MOST_HELD_OUT, max(2, len(images) // HELD_OUT_SHARE))
    order = np.random.default_rng(seed).permutation(len(images))
    chosen = sorted(int(index) for index in order[:count])
    held_out = [images[index] for index in chosen]
    good = [TestImage(path, is_defect=False, mask=None, kind=GOOD) for path in held_out]
    train = tuple(path for index, path in enumerate(images) if index not in set(chosen))
    return Category(folder.absolute().name, train, (*good, *_made_up(held_out, decoder, into, seed)))


def _made_up(held_out: Sequence[Path], decoder: Decoder, into: Path, seed: int) -> list[TestImage]:
    pixels = []
    for path in held_out:
        try:
            pixels.append(decoder.decode(path).pixels)
        except DecodeError:
            continue
    if not pixels:
        raise ComparisonError("None of the good images held out could be read.")
    found = []
    for number, defect in enumerate(make_defects(pixels, seed)):
        path, mask = into / f"{number:03d}.png", into / f"{number:03d}_mask.png"
        Image.fromarray(defect.pixels).save(path)
        Image.fromarray(defect.mask).convert("L").save(mask)
        found.append(TestImage(path, is_defect=True, mask=mask, kind=defect.kind))
    return found


def without_trivial(line: EvaluationLine) -> EvaluationLine:
    """Return a line of made-up defects without the trivial baselines: their files differ from the good ones' anyway."""
    return replace(line, trivial={}, best_trivial=None)


def _among_fastest(lines: Sequence[EvaluationLine]) -> list[EvaluationLine]:
    limit = min(line.milliseconds_p50 for line in lines) * CLEARLY_FASTER
    return [line for line in lines if line.milliseconds_p50 <= limit]


def _reason(taken: EvaluationLine, best: EvaluationLine, *, is_made_up: bool) -> str:
    of_what = "AUROC on made-up defects" if is_made_up else "AUROC"
    if taken is best:
        return f"its {of_what} of {_auroc(best):.3f} is the highest and nothing clearly faster comes near it"
    return (
        f"its {of_what} of {_auroc(taken):.3f} lies within the interval of the highest ({best.method}, "
        f"{_auroc(best):.3f}, from {best.image_auroc_low:.3f}) and it takes {taken.milliseconds_p50:.0f} ms an image, "
        f"not {best.milliseconds_p50:.0f}"
    )


def _auroc(line: EvaluationLine) -> float:
    return line.image_auroc if line.image_auroc is not None else 0.0
