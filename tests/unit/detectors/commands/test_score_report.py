from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.settings import Settings
from detectors.commands.score_report import ReportPhotos
from detectors.decode import DecodedImage
from detectors.scoring import ScoredImage
from storage.records import DetectorVersion, Verdict

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
IMAGE = DecodedImage(np.full((20, 30, 3), 128, dtype=np.uint8), None, "PNG", animated=False)


def scored(score: float) -> ScoredImage:
    return ScoredImage(
        score=score,
        threshold=1.0,
        p_value=0.5,
        verdict=Verdict.NORMAL,
        fault=None,
        anomaly_map=np.zeros((8, 8), dtype=np.float32),
        map_threshold=1.0,
        regions=(),
        vectors=np.zeros((0, 4), dtype=np.float16),
        milliseconds=1.0,
    )


def make_photos(pictures: int, **settings: Any) -> ReportPhotos:
    version = DetectorVersion(
        id=1, source_id=1, name="line-1@1", number=1, created_at=NOON, bundle="bundles/line-1@1", manifest_sha256=None,
        method="patchcore", preset="fast", embedding_space="space", threshold=1.0, promised_rate=0.01,
        training_images=200,
    )  # fmt: skip
    return ReportPhotos("line-1", version, Settings(**settings), pictures=pictures, now=NOON)


@pytest.mark.parametrize(("pictures", "drawn"), [(0, []), (2, [0.7, 0.9]), (9, [0.1, 0.2, 0.7, 0.9])])
def test_draws_the_worst_alone(tmp_path: Path, pictures: int, drawn: list[float]) -> None:
    photos = make_photos(pictures)
    (tmp_path / "a.png").write_bytes(b"bytes")
    for score in (0.2, 0.9, 0.1, 0.7):
        photos.add(tmp_path / "a.png", IMAGE, scored(score))

    found = photos.report().photos

    assert [one.score for one in found] == [0.2, 0.9, 0.1, 0.7]
    assert sorted(one.score for one in found if one.pictures) == drawn


def test_names_the_bytes_and_the_moment_as_the_ledger_would(tmp_path: Path) -> None:
    settings = {"sources": {"line-1": {"path": "in", "capture": {"name_pattern": r"(?P<time>\d{8}-\d{6})"}}}}
    photos = make_photos(1, **settings)
    file = tmp_path / "part-20260430-101500.png"
    file.write_bytes(b"abc")

    photos.add(file, IMAGE, scored(0.5))

    [photo] = photos.report().photos
    assert photo.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert photo.captured_at == datetime(2026, 4, 30, 10, 15, tzinfo=UTC)


def test_lists_what_was_rejected_and_what_went_away(tmp_path: Path) -> None:
    photos = make_photos(1)

    photos.reject(tmp_path / "b.png", "truncated")
    photos.add(tmp_path / "gone.png", IMAGE, scored(0.5))

    report = photos.report()
    assert report.photos == []
    assert report.rejected == [(str(tmp_path / "b.png"), "truncated"), (str(tmp_path / "gone.png"), "unreadable")]
