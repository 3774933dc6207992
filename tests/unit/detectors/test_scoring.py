import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from config.sources import DetectorSettings, LimitSettings
from detectors import scoring
from detectors.augmentation import FEW
from detectors.bundle import MANIFEST, read_bundle, read_thumbnail, write_bundle
from detectors.decode import DecodeError, Decoder
from detectors.features import embed
from detectors.fitting import FittedDetector, fit_detector
from detectors.scoring import BundleError, Detector, load_detector
from storage.records import RejectReason, Verdict
from tests.plates import SIDE, make_plate, write_plates
from tests.unit.detectors.backbones.samples import save_random_timm


def plate(seed: int, *, has_scratch: bool = False) -> np.ndarray:
    return np.asarray(make_plate(seed, has_scratch=has_scratch))


def test_tells_scratched_plates_from_good_ones(detector: Detector) -> None:
    good = [detector.inspect(plate(seed)) for seed in range(100, 110)]
    bad = [detector.inspect(plate(seed, has_scratch=True)) for seed in range(100, 110)]

    assert min(scored.score for scored in bad) > max(scored.score for scored in good)
    assert sum(scored.verdict is Verdict.ANOMALOUS for scored in bad) == 10
    assert sum(scored.verdict is Verdict.ANOMALOUS for scored in good) <= 2


def test_points_at_the_scratch(detector: Detector) -> None:
    good, bad = plate(105).astype(int), plate(105, has_scratch=True)
    rows, columns = np.nonzero(np.abs(bad - good).sum(axis=2) > 60)

    region = detector.inspect(bad).regions[0]

    assert region.x <= columns.max()
    assert region.x + region.width >= columns.min()
    assert region.y <= rows.max()
    assert region.y + region.height >= rows.min()


def test_every_field_is_finite_and_agrees_with_the_others(detector: Detector, fitted: FittedDetector) -> None:
    for pixels in (plate(7), plate(7, has_scratch=True), np.zeros((31, 77, 3), dtype=np.uint8)):
        scored = detector.inspect(pixels)

        is_anomalous = scored.score > scored.threshold
        assert scored.threshold == fitted.report.threshold
        assert (scored.verdict is Verdict.ANOMALOUS) == is_anomalous == bool(scored.regions)
        assert scored.anomaly_map.shape == (96, 96)
        assert scored.anomaly_map.dtype == np.float32
        assert bool(np.isfinite(scored.anomaly_map).all())
        assert 1 / 13 <= scored.p_value <= 1
        assert scored.vectors.shape == (len(scored.regions), 152)
        assert scored.vectors.dtype == np.float16
        assert np.allclose(np.linalg.norm(scored.vectors.astype(float), axis=1), 1, atol=2e-3)
        assert scored.milliseconds > 0


def test_regions_are_pixels_of_the_original(detector: Detector) -> None:
    large = np.asarray(make_plate(103, has_scratch=True).resize((4 * SIDE, 2 * SIDE)))

    region = detector.inspect(large).regions[0]

    assert region.x + region.width <= 4 * SIDE
    assert region.y + region.height <= 2 * SIDE
    assert region.area > 100


@pytest.fixture(scope="module")
def many(
    tmp_path_factory: pytest.TempPathFactory, weights_dir: Path, small_settings: DetectorSettings
) -> tuple[Detector, Path]:
    """Fit on as many images as need no copies, whose patches have no place."""
    folder = tmp_path_factory.mktemp("many")
    with Decoder(LimitSettings()) as decoder:
        fitted = fit_detector(
            write_plates(folder / "good", FEW),
            decoder=decoder,
            settings=small_settings,
            bit_depth=None,
            weights_dir=weights_dir,
            progress=lambda _stage, _done, _total: None,
        )
    fitted.save(folder / "bundle")
    return load_detector(folder / "bundle", weights_dir=weights_dir, threads=1), folder / "bundle"


def test_names_the_good_image_to_compare_each_region_with(many: tuple[Detector, Path]) -> None:
    detector, bundle = many
    scored = detector.inspect(plate(107, has_scratch=True))

    assert len(scored.nearest) == len(scored.regions) > 0
    for nearest in scored.nearest:
        assert nearest is not None
        assert nearest.image == detector.manifest.images[nearest.number]
        assert nearest.distance > 0
        assert nearest.box is not None
        left, top, width, height = nearest.box
        assert 0 <= left < left + width <= 1
        assert 0 <= top < top + height <= 1
        assert read_thumbnail(bundle, nearest.number) == (bundle / f"thumbnails/{nearest.number:04d}.png").read_bytes()
    worst = max(scored.regions, key=lambda region: region.peak).nearest
    assert worst is not None
    assert detector.good_one(scored) == read_thumbnail(bundle, worst.number)


def test_names_the_oddest_place_of_a_normal_image_where_that_is_asked_for(many: tuple[Detector, Path]) -> None:
    detector, _ = many
    seen = [(detector.inspect(plate(seed)), detector.inspect(plate(seed), names_oddest=True)) for seed in range(FEW)]
    plain, asked = next(pair for pair in seen if pair[0].verdict is Verdict.NORMAL)

    assert (asked.score, asked.verdict, asked.p_value) == (plain.score, plain.verdict, plain.p_value)
    assert plain.regions == ()
    assert len(asked.regions) >= 1
    assert detector.good_one(plain) is None
    assert (detector.good_one(asked) or b"").startswith(b"\x89PNG")


