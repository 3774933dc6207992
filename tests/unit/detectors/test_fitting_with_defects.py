"""What fitting.py makes of labelled defects."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.sources import DetectorSettings
from detectors.decode import Decoder
from detectors.defect_files import DefectFile
from detectors.fitting import FitError, FittedDetector, fit_detector
from detectors.masks import MaskError
from detectors.scoring import load_detector
from tests.plates import SIDE, make_plate, write_plates


def write_defects(folder: Path, count: int, *, masks: bool = True) -> list[DefectFile]:
    """Scratched plates, with what the scratch changed as their masks."""
    found = []
    for number, path in enumerate(write_plates(folder, count, has_scratch=True, first_seed=400)):
        mask = folder / f"{path.stem}_mask.png" if masks else None
        if mask is not None:
            changes = np.asarray(make_plate(400 + number)).astype(int) - np.asarray(Image.open(path))
            Image.fromarray(((np.abs(changes).sum(axis=2) > 30) * 255).astype(np.uint8)).save(mask)
        found.append(DefectFile(path, mask, "scratch"))
    return found


def fit(
    folder: Path,
    defects: list[DefectFile],
    decoder: Decoder,
    settings: DetectorSettings,
    weights_dir: Path,
    good: int = 12,
) -> FittedDetector:
    return fit_detector(
        write_plates(folder / "good", good),
        decoder=decoder,
        settings=settings,
        bit_depth=None,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
        defects=defects,
    )


def test_labels_are_added_to_the_fit_there_would_be_without_them(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    fitted = fit(tmp_path, write_defects(tmp_path / "bad", 4), decoder, small_settings, weights_dir)

    assert (fitted.report.method, fitted.report.defects) == ("residual", 4)
    assert fitted.report.labels is not None
    assert fitted.report.outlook is not None
    assert "of 4 labelled defects that it has not seen score above" in fitted.report.outlook.sentence
    fitted.save(tmp_path / "bundle")
    detector = load_detector(tmp_path / "bundle", weights_dir=weights_dir, threads=1)
    good, bad = (detector.inspect(np.asarray(make_plate(900, has_scratch=scratch))).score for scratch in (False, True))
    assert bad > good + 1


def test_refuses_a_mask_of_another_size_by_name(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    defects = write_defects(tmp_path / "bad", 2)
    assert defects[1].mask is not None
    Image.new("L", (SIDE, SIDE - 1)).save(defects[1].mask)

    with pytest.raises(MaskError, match=rf"plate-001_mask\.png is {SIDE} x {SIDE - 1} px and its image"):
        fit(tmp_path, defects, decoder, small_settings, weights_dir)


def test_refuses_a_defect_that_cannot_be_read_by_name(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    defects = write_defects(tmp_path / "bad", 2, masks=False)
    defects[0].path.write_bytes(b"no picture")

    with pytest.raises(FitError, match=r"The labelled defect plate-000\.png cannot be read: not_an_image"):
        fit(tmp_path, defects, decoder, small_settings, weights_dir)


def test_says_how_many_labels_a_method_needs(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    settings = small_settings.model_copy(update={"method": "devnet"})

    with pytest.raises(FitError, match="devnet needs at least 2 labelled defects, got 1"):
        fit(tmp_path, write_defects(tmp_path / "bad", 1), decoder, settings, weights_dir, good=14)


def test_one_label_leaves_the_very_fit_there_would_be_without_it(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    without = fit(tmp_path / "without", [], decoder, small_settings, weights_dir)
    fitted = fit(tmp_path / "with", write_defects(tmp_path / "bad", 1), decoder, small_settings, weights_dir)

    assert (fitted.report.method, fitted.report.defects) == (without.report.method, 1)
    assert fitted.report.threshold == without.report.threshold
    assert "used from 2 of them on" in (fitted.report.labels or "")


def test_where_labels_cost_defects_it_is_the_fit_there_would_be_without_them(
    tmp_path: Path,
    decoder: Decoder,
    small_settings: DetectorSettings,
    weights_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("detectors.labels_worth.CLEARLY_FEWER", -2.0)

    fitted = fit(tmp_path, write_defects(tmp_path / "bad", 4), decoder, small_settings, weights_dir)

    alone = fit(tmp_path / "alone", [], decoder, small_settings, weights_dir)
    assert (fitted.report.method, fitted.report.defects) == (alone.report.method, 4)
    assert fitted.calibration == alone.calibration
    assert fitted.report.labels is not None
    assert fitted.report.labels.startswith("The labels are not used: with them")
    assert fitted.report.outlook is not None
    assert fitted.report.outlook.scored == 4
    fitted.save(tmp_path / "bundle")
    assert load_detector(tmp_path / "bundle", weights_dir=weights_dir, threads=1).method == alone.report.method
