from detectors.shapes.holes import SECTOR, has_hole

FULL = b"\x01" * SECTOR


def test_a_run_of_zeros_that_begins_or_ends_on_a_sector_is_a_hole() -> None:
    data = FULL + bytes(5000) + FULL

    assert has_hole(data, 0, len(data))
    assert has_hole(b"\x01" * 120 + bytes(5000) + FULL, 0, 9000)


def test_a_dark_place_in_a_picture_is_none() -> None:
    assert not has_hole(FULL + b"\x01" + bytes(5000) + FULL, 0, 9000)
    assert not has_hole(FULL + bytes(4000) + FULL, 0, 9000)
