from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from detectors.learning import Promise, score_unseen_defects, train_and_calibrate
from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FittedMethod,
    LabelledDefect,
    MethodScore,
    PatchGrid,
    Remembers,
    TrainedMethod,
    Training,
)
from detectors.methods.supervised.residual import Residual
from tests.unit.detectors.methods.reconstruction.trainings import GRID, SIDE, make_training, striped_images


@dataclass(frozen=True)
class Familiarity:
    """Scores an image by whether it was among the defects learned from, and remembers how many good ones were."""

    defects: tuple[float, ...]
    good: int

    def score(self, image: EmbeddedImage) -> MethodScore:
        patches = np.full((1, 1), self.good, dtype=np.float32)
        return MethodScore(float(image.grid.rows[0, 0] in self.defects), patches)

    def arrays(self) -> Arrays:
        return {"defects": np.array(self.defects), "good": np.array(self.good)}


class Rote:
    """Learns by heart."""

    name: ClassVar[str] = "rote"
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
        del training
        return Familiarity(tuple(float(one.image.grid.rows[0, 0]) for one in defects), len(good) + len(held_out))

    def restore(self, arrays: Arrays) -> FittedMethod:
        return Familiarity(tuple(arrays["defects"].tolist()), int(arrays["good"]))


class SlowRote(Rote):
    """Is too slow to be trained again."""

    folds: ClassVar[int] = 0


class HungryRote(Rote):
    """Needs more defects than a fold leaves."""

    fewest_defects: ClassVar[int] = 5


def make_image(value: float) -> EmbeddedImage:
    return EmbeddedImage(np.zeros((1, 1, 3), np.uint8), PatchGrid(np.full((1, 1), value, np.float32), 1, 1))


def score(method: TrainedMethod, defects: int) -> tuple[list[float], list[str]]:
    trained: list[str] = []

    def training_of(name: str) -> Training:
        trained.append(name)
        return make_training()

    labelled = [LabelledDefect(make_image(100 + number), None, "cut") for number in range(defects)]
    good = [make_image(number) for number in range(10)]
    found = score_unseen_defects(method, good, labelled, training_of, seed=0)
    return [one.score for one in found], trained


@pytest.mark.parametrize(("defects", "trainings"), [(9, 4), (2, 2)])
def test_scores_every_defect_by_a_training_that_has_not_seen_it(defects: int, trainings: int) -> None:
    scores, trained = score(Rote(), defects)

    assert scores == [0.0] * defects
    assert trained == [f"defects-{number}" for number in range(trainings)]


@pytest.mark.parametrize(("method", "defects"), [(SlowRote(), 9), (Rote(), 1), (Rote(), 0), (HungryRote(), 6)])
def test_scores_none_where_none_can_be_held_out(method: TrainedMethod, defects: int) -> None:
    assert score(method, defects) == ([], [])


def test_a_trained_memory_names_images_by_their_number_among_all() -> None:
    images = striped_images(16)

    fitted, _ = train_and_calibrate(
        Residual(), images, [], lambda _: make_training(), Promise(0.1, SIDE, 0), lambda _stage, _done, _total: None
    )

    assert isinstance(fitted, Remembers)
    found = [
        (number, patch, fitted.nearest_normal(image.grid.rows[patch]))
        for number, image in enumerate(images)
        for patch in (0, GRID * GRID - 1)
    ]
    remembered = [(number, patch, one) for number, patch, one in found if one is not None and one.distance == 0]
    assert len(remembered) >= 20
    assert all((one.image, one.patch) == (number, patch) for number, patch, one in remembered)
