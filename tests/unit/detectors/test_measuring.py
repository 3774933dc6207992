from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detectors import dataset
from detectors.baselines import TrivialFigures
from detectors.decode import Decoder
from detectors.masks import MaskError, read_mask
from detectors.measuring import JudgedImage, Outcome, choose_pictures, draw_pictures, measure
from detectors.scoring import Detector
from tests.plates import SIDE, write_plates

SIZE = (SIDE, SIDE)


def make_judged(score: float, *, is_defect: bool, is_alarm: bool) -> JudgedImage:
    image = dataset.TestImage(
        Path(f"{score}.png"), is_defect=is_defect, mask=None, kind="crack" if is_defect else "good"
    )
    return JudgedImage(image, score, is_alarm, 1.0, TrivialFigures(0, 0, 0), None)


@pytest.mark.parametrize("drawn", [1, 255])
def test_a_mask_may_be_drawn_with_1_or_with_255(tmp_path: Path, decoder: Decoder, drawn: int) -> None:
    mask = np.zeros(SIZE, dtype=np.uint8)
    mask[:, : SIDE // 2] = drawn
    Image.fromarray(mask).save(tmp_path / "mask.png")

    found = read_mask(tmp_path / "mask.png", decoder, size=SIZE, shape=(32, 64))

    assert found.shape == (32, 64)
    assert found[:, :32].all()
    assert not found[:, 32:].any()


def test_refuses_by_name_a_mask_of_another_size(tmp_path: Path, decoder: Decoder) -> None:
    Image.new("L", (10, 20)).save(tmp_path / "small.png")

    with pytest.raises(MaskError, match=r"small\.png is 10 x 20 px and its image 128 x 128"):
        read_mask(tmp_path / "small.png", decoder, size=SIZE, shape=SIZE)


def test_refuses_by_name_a_mask_of_many_values(tmp_path: Path, decoder: Decoder) -> None:
    Image.fromarray(np.arange(SIDE * SIDE, dtype=np.uint8).reshape(SIZE)).save(tmp_path / "photo.png")

    with pytest.raises(MaskError, match=r"photo\.png holds more than two values"):
        read_mask(tmp_path / "photo.png", decoder, size=SIZE, shape=SIZE)


def test_refuses_by_name_a_mask_that_cannot_be_read(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "torn.png").write_bytes(b"torn")

    with pytest.raises(MaskError, match=r"torn\.png cannot be read"):
        read_mask(tmp_path / "torn.png", decoder, size=SIZE, shape=SIZE)


def test_shows_the_lowest_misses_and_the_highest_alarms_six_of_each() -> None:
    missed = [make_judged(score, is_defect=True, is_alarm=False) for score in range(8)]
    false = [make_judged(score, is_defect=False, is_alarm=True) for score in (20, 22, 21)]
    found = [make_judged(score, is_defect=True, is_alarm=True) for score in range(30, 38)]
    quiet = [make_judged(1, is_defect=False, is_alarm=False)]

    chosen = choose_pictures([*quiet, *found, *false, *missed])

    scores = {outcome: [one.score for one in ones] for outcome, ones in chosen.items()}
    assert scores == {
        Outcome.MISS: [0, 1, 2, 3, 4, 5],
        Outcome.FALSE_ALARM: [22, 21, 20],
        Outcome.HIT: [37, 36, 35, 34, 33, 32],
    }


def test_judges_and_draws_what_it_scored(tmp_path: Path, detector: Detector, decoder: Decoder) -> None:
    (bad,) = write_plates(tmp_path, 1, has_scratch=True)
    defect = dataset.TestImage(bad, is_defect=True, mask=None, kind="scratch")

    measured = measure(detector, dataset.Category("plate", (), (defect,)), decoder, lambda _stage, _done, _total: None)
    (picture,) = draw_pictures(detector, measured.images, decoder)

    assert (measured.labels.tolist(), measured.alarms.tolist()) == ([True], [True])
    assert (measured.maps, measured.masks, measured.images[0].peak_is_inside) == ([], [], None)
    assert (picture.outcome, picture.kind, picture.score) == (Outcome.HIT, "scratch", measured.scores[0])
    assert picture.png.startswith(b"\x89PNG")
