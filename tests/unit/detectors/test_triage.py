from collections.abc import Sequence
from pathlib import Path

import pytest

from config.sources import DetectorSettings
from detectors import triage as triage_module
from detectors.decode import Decoder
from detectors.triage import Triage, TriageError, triage_photos
from storage.records import RejectReason
from tests.plates import SIDE, make_plate, write_plates


def triage(
    images: Sequence[Path], decoder: Decoder, settings: DetectorSettings, weights_dir: Path, neighbours: int = 1
) -> Triage:
    return triage_photos(
        images,
        decoder=decoder,
        settings=settings,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
        neighbours=neighbours,
    )


def write_mixed(folder: Path, good: int = 14) -> tuple[list[Path], set[Path]]:
    """Write good plates and two scratched ones; return all, and the scratched."""
    images, odd = write_plates(folder, good), {folder / "a.png", folder / "z.png"}
    for number, path in enumerate(sorted(odd)):
        make_plate(800 + number, has_scratch=True).save(path)
    return sorted([*images, *odd]), odd


def test_ranks_planted_scratches_first(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images, odd = write_mixed(tmp_path)

    found = triage(images, decoder, small_settings, weights_dir)

    assert {photo.path for photo in found.standing_out} == odd
    assert {photo.path for photo in found.photos[:2]} == odd
    assert {photo.path for photo in found.photos} == set(images)
    scores = [photo.score for photo in found.photos]
    assert scores == sorted(scores, reverse=True)
    assert found.references == len(images)


def test_the_order_of_the_files_changes_nothing(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images, _ = write_mixed(tmp_path, good=6)

    one, other = (triage(order, decoder, small_settings, weights_dir) for order in (images, images[::-1]))

    assert [photo.path for photo in one.photos] == [photo.path for photo in other.photos]
    assert [photo.score for photo in one.photos] == pytest.approx([photo.score for photo in other.photos])


def test_compares_a_large_batch_with_some_of_it(
    tmp_path: Path,
    decoder: Decoder,
    small_settings: DetectorSettings,
    weights_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(triage_module, "MOST_REFERENCES", 8)
    images, odd = write_mixed(tmp_path)

    found = triage(images, decoder, small_settings, weights_dir)

    assert found.references == 8
    assert {photo.path for photo in found.photos} == set(images)
    assert {photo.path for photo in found.photos[:2]} == odd


def test_its_map_points_at_the_scratch(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images, _ = write_mixed(tmp_path)
    found = triage(images, decoder, small_settings, weights_dir)
    oddest, least_odd = found.photos[0], found.photos[-1]

    mapped = found.map_of(oddest, width=SIDE, height=SIDE)

    assert mapped.anomaly_map.shape == (96, 96)
    assert mapped.regions[0].peak > mapped.map_threshold
    assert found.map_of(least_odd, width=SIDE, height=SIDE).regions == ()


def test_keeps_the_share_asked_for(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images, _ = write_mixed(tmp_path)

    found = triage(images, decoder, small_settings, weights_dir)

    assert found.oddest(0.75) == found.photos[:4]
    assert found.oddest(1.0) == ()
    assert found.oddest(None) == found.standing_out


def test_photos_alike_share_their_scores(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images, _ = write_mixed(tmp_path)

    alone, shared = (triage(images, decoder, small_settings, weights_dir, neighbours) for neighbours in (1, 3))

    assert shared.photos[0].score < alone.photos[0].score


def test_lists_what_it_cannot_read(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 6)
    images[2].write_bytes(b"")

    found = triage(images, decoder, small_settings, weights_dir)

    assert found.skipped == ((images[2], RejectReason.EMPTY),)
    assert len(found.photos) == 5


def test_refuses_fewer_than_four_readable_photos(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 4)
    images[0].write_bytes(b"not a picture at all")

    with pytest.raises(TriageError, match=r"at least 4 readable ones, got 3 \(1 could not be read\)"):
        triage(images, decoder, small_settings, weights_dir)


def test_tells_how_far_it_is(
    tmp_path: Path,
    decoder: Decoder,
    small_settings: DetectorSettings,
    weights_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(triage_module, "MOST_REFERENCES", 4)
    told: list[tuple[str, int, int]] = []

    triage_photos(
        write_plates(tmp_path, 6),
        decoder=decoder,
        settings=small_settings,
        weights_dir=weights_dir,
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )

    assert {("features", 4, 4), ("compare", 8, 8), ("compare the others", 2, 2)} <= set(told)
