import numpy as np

from detectors.methods.patchcore import PatchCore
from detectors.methods.port import FittedMethod
from detectors.methods.supervised.head_examples import ExampleMaker, deal_by_kind, deal_in_runs, group_kinds
from detectors.methods.supervised.patch_head import with_surroundings
from detectors.methods.supervised.residual import CHOICES
from tests.unit.detectors.methods.reconstruction.trainings import striped_images
from tests.unit.detectors.methods.supervised.labelled import spotted_defects

GOOD = striped_images(8)


def fitted_base() -> FittedMethod:
    return PatchCore().fit([image.grid.rows for image in GOOD], CHOICES)


def make_examples(*, seed: int = 0) -> ExampleMaker:
    base = fitted_base()
    return ExampleMaker(GOOD, [base.score(image).patches for image in GOOD], base, seed=seed)


def test_a_drawn_defect_gives_its_defective_patches_and_those_beside_it() -> None:
    defect = spotted_defects(1)[0]

    examples = make_examples().make(range(8), [defect])

    rows = with_surroundings(defect.image.grid)
    inside = np.zeros((8, 8), dtype=bool)
    inside[3:5, 3:5] = True
    assert np.array_equal(examples.rows[examples.is_defect], rows[inside.ravel()])
    beside = examples.rows[4:64]
    assert {tuple(row) for row in beside.tolist()} == {tuple(row) for row in rows[~inside.ravel()].tolist()}


def test_draws_defects_their_surroundings_and_good_patches_as_two_to_one_to_one() -> None:
    examples = make_examples().make(range(8), spotted_defects(3))

    defective = examples.weights[examples.is_defect].sum()
    assert np.isclose(defective, 2.0)
    assert np.isclose(examples.weights[~examples.is_defect].sum(), 2.0)


def test_an_unmarked_defect_is_stood_for_by_its_oddest_patches() -> None:
    defect = spotted_defects(1, is_drawn=False)[0]

    examples = make_examples().make(range(8), [defect])

    oddest = int(fitted_base().score(defect.image).patches.argmax())
    assert np.array_equal(examples.rows[examples.is_defect], with_surroundings(defect.image.grid)[[oddest]])


def test_takes_good_patches_only_from_the_images_asked_for() -> None:
    maker = make_examples()

    examples = maker.make([2], spotted_defects(1))

    known = {tuple(row) for row in with_surroundings(GOOD[2].grid).tolist()}
    assert {tuple(row) for row in examples.rows[64:].tolist()} <= known
    assert len(examples.rows) > 64


def test_deals_every_kind_to_every_fold() -> None:
    defects = spotted_defects(12, kinds=("crack", "dent"))

    folds = deal_by_kind(defects, 3, seed=0)

    assert sorted(index for fold in folds for index in fold) == list(range(12))
    assert all(sorted(defects[index].kind for index in fold) == ["crack"] * 2 + ["dent"] * 2 for fold in folds)
    assert [len(fold) for fold in deal_by_kind(defects[:2], 3, seed=0)] == [1, 1]


def test_groups_the_defects_of_a_kind() -> None:
    defects = spotted_defects(6, kinds=("crack", "dent", "hole"))

    assert group_kinds(defects, 5) == [[0, 3], [1, 4], [2, 5]]
    assert group_kinds(defects, 2) == [[0, 2, 3, 5], [1, 4]]
    assert group_kinds(spotted_defects(6), 5) == group_kinds([], 5) == []


def test_deals_images_in_runs_and_leaves_no_fold_empty() -> None:
    folds = deal_in_runs(36, 3)

    assert sorted(np.concatenate(folds).tolist()) == list(range(36))
    assert folds[0].tolist()[:4] == [0, 1, 2, 9]
    assert [len(fold) for fold in deal_in_runs(5, 3)] == [2, 2, 1]
