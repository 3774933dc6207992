from dataclasses import replace
from pathlib import Path

import pytest

from detectors.comparison import ComparisonError, hold_out, recommend
from detectors.decode import Decoder
from detectors.evaluation import EvaluationLine
from tests.plates import write_plates
from tests.unit.detectors.reports.test_evaluation_page import LINE


def make_line(method: str, auroc: float | None, milliseconds: float, low: float | None = None) -> EvaluationLine:
    return replace(LINE, method=method, image_auroc=auroc, image_auroc_low=low, milliseconds_p50=milliseconds)


def test_recommends_the_highest_where_nothing_comes_near() -> None:
    lines = [make_line("slow", 0.95, 90.0, 0.9), make_line("quick", 0.89, 10.0, 0.8)]

    advice = recommend(lines, is_made_up=False)

    assert advice.method == "slow"
    assert "0.950 is the highest" in advice.reason


def test_recommends_a_clearly_faster_one_within_the_interval() -> None:
    lines = [make_line("slow", 0.95, 90.0, 0.9), make_line("quick", 0.94, 10.0, 0.8), make_line("poor", 0.5, 1.0, 0.4)]

    advice = recommend(lines, is_made_up=False)

    assert advice.method == "quick"
    assert "10 ms an image, not 90" in advice.reason


def test_speed_is_not_worth_much_auroc_however_wide_the_interval() -> None:
    lines = [make_line("slow", 0.95, 90.0, 0.5), make_line("quick", 0.92, 10.0, 0.5)]

    assert recommend(lines, is_made_up=False).method == "slow"


def test_an_interval_narrower_than_that_decides() -> None:
    lines = [make_line("slow", 0.995, 90.0, 0.99), make_line("quick", 0.98, 10.0, 0.9)]

    assert recommend(lines, is_made_up=False).method == "slow"


def test_a_little_faster_is_not_worth_a_lower_auroc() -> None:
    lines = [make_line("first", 0.95, 11.0, 0.9), make_line("second", 0.94, 10.0, 0.9)]

    assert recommend(lines, is_made_up=False).method == "first"


def test_prefers_the_better_of_two_that_are_as_fast() -> None:
    lines = [
        make_line("slow", 0.95, 90.0, 0.8),
        make_line("quickest", 0.935, 10.0, 0.7),
        make_line("quick", 0.94, 11.0, 0.7),
    ]

    assert recommend(lines, is_made_up=False).method == "quick"


def test_says_that_defects_were_made_up() -> None:
    assert "made-up defects" in recommend([make_line("only", 0.9, 1.0, 0.8)], is_made_up=True).reason


def test_recommends_the_fastest_where_nothing_can_be_told_apart() -> None:
    advice = recommend([make_line("slow", None, 9.0), make_line("quick", None, 1.0)], is_made_up=False)

    assert (advice.method, "no good and defective images" in advice.reason) == ("quick", True)


def test_holds_out_images_that_are_not_learnt_from(tmp_path: Path, decoder: Decoder) -> None:
    images = write_plates(tmp_path / "good", 12)
    (tmp_path / "made-up").mkdir()

    category = hold_out(tmp_path / "good", images, decoder=decoder, into=tmp_path / "made-up", seed=0)

    good = [image.path for image in category.test if not image.is_defect]
    defects = [image for image in category.test if image.is_defect]
    assert sorted([*category.train, *good]) == images
    assert (len(good), len(defects)) == (3, 3)
    for image in defects:
        assert image.mask is not None
        assert decoder.decode(image.mask).pixels.max() == 255
    assert sorted((tmp_path / "good").iterdir()) == images


def test_says_how_many_images_it_takes(tmp_path: Path, decoder: Decoder) -> None:
    images = write_plates(tmp_path, 7)

    with pytest.raises(ComparisonError, match="at least 8 good images, got 7"):
        hold_out(tmp_path, images, decoder=decoder, into=tmp_path, seed=0)
