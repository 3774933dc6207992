from pathlib import Path

import numpy as np

from config.sources import DetectorSettings
from detectors.decode import Decoder
from detectors.methods.port import NO_PLACE, Origin, PatchGrid
from detectors.training_images import Reading, origins_with_copies, with_copies
from detectors.viewing import Viewing
from tests.plates import write_plates


def test_copies_lie_in_the_fold_of_their_image() -> None:
    rows = [np.full((2, 3), number, dtype=np.float32) for number in range(2)]
    copies = [[PatchGrid(np.full((2, 3), 10 + number, dtype=np.float32), 1, 2)] * 2 for number in range(2)]

    together = with_copies(rows, copies)

    assert [sorted(set(one.ravel().tolist())) for one in together] == [[0, 10], [1, 11]]


def test_a_copys_patch_has_no_place_in_its_image() -> None:
    origins = [Origin(0, np.array([4, 7]))]
    copies = [[PatchGrid(np.zeros((3, 2), dtype=np.float32), 1, 3)]]

    [together] = origins_with_copies(origins, copies)

    assert together.image == 0
    assert together.patches.tolist() == [4, 7, NO_PLACE, NO_PLACE, NO_PLACE]


def test_images_that_would_not_fit_in_memory_are_thinned_and_read_again_for_all_their_patches(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 3)
    reading = Reading(decoder, Viewing(small_settings, weights_dir), 0, memory_bytes=3 * 50 * 152 * 4)

    read = reading.read(images, lambda _done, _total: None)

    assert [len(rows) for rows in read.patches.rows] == [50, 50, 50]
    assert len(reading.grid(read, 1).rows) == 144


def test_takes_evenly_spaced_images_where_every_patch_is_needed_and_memory_is_short(
    tmp_path: Path, decoder: Decoder, small_settings: DetectorSettings, weights_dir: Path
) -> None:
    images = write_plates(tmp_path, 9)
    viewing = Viewing(small_settings.model_copy(update={"method": "padim"}), weights_dir)
    reading = Reading(decoder, viewing, 0, memory_bytes=3 * 144 * 152 * 4)

    assert reading.read(images, lambda _done, _total: None).used == [images[0], images[3], images[6]]
