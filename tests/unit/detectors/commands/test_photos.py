from pathlib import Path

import pytest

from config.sources import DetectorSettings, LimitSettings
from detectors.commands.photos import GoodOrUnlabelledError, KeepAloneError, Photos, leave_out_odd, list_photos
from storage.records import RejectReason
from tests.plates import make_plate, write_plates


def leave_out(images: list[Path], keep: float | None, settings: DetectorSettings, weights_dir: Path) -> Photos:
    return leave_out_odd(
        images,
        keep,
        settings=settings,
        limits=LimitSettings(),
        bit_depth=None,
        weights_dir=weights_dir,
        progress=lambda _stage, _done, _total: None,
    )


def test_lists_the_one_folder_given(tmp_path: Path) -> None:
    images = write_plates(tmp_path, 2)

    assert list_photos(tmp_path, None, None) == images
    assert list_photos(None, tmp_path, 0.5) == images


def test_refuses_both_folders_and_none(tmp_path: Path) -> None:
    with pytest.raises(GoodOrUnlabelledError):
        list_photos(tmp_path, tmp_path, None)
    with pytest.raises(GoodOrUnlabelledError):
        list_photos(None, None, None)


def test_refuses_a_share_of_good_photos(tmp_path: Path) -> None:
    with pytest.raises(KeepAloneError, match="--keep"):
        list_photos(tmp_path, None, 0.8)


def test_leaves_out_planted_scratches_and_what_cannot_be_read(
    tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 16)
    for number, index in enumerate((3, 9)):
        make_plate(800 + number, has_scratch=True).save(images[index])
    images[5].write_bytes(b"")

    photos = leave_out(images, None, small_settings, weights_dir)

    assert set(photos.left_out) == {images[3], images[9]}
    assert photos.unread == ((images[5], RejectReason.EMPTY),)
    assert photos.images == tuple(image for index, image in enumerate(images) if index not in {3, 5, 9})


def test_keeps_the_share_asked_for(tmp_path: Path, small_settings: DetectorSettings, weights_dir: Path) -> None:
    photos = leave_out(write_plates(tmp_path, 8), 0.5, small_settings, weights_dir)

    assert (len(photos.images), len(photos.left_out)) == (4, 4)
