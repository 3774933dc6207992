import time

from detectors.shapes.jpeg import MOST_SEGMENTS, frame_of, picture_alone, refuse_jpeg, segments, with_more_data
from storage.records import RejectReason
from tests.bad_files.jpegs import exif, jpeg, segment, with_segment


def test_a_whole_picture_is_not_refused() -> None:
    assert refuse_jpeg(jpeg()) is None
    assert refuse_jpeg(jpeg(progressive=True)) is None


def test_says_what_a_frame_holds() -> None:
    frame = frame_of(jpeg("RGB", subsampling=2))

    assert frame is not None
    assert (frame.width, frame.height, frame.channels, frame.bits, frame.samples_a_pixel) == (60, 40, 3, 8, 1.5)
    assert not frame.is_progressive
    assert frame_of(b"\xff\xd8\xff\xd9") is None


def test_the_end_of_a_picture_inside_is_not_the_end() -> None:
    data = with_segment(segment(0xFE, jpeg()))

    assert list(segments(data))[-1].end == len(data)


def test_takes_away_what_stands_beside_the_picture_and_leaves_how_it_lies() -> None:
    plain = picture_alone(jpeg())

    assert picture_alone(with_segment(segment(0xFE, b"hello"), segment(0xE2, b"ICC_PROFILE\0"), exif(6))) == (
        with_segment(exif(6), data=plain)
    )


def test_puts_more_data_before_the_end() -> None:
    assert with_more_data(jpeg() + b"behind", b"more") == jpeg()[:-2] + b"more\xff\xd9behind"


def test_reads_no_further_than_it_must() -> None:
    many = with_segment(*[segment(0xFE, b"")] * (MOST_SEGMENTS + 1))
    started = time.process_time()

    assert refuse_jpeg(many) is RejectReason.TOO_LARGE
    assert refuse_jpeg(jpeg()[:-2] + b"\xff" * 5_000_000) is RejectReason.TRUNCATED
    assert time.process_time() - started < 1
