from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.sources import DetectorSettings, LimitSettings
from detectors.evaluation import (
    EvaluationError,
    EvaluationLine,
    KindFigures,
    evaluate_category,
    find_categories,
    judge_category,
    mean_line,
)
from detectors.measuring import Outcome
from tests.plates import write_plates

CONTRACT = (
    "category method preset backbone image_size seed image_auroc image_ap image_f1_max pixel_auroc aupro "
    "false_alarm_rate recall fit_seconds coreset_seconds milliseconds_p50 milliseconds_p95 images_per_second bank_rows "
    "bank_bytes peak_rss_bytes train_images test_images image_auroc_low image_auroc_high kinds peak_inside trivial "
    "best_trivial masks_missing fitness fitness_auroc choice promised_rate "
    "promised_low promised_high kept_promise"
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
    assert line.promised_rate == pytest.approx(1 / 13)
    assert line.promised_low == 0
    assert line.promised_high is not None
    assert line.false_alarm_rate is not None
    assert line.kept_promise == (line.false_alarm_rate <= line.promised_high)


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


def test_judges_every_kind_of_defect_and_the_trivial_figures_beside_it(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    folder = make_category(tmp_path / "plate")
    write_plates(folder / "test" / "none", 3, first_seed=70)

    line = evaluate(folder, small_settings, weights_dir)

    assert {kind: one.images for kind, one in line.kinds.items()} == {"none": 3, "scratch": 5}
    assert (line.kinds["scratch"].image_auroc, line.kinds["scratch"].recall) == (1.0, 1.0)
    assert line.kinds["none"].recall < 1
    assert line.image_auroc_low is not None
    assert line.image_auroc is not None
    assert line.image_auroc_high is not None
    assert line.image_auroc_low <= line.image_auroc <= line.image_auroc_high
    assert line.peak_inside == 1.0
    assert set(line.trivial) == {"mean_brightness", "standard_deviation", "file_size"}
    assert line.best_trivial == max(line.trivial.values())
    assert line.masks_missing == 3


def test_keeps_scores_and_pictures_for_a_report(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    (category,) = find_categories(make_category(tmp_path / "plate"))

    judged = judge_category(
        category,
        settings=small_settings,
        limits=LimitSettings(),
        limit=3,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
        is_drawn=True,
    )

    assert judged.asked == "preset fast"
    assert judged.labels.tolist() == [False] * 3 + [True] * 3
    assert (judged.scores[judged.labels] > judged.scores[~judged.labels].max()).all()
    hits = [picture for picture in judged.pictures if picture.outcome is Outcome.HIT]
    assert sorted(picture.name for picture in hits) == ["plate-000.png", "plate-001.png", "plate-003.png"]


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


def test_the_mean_of_several_seeds_and_methods_claims_neither_nor_an_interval(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    line = evaluate(make_category(tmp_path / "plate"), small_settings, weights_dir, limit=3)
    first = replace(line, trivial={"mean_brightness": 0.5}, fitness=None, kinds={"cut": KindFigures(1, 1.0, 1.0)})
    second = replace(line, seed=1, method="other", trivial={"mean_brightness": 0.7}, fitness=None)

    mean = mean_line([first, second])

    assert (mean.seed, mean.method, mean.fitness) == (None, "several", None)
    assert (mean.image_auroc_low, mean.image_auroc_high, mean.kinds) == (None, None, {})
    assert mean.trivial == {"mean_brightness": pytest.approx(0.6)}
