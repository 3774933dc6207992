from detectors.shapes.png import MOST_CHUNKS, chunks, picture_alone, refuse_png
from storage.records import RejectReason
from tests.bad_files.pngs import chunk, plain

TEXT = chunk(b"tEXt", b"a\0b")


def test_a_whole_picture_is_not_refused() -> None:
    assert refuse_png(plain(before=[TEXT])) is None


def test_reads_no_further_than_it_must() -> None:
    assert refuse_png(plain(before=[TEXT] * (MOST_CHUNKS + 1))) is RejectReason.TOO_LARGE
    assert len(list(chunks(plain() + plain()))) == 3


def test_takes_away_what_stands_beside_the_picture() -> None:
    orientation = chunk(b"eXIf", b"MM\0*")

    assert picture_alone(plain(before=[TEXT, orientation, chunk(b"eXIf", b"x", crc=3)])) == plain(before=[orientation])