def test_every_place_in_the_bank_leads_to_its_row(many: tuple[Detector, Path]) -> None:
    detector, bundle = many
    _, arrays = read_bundle(bundle)
    learned = [embed(detector._backbone, plate(seed)).grid.rows for seed in range(FEW)]

    for row, image, place in list(zip(arrays["bank"], arrays["origins"], arrays["places"], strict=True))[::50]:
        assert np.allclose(learned[image][place], row, atol=1e-5)


def test_a_bundle_without_places_still_names_the_image(
    fitted: FittedDetector, tmp_path: Path, weights_dir: Path
) -> None:
    fitted.save(tmp_path / "new")
    manifest, arrays = read_bundle(tmp_path / "new")
    del arrays["places"]
    write_bundle(tmp_path / "old", manifest.model_copy(update={"thumbnails": ()}), arrays, {})

    scored = load_detector(tmp_path / "old", weights_dir=weights_dir, threads=1).inspect(plate(7, has_scratch=True))

    nearest = scored.nearest[0]
    assert nearest is not None
    assert nearest.box is None
    assert nearest.image in manifest.images
    assert read_thumbnail(tmp_path / "old", nearest.number) is None


def test_scores_the_same_image_the_same_after_loading(
    fitted: FittedDetector, tmp_path: Path, weights_dir: Path, detector: Detector
) -> None:
    fitted.save(tmp_path / "again")
    again = load_detector(tmp_path / "again", weights_dir=weights_dir, threads=1)

    first, second = detector.inspect(plate(3)), again.inspect(plate(3))

    assert first.score == second.score
    assert np.array_equal(first.anomaly_map, second.anomaly_map)


def test_a_black_frame_is_scored_and_flagged(detector: Detector) -> None:
    scored = detector.inspect(np.zeros((64, 64, 3), dtype=np.uint8))

    assert scored.fault == "black"
    assert scored.verdict is Verdict.ANOMALOUS
    assert detector.inspect(plate(3)).fault is None


def test_an_even_image_of_one_pixel_is_scored(detector: Detector) -> None:
    assert np.isfinite(detector.inspect(np.full((1, 1, 3), 150, dtype=np.uint8)).score)


def test_refuses_images_read_at_another_depth(detector: Detector) -> None:
    detector.require_bit_depth(None)
    with pytest.raises(DecodeError) as caught:
        detector.require_bit_depth(12)

    assert caught.value.reason is RejectReason.SETTINGS_MISMATCH


def copy_with(bundle: Path, folder: Path, **values: object) -> Path:
    copy = Path(shutil.copytree(bundle, folder / "copy"))
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest.update(values)
    (copy / MANIFEST).write_text(json.dumps(manifest))
    return copy


def test_refuses_a_bundle_fitted_with_other_weights(bundle: Path, tmp_path: Path, weights_dir: Path) -> None:
    copy = copy_with(bundle, tmp_path, weights_sha256="0" * 64)

    with pytest.raises(BundleError, match=r"Refit needed: backbone changed\. .* other weights"):
        load_detector(copy, weights_dir=weights_dir, threads=1)


def test_refuses_a_bundle_fitted_in_another_precision(bundle: Path, tmp_path: Path, weights_dir: Path) -> None:
    copy = copy_with(bundle, tmp_path, precision="bfloat16")

    with pytest.raises(BundleError, match=r"fitted in bfloat16, and float32 is used here \(.*\): fit it again"):
        load_detector(copy, weights_dir=weights_dir, threads=1)


def test_refuses_to_let_torch_score_what_was_fitted_in_eight_bits(
    bundle: Path, tmp_path: Path, weights_dir: Path
) -> None:
    copy = copy_with(bundle, tmp_path, precision="int8")

    assert load_detector(copy, weights_dir=weights_dir, threads=1)._backbone.precision == "int8"
    with pytest.raises(BundleError, match=r"fitted in int8, and float32 is used here \(torch .*\): fit it again"):
        load_detector(copy, weights_dir=weights_dir, threads=1, runtime="torch")


def test_refuses_a_bundle_of_an_unknown_method(bundle: Path, tmp_path: Path, weights_dir: Path) -> None:
    copy = copy_with(bundle, tmp_path, method="oracle")

    with pytest.raises(BundleError, match="oracle"):
        load_detector(copy, weights_dir=weights_dir, threads=1)


def test_refuses_a_bundle_whose_images_were_read_by_another_rule(
    bundle: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "NORMALISER", "another-rule/9")

    with pytest.raises(BundleError, match="another rule"):
        load_detector(bundle, weights_dir=weights_dir, threads=1)


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path, weights_dir: Path) -> None:
    with pytest.raises(BundleError, match=r"gone/manifest\.json is missing"):
        load_detector(tmp_path / "gone", weights_dir=weights_dir, threads=1)


def test_restores_a_transformer_with_its_layers_and_its_whole_patches(tmp_path: Path, decoder: Decoder) -> None:
    save_random_timm("test_vit", tmp_path)
    settings = DetectorSettings(preset="fast", backbone="test_vit", image_size=140, layers=(4, 1), threads=1)
    fitted = fit_detector(
        write_plates(tmp_path / "good", FEW),
        decoder=decoder,
        settings=settings,
        bit_depth=None,
        weights_dir=tmp_path,
        progress=lambda _stage, _done, _total: None,
    )
    fitted.save(tmp_path / "bundle")

    restored = load_detector(tmp_path / "bundle", weights_dir=tmp_path, threads=1)

    assert restored.manifest.preprocessing.layers == fitted.report.layers == (1, 4)
    assert restored.manifest.preprocessing.image_size == 128
    assert "s1s4" in restored.embedding_space
    # The bank holds every patch of the training images, so only the very same network finds all of them in it.
    assert restored.inspect(plate(0)).score < 1e-6 < restored.inspect(plate(0, has_scratch=True)).score
