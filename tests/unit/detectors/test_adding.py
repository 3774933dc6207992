from pathlib import Path

import numpy as np
import pytest

from config.sources import DetectorSettings
from detectors.adding import AddError, add_images
from detectors.bundle import read_bundle, read_thumbnail
from detectors.decode import Decoder
from detectors.fitted_detector import FittedDetector
from detectors.fitting import fit_detector
from detectors.scoring import load_detector
from tests.plates import make_plate, write_plates
from tests.unit.detectors.exactly import exact_distances


def silent(_stage: str, _done: int, _total: int) -> None:
    return None


def add(
    bundle: Path, images: list[Path], decoder: Decoder, settings: DetectorSettings, weights_dir: Path, **details: object
) -> FittedDetector:
    return add_images(
        bundle,
        images,
        details=details,
        decoder=decoder,
        settings=settings,
        weights_dir=weights_dir,
        progress=silent,
    )


def test_knows_the_new_photos_and_still_the_old(
    bundle: Path, tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    new = write_plates(tmp_path / "more", 10, first_seed=700)

    grown = add(bundle, new, decoder, small_settings, weights_dir)
    grown.save(tmp_path / "grown")

    before, now = read_bundle(bundle), read_bundle(tmp_path / "grown")
    assert grown.report.images == 22
    assert now[0].images == (*before[0].images, *(path.name for path in new))
    assert len(now[0].thumbnails) == 22
    assert read_thumbnail(tmp_path / "grown", 3) == read_thumbnail(bundle, 3)
    assert len(now[1]["bank"]) == grown.report.bank_rows > len(before[1]["bank"])
    assert np.array_equal(now[1]["bank"][: len(before[1]["bank"])], before[1]["bank"])
    assert set(now[1]["origins"][len(before[1]["bank"]) :].tolist()) <= set(range(12, 22))
    assert len(now[1]["calibration_scores"]) == 22


def test_what_it_has_taken_in_lies_no_farther_than_before(
    bundle: Path, tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    new = write_plates(tmp_path / "more", 10, first_seed=700)
    add(bundle, new, decoder, small_settings, weights_dir).save(tmp_path / "grown")
    before = load_detector(bundle, weights_dir=weights_dir, threads=1)
    grown = load_detector(tmp_path / "grown", weights_dir=weights_dir, threads=1)

    plates = [np.asarray(make_plate(seed)) for seed in range(700, 710)]

    nearer = np.stack([exact_distances(before, plate) - exact_distances(grown, plate) for plate in plates])
    assert nearer.min() > -1e-3 * before.threshold
    assert nearer.max() > 0.01 * before.threshold
    assert grown.inspect(np.asarray(make_plate(801, has_scratch=True))).verdict == "anomalous"


def test_skips_what_cannot_be_read_and_names_what_is_odd(
    bundle: Path, tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    new = write_plates(tmp_path / "more", 4, first_seed=700)
    broken = tmp_path / "more" / "broken.png"
    broken.write_bytes(b"no picture")
    [odd] = write_plates(tmp_path / "odd", 1, has_scratch=True, first_seed=900)

    grown = add(bundle, [*new, broken, odd], decoder, small_settings, weights_dir)

    assert [(name, str(reason)) for name, reason in grown.report.skipped] == [(str(broken), "not_an_image")]
    assert grown.report.oddest == (str(odd),)
    assert grown.report.threshold_without_oddest < grown.report.threshold


def test_keeps_the_word_on_how_fit_it_is(
    bundle: Path, tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    new = write_plates(tmp_path / "more", 3, first_seed=700)
    said = {"word": "weak", "auroc": 0.7, "sentence": "Weak."}

    grown = add(bundle, new, decoder, small_settings, weights_dir, fitness=said, choice="by search")

    assert grown.report.fitness is not None
    assert (grown.report.fitness.word, grown.report.choice) == ("weak", "by search")


def test_refuses_where_none_can_be_read(
    bundle: Path, tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")

    with pytest.raises(AddError, match="None of the 1 photos"):
        add(bundle, [tmp_path / "broken.png"], decoder, small_settings, weights_dir)


@pytest.mark.parametrize(
    ("method", "grows"),
    [("whitened", True), ("within_class", True), ("padim", True), ("blend", True), ("whole_image", False)],
)
def test_grows_whatever_can_take_in_more(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path, method: str, *, grows: bool
) -> None:
    images = write_plates(tmp_path / "good", 12)
    settings = small_settings.model_copy(update={"method": method})
    fitted = fit_detector(
        images, decoder=decoder, settings=settings, bit_depth=None, weights_dir=weights_dir, progress=silent
    )
    fitted.save(tmp_path / "bundle")
    new = write_plates(tmp_path / "more", 3, first_seed=700)

    if grows:
        grown = add(tmp_path / "bundle", new, decoder, settings, weights_dir)
        assert (grown.report.images, grown.report.method) == (15, method)
    else:
        with pytest.raises(AddError, match="run `oddspot fit` with the old and the new"):
            add(tmp_path / "bundle", new, decoder, settings, weights_dir)
