from pathlib import Path

import numpy as np
import pytest

from config.sources import DetectorSettings
from detectors.decode import Decoder
from detectors.defect_files import DefectFile
from detectors.fitting import FitError, FittedDetector, fit_detector
from detectors.scoring import load_detector
from storage.records import RejectReason
from tests.plates import make_plate, write_plates


def fit(images: list[Path], decoder: Decoder, settings: DetectorSettings, weights_dir: Path) -> FittedDetector:
    return fit_detector(
        images,
        decoder=decoder,
        settings=settings,
        bit_depth=decoder.bit_depth,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
    )


def test_reports_what_was_learned_and_promised(fitted: FittedDetector) -> None:
    report = fitted.report

    assert (report.images, report.skipped, report.preset, report.image_size) == (12, (), "fast", 96)
    assert report.promised_rate == pytest.approx(1 / 13)
    assert report.wanted_rate == 0.01
    assert report.threshold == max(fitted.calibration.scores)
    assert len(fitted.calibration.scores) == 12
    assert report.bank_bytes == report.bank_rows * 152 * 4
    assert set(report.seconds) == {"features", "bank", "calibrate"}
    assert "7.69 %" in report.calibration_sentence
    assert (report.calibration_images, report.outlook) == (12, None)
    assert report.promised_interval == fitted.calibration.promised_interval
    assert report.interval_sentence.startswith("Between 0.21 % and 26 % of good images")


def test_refuses_no_images(decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path) -> None:
    with pytest.raises(FitError, match="no images"):
        fit([], decoder, small_settings, weights_dir)


@pytest.mark.parametrize("count", [1, 2])
def test_learns_from_one_or_two_images_and_says_how_little_that_promises(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path, count: int
) -> None:
    fitted = fit(write_plates(tmp_path / "good", count), decoder, small_settings, weights_dir)
    fitted.save(tmp_path / "bundle")

    detector = load_detector(tmp_path / "bundle", weights_dir=weights_dir, threads=1)
    scratched = [np.asarray(make_plate(seed, has_scratch=True)) for seed in range(60, 66)]
    good = [np.asarray(make_plate(seed)) for seed in range(60, 66)]

    assert fitted.report.method == "patchcore"
    assert fitted.report.promised_rate == pytest.approx(1 / (count + 1))
    assert len(fitted.calibration.scores) == count
    assert ("promises nothing" in fitted.report.calibration_sentence) == (count == 1)
    assert min(detector.inspect(one).score for one in scratched) > max(detector.inspect(one).score for one in good)


def test_a_few_images_teach_a_metric_unless_a_method_is_asked_for(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 4)
    asked = small_settings.model_copy(update={"method": "patchcore"})

    methods = [fit(images, decoder, settings, weights_dir).report.method for settings in (small_settings, asked)]

    assert methods == ["within_class", "patchcore"]


@pytest.mark.parametrize(
    ("method", "needed"), [("padim", 8), ("whole_image", 8), ("within_class", 3), ("transformer", 14), ("residual", 10)]
)
def test_says_how_many_readable_images_a_method_takes(
    tmp_path: Path,
    decoder: Decoder,
    small_settings: DetectorSettings,
    weights_dir: Path,
    method: str,
    needed: int,
) -> None:
    images = write_plates(tmp_path, 3)
    images[1].write_bytes(b"not a picture at all")

    with pytest.raises(
        FitError, match=rf"{method} needs at least {needed} readable good images, got 2 \(1 could not be read\)"
    ):
        fit(images, decoder, small_settings.model_copy(update={"method": method}), weights_dir)


def test_the_default_preset_does_with_few_images_what_it_can(
    tmp_path: Path, decoder: Decoder, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 5)

    report = fit(images, decoder, DetectorSettings(preset="default", threads=1), weights_dir).report

    assert (report.method, report.images, report.fitness) == ("within_class", 5, None)


