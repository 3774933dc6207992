from dataclasses import replace

import numpy as np
import torch

from detectors.methods.sampling.marked_examples import CELLS, SIDE, MarkedExamples, has_marked_cells
from tests.unit.detectors.methods.sampling.small import good_images, marked_defects


def test_marks_the_defect_and_calls_all_of_a_good_picture_normal() -> None:
    examples = MarkedExamples(marked_defects(2), good_images())

    # A spot of 16 of 64 px.
    assert examples.marks.is_defect.sum(dim=(1, 2)).tolist() == [16 * 16] * 2 + [0] * 14
    assert bool(examples.marks.is_normal[2:].all())
    assert not bool((examples.marks.is_defect & examples.marks.is_normal).any())


def test_draws_defects_and_good_pictures_side_by_side() -> None:
    examples = MarkedExamples(marked_defects(5), good_images())

    pictures, marks, is_good = examples.draw(3, 4, torch.Generator().manual_seed(0))

    assert pictures.shape == (7, 3, SIDE, SIDE)
    assert marks.is_defect.shape == (7, CELLS, CELLS)
    assert is_good.tolist() == [False] * 3 + [True] * 4
    assert marks.is_defect.any(dim=(1, 2)).tolist() == [True] * 3 + [False] * 4


def test_draws_all_there_are_where_there_are_fewer() -> None:
    pictures, _, _ = MarkedExamples(marked_defects(1), good_images()).draw(3, 2, torch.Generator().manual_seed(0))

    assert len(pictures) == 3


def test_knows_a_defect_that_nobody_marked() -> None:
    defect = marked_defects(1)[0]

    assert has_marked_cells(defect)
    assert not has_marked_cells(replace(defect, mask=None))
    assert not has_marked_cells(replace(defect, mask=np.zeros((64, 64), dtype=bool)))
