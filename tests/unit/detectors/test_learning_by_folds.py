"""How learning.py trains, holds out and calibrates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from detectors.learning import Promise, calibrate_by_folds, require_enough, train_and_calibrate
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FittedMethod,
    LabelledDefect,
    MethodError,
    MethodScore,
    PatchGrid,
    Training,
)
from detectors.methods.supervised.residual import CHOICES
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images
from tests.unit.detectors.methods.supervised.labelled import spotted_defects

PROMISE = Promise(wanted_rate=0.1, image_size=16, seed=0)


@dataclass(frozen=True)
class Known:
    """Scores 1 where it has seen an image, else the image's own number as a share: then every score is unseen."""

    numbers: frozenset[float]

    def score(self, image: EmbeddedImage) -> MethodScore:
        number = float(image.grid.rows[0, 0])
        value = 1000.0 if number in self.numbers else number
        return MethodScore(value, np.full((1, 1), value, np.float32))

    def arrays(self) -> Arrays:
        return {"numbers": np.array(sorted(self.numbers))}


@dataclass
class Rememberer:
    """Learns which images it was given, and notes how many were held out and how many defects there were."""

    folds: ClassVar[int] = 4
    name: ClassVar[str] = "rememberer"
    fewest_images: ClassVar[int] = 4
    fewest_defects: ClassVar[int] = 1
    uses_defects: ClassVar[bool] = True
    given: list[tuple[int, int, int]] = field(default_factory=list)

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> FittedMethod:
        del training
        self.given.append((len(good), len(held_out), len(defects)))
        return Known(frozenset(float(image.grid.rows[0, 0]) for image in [*good, *held_out]))

    def restore(self, arrays: Arrays) -> FittedMethod:
        return Known(frozenset(arrays["numbers"].tolist()))


class SlowRememberer(Rememberer):
    """The same, too slow to be trained once a fold."""

    folds: ClassVar[int] = 0


def numbered(count: int) -> list[EmbeddedImage]:
    square = np.zeros((16, 16, 3), np.uint8)
    return [EmbeddedImage(square, PatchGrid(np.full((1, 1), number, np.float32), 1, 1)) for number in range(count)]


def tell_nothing(_stage: str, _done: int, _total: int) -> None:
    """Watch a learning without a word."""


def learn(method: Rememberer, count: int) -> tuple[tuple[float, ...], list[str]]:
    names: list[str] = []

    def training_of(name: str) -> Training:
        names.append(name)
        return make_training()

    _, calibration = train_and_calibrate(
        method, numbered(count), spotted_defects(2), training_of, PROMISE, tell_nothing
    )
    return calibration.scores, names


def test_a_quick_method_scores_every_image_by_a_training_that_has_not_seen_it() -> None:
    method = Rememberer()

    scores, names = learn(method, 20)

    assert scores == tuple(float(number) for number in range(20))
    assert names == ["fold-0", "fold-1", "fold-2", "fold-3", "all"]
    assert method.given == [(13, 2, 2)] * 4 + [(17, 3, 2)]


def test_a_slow_method_is_trained_once_and_calibrated_on_a_quarter() -> None:
    method = SlowRememberer()

    scores, names = learn(method, 20)

    assert len(scores) == 5
    assert max(scores) < 20
    assert names == ["once"]
    assert method.given == [(13, 2, 2)]


def test_the_threshold_leaves_out_no_more_than_was_promised() -> None:
    _, calibration = train_and_calibrate(
        Rememberer(), numbered(20), spotted_defects(1), lambda _: make_training(), PROMISE, tell_nothing
    )

    assert calibration.promised_rate == 0.1
    assert sum(score > calibration.threshold for score in calibration.scores) == 1


@pytest.mark.parametrize(
    ("method", "images", "defects", "words"),
    [
        (Rememberer(), 7, 1, "at least 8 good images, got 7"),
        (SlowRememberer(), 9, 1, "at least 10 good images, got 9"),
        (Rememberer(), 8, 0, "at least 1 labelled defects, got 0"),
    ],
)
def test_says_how_many_a_method_needs(method: Rememberer, images: int, defects: int, words: str) -> None:
    with pytest.raises(MethodError, match=f"rememberer needs {words}"):
        require_enough(method, images, defects)


def test_a_method_fitted_by_folds_finds_every_image_a_little_odd() -> None:
    images = striped_images(12)
    told: list[tuple[str, int, int]] = []

    calibration = calibrate_by_folds(
        PatchCore(),
        [image.grid.rows for image in images],
        lambda index: images[index].grid,
        CHOICES,
        PROMISE,
        lambda *stage: told.append(stage),
    )

    assert len(calibration.scores) == 12
    assert min(calibration.scores) > 0
    assert told[-1] == ("calibrate", 12, 12)
