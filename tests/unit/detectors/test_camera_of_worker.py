"""From plates in front of a camera that is knocked, through the real detector, to an outage."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from config.settings import Settings
from config.sources import DetectorSettings, LimitSettings
from detectors.bundle import MANIFEST
from detectors.camera.learning import blur, expose, move
from detectors.decode import Decoder
from detectors.fitting import FittedDetector, fit_detector
from detectors.scoring import Detector, load_detector
from detectors.worker import Worker
from storage.models import EventRow, InspectionRow
from storage.opening import Stores
from storage.records import DetectorVersion, Fault, NewFrame
from storage.repositories.frames import receive_frame
from storage.repositories.outages import list_outages
from tests.factories import NOON, make_source, make_version
from tests.plates import make_plate, write_plates

Pixels = np.ndarray[Any, Any]
GOOD = 30


@pytest.fixture(scope="module")
def watching(
    tmp_path_factory: pytest.TempPathFactory, weights_dir: Path, small_settings: DetectorSettings
) -> FittedDetector:
    with Decoder(LimitSettings()) as decoder:
        return fit_detector(
            write_plates(tmp_path_factory.mktemp("many"), GOOD),
            decoder=decoder,
            settings=small_settings,
            bit_depth=None,
            weights_dir=weights_dir,
            progress=lambda _stage, _done, _total: None,
        )


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory, weights_dir: Path, watching: FittedDetector) -> Detector:
    folder = tmp_path_factory.mktemp("watching") / "line-1@1"
    watching.save(folder)
    return load_detector(folder, weights_dir=weights_dir, threads=1)


class OneDetector:
    """Gives the same detector for every version."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def get(self, version: DetectorVersion) -> Detector:
        assert version.bundle
        return self._detector


def work(stores: Stores, detector: Detector, pictures: list[Pixels]) -> None:
    with stores.database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        for number, picture in enumerate(pictures):
            buffer = BytesIO()
            Image.fromarray(picture).save(buffer, "PNG")
            sha256 = stores.blobs.put(buffer.getvalue())
            at = NOON + timedelta(seconds=number)
            receive_frame(session, NewFrame(source.id, sha256, at, "mtime", NOON, f"{number}.png", 1))
    with Decoder(LimitSettings()) as decoder:
        worker = Worker(
            "worker",
            stores,
            Settings.model_validate({"sources": {"line-1": {"path": "in"}}}),
            decoders=lambda _: decoder,
            detectors=OneDetector(detector),  # type: ignore[arg-type]  # the same `get`
            clock=lambda: NOON,
        )
        while worker.work():
            pass


def plates(first: int, count: int) -> list[Pixels]:
    return [np.asarray(make_plate(seed)) for seed in range(first, first + count)]


@pytest.mark.parametrize(
    ("fault", "spoil"),
    [
        (Fault.MOVED, lambda pixels: move(pixels, 0, 0.03)),
        (Fault.BLURRED, lambda pixels: blur(pixels, 3)),
        (Fault.EXPOSURE, lambda pixels: expose(pixels, 1)),
        (Fault.BLACK, np.zeros_like),
    ],
)
def test_names_the_fault_within_five_frames_and_opens_an_outage(
    stores: Stores, knowing: Detector, fault: Fault, spoil: Any
) -> None:
    work(stores, knowing, [*plates(500, 6), *(spoil(plate) for plate in plates(600, 5))])

    with stores.database.reading() as session:
        faults = list(session.scalars(select(InspectionRow.fault).order_by(InspectionRow.id)))
        [outage] = list_outages(session, limit=9)
        told = list(session.scalars(select(EventRow.kind).order_by(EventRow.id)))
    assert faults[:6] == [None] * 6
    assert faults[-1] == fault
    assert (outage.kind, outage.is_open) == (fault, True)
    assert told.count("outage") == 1


def test_scores_faulty_frames_all_the_same(stores: Stores, knowing: Detector) -> None:
    work(stores, knowing, [np.zeros_like(plate) for plate in plates(1, 3)])

    with stores.database.reading() as session:
        rows = list(session.scalars(select(InspectionRow)))
    assert [row.fault for row in rows] == ["black"] * 3
    assert all(row.score > 0 and row.signs for row in rows)


def test_the_fit_says_which_faults_are_watched(watching: FittedDetector) -> None:
    assert watching.report.camera == "Camera faults watched: black, saturated, frozen, exposure, blurred, moved."


def test_a_bundle_from_before_is_loaded_and_finds_fewer_faults(
    watching: FittedDetector, weights_dir: Path, tmp_path: Path
) -> None:
    watching.save(tmp_path / "bundle")
    manifest = tmp_path / "bundle" / MANIFEST
    values = watching._manifest.model_copy(update={"camera": None, "files": {}})
    kept = load_detector(tmp_path / "bundle", weights_dir=weights_dir, threads=1).manifest
    old = values.model_copy(update={"files": kept.files})
    manifest.write_text(old.model_dump_json(by_alias=True, exclude={"camera"}))

    detector = load_detector(tmp_path / "bundle", weights_dir=weights_dir, threads=1)

    assert detector.camera.reference is None
    assert detector.inspect(np.zeros((40, 40, 3), dtype=np.uint8)).fault == Fault.BLACK
