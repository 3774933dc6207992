from collections.abc import Iterator
from pathlib import Path

import pytest

from config.sources import DetectorSettings, LimitSettings
from detectors.decode import Decoder
from detectors.fitting import FittedDetector, fit_detector
from detectors.scoring import Detector, load_detector
from tests.plates import write_plates


@pytest.fixture(scope="session")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="session")
def small_settings() -> DetectorSettings:
    return DetectorSettings(preset="fast", image_size=96, threads=1)


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    with Decoder(LimitSettings()) as running:
        yield running


@pytest.fixture(scope="session")
def fitted(
    tmp_path_factory: pytest.TempPathFactory, weights_dir: Path, small_settings: DetectorSettings
) -> FittedDetector:
    images = write_plates(tmp_path_factory.mktemp("good"), 12)
    with Decoder(LimitSettings()) as decoder:
        return fit_detector(
            images,
            decoder=decoder,
            settings=small_settings,
            bit_depth=None,
            weights_dir=weights_dir,
            progress=lambda _stage, _done, _total: None,
        )


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, fitted: FittedDetector) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "line-1@1"
    fitted.save(folder)
    return folder


@pytest.fixture(scope="session")
def detector(bundle: Path, weights_dir: Path) -> Detector:
    return load_detector(bundle, weights_dir=weights_dir, threads=1)