def test_a_few_images_choose_between_views_too(tmp_path: Path, decoder: Decoder, weights_dir: Path) -> None:
    report = fit(write_plates(tmp_path, 6), decoder, DetectorSettings(preset="default", threads=1), weights_dir).report

    assert report.method == "within_class"
    assert report.fitness is not None
    assert str(report.image_size) in (report.choice or "")


def test_skips_and_lists_unreadable_images(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 5)
    images[0].write_bytes(b"")
    images[3].write_bytes(images[3].read_bytes()[:200])

    report = fit(images, decoder, small_settings, weights_dir).report

    assert report.images == 3
    assert report.skipped == ((str(images[0]), RejectReason.EMPTY), (str(images[3]), RejectReason.TRUNCATED))


def test_the_same_seed_gives_the_same_detector(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 4)

    digests = {
        fit(images, decoder, small_settings.model_copy(update={"seed": seed}), weights_dir).save(tmp_path / name)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    }

    assert len(digests) == 2


def test_tells_how_far_it_is(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    told: list[tuple[str, int, int]] = []

    fit_detector(
        write_plates(tmp_path, 4),
        decoder=decoder,
        settings=small_settings,
        bit_depth=None,
        weights_dir=weights_dir,
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )

    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["network", "features", "bank", "calibrate"]
    assert {("network", 1, 1), ("features", 4, 4), ("bank", 1, 1), ("calibrate", 4, 4)} <= set(told)


def test_refuses_a_decoder_of_another_depth(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    with pytest.raises(FitError, match="bits"):
        fit_detector(
            write_plates(tmp_path, 4),
            decoder=decoder,
            settings=small_settings,
            bit_depth=12,
            weights_dir=weights_dir,
            progress=lambda _stage, _done, _total: None,
        )


def fit_with_defects(tmp_path: Path, decoder: Decoder, settings: DetectorSettings, weights_dir: Path) -> FittedDetector:
    bad = write_plates(tmp_path / "bad", 4, has_scratch=True, first_seed=60)
    return fit_detector(
        write_plates(tmp_path / "good", 10),
        decoder=decoder,
        settings=settings,
        bit_depth=None,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
        defects=[DefectFile(path, None, "scratch") for path in bad],
    )


def test_tells_how_labelled_defects_fare_that_the_method_has_not_seen(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    settings = small_settings.model_copy(update={"method": "patchcore"})

    report = fit_with_defects(tmp_path, decoder, settings, weights_dir).report

    assert report.outlook is not None
    assert (report.outlook.scored, report.outlook.recall, report.outlook.least_cost) == (4, 1.0, None)
    assert report.promised_rate == pytest.approx(1 / 11)


def test_takes_the_threshold_of_least_cost_once_a_miss_has_a_price(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    settings = small_settings.model_copy(update={"method": "patchcore", "miss_cost": 50.0, "promised_rate": 0.2})

    fitted = fit_with_defects(tmp_path, decoder, settings, weights_dir)

    outlook = fitted.report.outlook
    assert outlook is not None
    assert outlook.least_cost is not None
    assert outlook.scored == 4
    assert fitted.report.threshold == fitted.calibration.threshold == outlook.least_cost.threshold
    assert fitted.report.promised_rate == fitted.calibration.promised_rate


def test_names_a_defect_among_the_good_images(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 14)
    make_plate(800, has_scratch=True).save(images[4])

    report = fit(images, decoder, small_settings, weights_dir).report

    assert report.oddest == (str(images[4]),)


def test_names_nobody_where_all_are_good(fitted: FittedDetector) -> None:
    assert fitted.report.oddest == ()


def test_reports_what_was_set_aside_before_the_fit(fitted: FittedDetector) -> None:
    report = fitted.without([Path("odd.png")], [(Path("torn.png"), RejectReason.TRUNCATED)]).report

    assert report.left_out == ("odd.png",)
    assert report.skipped == (("torn.png", RejectReason.TRUNCATED),)
