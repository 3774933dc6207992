from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.settings import DetectorSettings, LimitSettings
from detectors.decode import Decoder
from detectors.evaluation import (
    EvaluationError,
    EvaluationLine,
    evaluate_category,
    find_categories,
    mean_line,
    read_mask,
)
from tests.plates import SIDE, write_plates

CONTRACT = (
    "category method preset backbone image_size seed image_auroc image_ap image_f1_max pixel_auroc aupro "
    "false_alarm_rate recall fit_seconds coreset_seconds milliseconds_p50 milliseconds_p95 images_per_second bank_rows "
    "bank_bytes peak_rss_bytes train_images test_images"
)


def make_category(folder: Path, *, masks: bool = True) -> Path:
    write_plates(folder / "train" / "good", 12)
    good = write_plates(folder / "test" / "good", 5, first_seed=50)
    bad = write_plates(folder / "test" / "scratch", 5, first_seed=50, has_scratch=True)
    for one, other in zip(good, bad, strict=True):
        change = np.asarray(Image.open(one)).astype(int) - np.asarray(Image.open(other))
        if masks:
            path = folder / "ground_truth" / "scratch" / f"{other.stem}_mask.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(((np.abs(change).sum(axis=2) > 30) * 255).astype(np.uint8)).save(path)
    return folder


def evaluate(folder: Path, settings: DetectorSettings, weights_dir: Path, limit: int | None = None) -> EvaluationLine:
    (category,) = find_categories(folder)
    return evaluate_category(
        category,
        settings=settings,
        limits=LimitSettings(),
        limit=limit,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
    )


def test_measures_a_category(tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path) -> None:
    line = evaluate(make_category(tmp_path / "plate"), small_settings, weights_dir)

    assert [one.name for one in fields(line)] == CONTRACT.split()
    assert (line.category, line.train_images, line.test_images) == ("plate", 12, 10)
    assert line.image_auroc == line.image_ap == line.image_f1_max == line.recall == 1.0
    assert line.pixel_auroc is not None
    assert line.pixel_auroc > 0.8
    assert line.aupro is not None
    assert 0.3 < line.aupro <= 1
    assert line.fit_seconds > line.coreset_seconds > 0
    assert line.milliseconds_p95 >= line.milliseconds_p50 > 0
    assert line.peak_rss_bytes > 100_000_000


def test_pixel_figures_are_missing_without_masks(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    line = evaluate(make_category(tmp_path / "plate", masks=False), small_settings, weights_dir, limit=4)

    assert (line.pixel_auroc, line.aupro, line.train_images, line.test_images) == (None, None, 4, 8)


def test_writes_nothing_beside_the_images(tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path) -> None:
    make_category(tmp_path / "plate")
    before = sorted(tmp_path.rglob("*"))

    evaluate(tmp_path, small_settings, weights_dir, limit=3)

    assert sorted(tmp_path.rglob("*")) == before


def test_leaves_out_an_unreadable_test_image(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    folder = make_category(tmp_path / "plate")
    (folder / "test" / "good" / "plate-000.png").write_bytes(b"broken")

    assert evaluate(folder, small_settings, weights_dir).test_images == 9


def test_says_that_no_test_image_could_be_read(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    write_plates(tmp_path / "plate" / "train" / "good", 3)
    (tmp_path / "plate" / "test" / "good").mkdir(parents=True)
    (tmp_path / "plate" / "test" / "good" / "a.png").write_bytes(b"broken")

    with pytest.raises(EvaluationError, match="No test image of plate"):
        evaluate(tmp_path / "plate", small_settings, weights_dir)


@pytest.mark.parametrize("drawn", [1, 255])
def test_a_mask_may_be_drawn_with_1_or_with_255(tmp_path: Path, decoder: Decoder, drawn: int) -> None:
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    mask[:, : SIDE // 2] = drawn
    Image.fromarray(mask).save(tmp_path / "mask.png")

    found = read_mask(tmp_path / "mask.png", decoder, (32, 64))

    assert found.shape == (32, 64)
    assert found[:, :32].all()
    assert not found[:, 32:].any()


def test_the_mean_is_over_the_categories_that_have_a_figure(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    line = evaluate(make_category(tmp_path / "plate"), small_settings, weights_dir, limit=3)
    first = replace(line, image_auroc=0.8, pixel_auroc=None, aupro=None, bank_rows=100, peak_rss_bytes=5)
    second = replace(line, category="other", image_auroc=0.9, pixel_auroc=0.7, aupro=None, bank_rows=301)

    mean = mean_line([first, second])

    assert mean.category == "mean"
    assert mean.image_auroc == pytest.approx(0.85)
    assert (mean.pixel_auroc, mean.aupro, mean.bank_rows) == (0.7, None, 200)
    assert mean.peak_rss_bytes == second.peak_rss_bytes
    assert list(asdict(mean)) == CONTRACT.split()
