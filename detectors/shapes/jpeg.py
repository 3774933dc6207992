"""The segments of a JPEG: whether its end is there, whether it is of a kind that is read, and what it would cost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from detectors.shapes.holes import has_hole
from storage.records import RejectReason

# In a JPEG's data FF is followed by 00, a restart marker or another FF; anything else is the next marker.
MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
SCAN, END, COMMENT = 0xDA, 0xD9, 0xFE
# Of what programs put beside the picture, EXIF says how it lies and Adobe how its colours are meant.
BESIDE = frozenset(range(0xE0, 0xF0)) - {0xE1, 0xEE} | {COMMENT}
# Every marker of a frame but those of tables: C4, C8 and CC. F7 is JPEG-LS, which is another format.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
# Baseline, extended and progressive, by Huffman or arithmetic; the others are lossless or in layers.
READ_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
PROGRESSIVE = frozenset({0xC2, 0xCA})
CHANNELS = frozenset({1, 3, 4})
EIGHT_BITS = 8
MOST_SEGMENTS = 20_000
# A decoder goes through all pixels for each scan; 50 Mpx in a progressive picture's usual ten are half of this.
MOST_SCANNED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame's header says."""

    kind: int
    bits: int
    height: int
    width: int
    channels: int
    samples_a_pixel: float

    @property
    def is_progressive(self) -> bool:
        """Whether all its coefficients are held until the last scan."""
        return self.kind in PROGRESSIVE


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker; start is where its FF stands, end where what follows it is looked for."""

    marker: int
    start: int
    end: int


def refuse_jpeg(data: bytes) -> RejectReason | None:
    """Return why a JPEG is not read, by its segments alone; None where nothing is wrong with them."""
    frame, scans, first_scan = None, 0, 0
    for number, segment in enumerate(segments(data)):
        if number >= MOST_SEGMENTS:
            return RejectReason.TOO_LARGE
        if segment.marker in FRAMES and frame is None:
            frame = read_frame(data, segment)
            refusal = RejectReason.TRUNCATED if segment.end > len(data) else _refuse_frame(frame)
            if refusal is not None:
                return refusal
        elif segment.marker == SCAN:
            scans, first_scan = scans + 1, first_scan or segment.end
            if frame is not None and scans * frame.width * frame.height > MOST_SCANNED:
                return RejectReason.TOO_MANY_PIXELS
        elif segment.marker == END:
            is_whole = frame is not None and scans > 0 and not has_hole(data, first_scan, segment.start)
            return None if is_whole else RejectReason.TRUNCATED
    return RejectReason.TRUNCATED


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments of the first picture, its end the last of them."""
    position = 2
    while (found := MARKER.search(data, position)) is not None:
        marker = found.group(1)[0]
        if marker == END:
            yield Segment(marker, found.start(), found.end())
            return
        position = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
        yield Segment(marker, found.start(), position)


def read_frame(data: bytes, segment: Segment) -> Frame:
    """Return what a frame's header says; zeros where it is cut."""
    body = data[segment.start + 4 : segment.end].ljust(6, b"\0")
    sampling = [divmod(factors, 16) for factors in body[7::3]]
    widest, tallest = (max((each[side] for each in sampling), default=0) for side in (0, 1))
    samples = sum(across * down for across, down in sampling) / (widest * tallest or 1)
    return Frame(segment.marker, body[0], int.from_bytes(body[1:3]), int.from_bytes(body[3:5]), body[5], samples)


def frame_of(data: bytes) -> Frame | None:
    """Return the frame of a JPEG, None where it has none."""
    return next((read_frame(data, segment) for segment in segments(data) if segment.marker in FRAMES), None)


def picture_alone(data: bytes) -> bytes:
    """Return a JPEG without what says nothing of its pixels: profiles, previews, comments."""
    pieces, position = [data[:2]], 2
    for segment in segments(data):
        if segment.marker == SCAN:
            break
        if segment.marker not in BESIDE:
            pieces.append(data[segment.start : segment.end])
        position = segment.end
    return b"".join((*pieces, data[position:]))


def with_more_data(data: bytes, more: bytes) -> bytes:
    """Return a JPEG with bytes put before its end, which only a picture that lacks data would look at."""
    end = next((segment.start for segment in segments(data) if segment.marker == END), len(data))
    return data[:end] + more + data[end:]


def _refuse_frame(frame: Frame) -> RejectReason | None:
    if frame.kind not in READ_FRAMES or frame.bits != EIGHT_BITS or frame.channels not in CHANNELS:
        return RejectReason.FORMAT_NOT_ALLOWED
    return None if frame.width and frame.height else RejectReason.NOT_AN_IMAGE
