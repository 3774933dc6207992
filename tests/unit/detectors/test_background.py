from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.sources import DetectorSettings
from detectors.background import FEWEST_IMAGES, NONE, SHARE, Background, learn_background, middle_of
from detectors.decode import Decoder
from detectors.fitting import fit_detector
from detectors.methods.port import MethodScore
from detectors.scoring import load_detector
from tests.plates import make_plate

GENERATOR = np.random.default_rng(0)
MIDDLES = GENERATOR.uniform(1, 3, size=40)
LEARNED = learn_background(list(4 + 1.2 * MIDDLES), list(MIDDLES))


def picture(background: float, oddest: float) -> MethodScore:
    patches = np.full((8, 8), background, dtype=np.float32)
    patches[2, 3] = oddest
    return MethodScore(oddest, patches)


def test_takes_off_a_share_of_what_good_images_show() -> None:
    assert LEARNED.slope == pytest.approx(SHARE * 1.2)
    assert LEARNED.off_score(7.0, 2.5) == pytest.approx(7.0 - SHARE * 1.2 * (2.5 - LEARNED.usual))


def test_leaves_a_picture_with_the_usual_background_as_it_is() -> None:
    found = LEARNED.off(picture(LEARNED.usual, 9.0))

    assert found.score == pytest.approx(9.0)


def test_leaves_patches_as_they_are() -> None:
    raw = picture(2.8, 9.0)

    found = LEARNED.off(raw)

    assert found.patches is raw.patches
    assert found.score < raw.score


def test_what_is_odd_throughout_as_no_good_image_was_is_not_excused() -> None:
    assert LEARNED.off_score(50.0, 40.0) == LEARNED.off_score(50.0, LEARNED.highest)
    assert LEARNED.off(picture(40.0, 50.0)).score > 48.0
    assert LEARNED.off_score(0.0, -40.0) == LEARNED.off_score(0.0, LEARNED.lowest)


def test_a_few_images_teach_nothing() -> None:
    few = list(MIDDLES[: FEWEST_IMAGES - 1])

    assert learn_background(few, few) == NONE
    assert learn_background([*few, 1.0], [*few, 1.0]) != NONE


def test_images_alike_throughout_teach_no_slope() -> None:
    scores = list(GENERATOR.uniform(size=40))

    found = learn_background(scores, [1.0] * 40)

    assert found.slope == 0.0
    assert found.off_score(3.0, 9.0) == 3.0


def test_scores_that_fall_as_the_background_rises_are_left_alone() -> None:
    assert learn_background(list(-MIDDLES), list(MIDDLES)).slope == 0.0


def test_the_middle_is_the_median() -> None:
    assert middle_of(picture(2.0, 90.0).patches) == 2.0


def test_nothing_learned_takes_nothing_off() -> None:
    assert NONE.off(picture(3.0, 9.0)).score == 9.0
    assert Background() == NONE


def in_light(seed: int, light: float, *, has_scratch: bool = False) -> np.ndarray:
    """A plate in a grain of its own: the stronger, the odder all of it."""
    grain = np.random.default_rng(seed).normal(scale=20 * light, size=(120, 120, 1))
    plate = np.asarray(make_plate(seed, has_scratch=has_scratch).resize((120, 120)), dtype=np.float64)
    return np.clip(plate + grain, 0, 255).astype(np.uint8)


def test_a_fit_keeps_what_it_learned_of_backgrounds_and_scores_by_it(
    tmp_path: Path, decoder: Decoder, weights_dir: Path
) -> None:
    (tmp_path / "good").mkdir()
    images = [tmp_path / "good" / f"{seed:02}.png" for seed in range(24)]
    for seed, path in enumerate(images):
        Image.fromarray(in_light(seed, seed / 24)).save(path)
    settings = DetectorSettings(preset="default", method="patchcore", image_size=96, threads=1)
    fitted = fit_detector(
        images,
        decoder=decoder,
        settings=settings,
        bit_depth=None,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
    )
    fitted.save(tmp_path / "bundle")
    detector = load_detector(tmp_path / "bundle", weights_dir=weights_dir, threads=1)
    pixels = in_light(50, 0.9)

    seen, found = detector.look(pixels)
    raw = detector.learnt.score(seen)

    assert detector.calibration.background == fitted.calibration.background != NONE
    assert found.score == fitted.calibration.background.off(raw).score < raw.score
    assert detector.inspect(pixels).score == found.score
    assert detector.inspect(in_light(50, 0.9, has_scratch=True)).score > found.score
