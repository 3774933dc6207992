"""The first directory of a TIFF: what it would cost to read, and what would be read wrongly."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from storage.records import RejectReason

WIDTH, HEIGHT, BITS, COMPRESSION, COLOURS = 256, 257, 258, 259, 262
OFFSETS, SAMPLES, COUNTS, PLANES, EXTRA = 273, 277, 279, 284, 338
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, VALUES = 322, 323, 324, 325, 339
STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# The bytes and the letter of each kind of number that a tag read here may have.
NUMBERS = {1: (1, "B"), 3: (2, "H"), 4: (4, "I"), 16: (8, "Q")}
BIG_START = 43
MOST_TAGS = 4096
# One strip a row, in three planes, of the tallest picture there may be.
MOST_STRIPS = 200_000
PLAIN, IN_PLANES, WHITE_IS_ZERO, SIGNED = 1, 2, 0, 2
# WebP inside a TIFF, for which the decoder is not built.
AS_WEBP = 50_001
GREY_ALPHA, MULTIPLIED = 2, 1
DEEP, DEEPEST_THAT_TURNS = 16, 16


@dataclass(frozen=True, slots=True)
class Directory:
    """The numbers of a directory, by tag; counts: how many each has, read or not."""

    is_big_endian: bool
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)

    def first(self, tag: int, usual: int = 0) -> int:
        """Return the first number of a tag."""
        return self.numbers.get(tag, (usual,))[0]


def refuse_tiff(data: bytes, max_pixels: int) -> RejectReason | None:
    """Return why a TIFF is not read, by its first directory alone; None where nothing is wrong with that."""
    found = read_directory(data)
    if found is None:
        return RejectReason.TRUNCATED
    if any(tag in found.numbers and found.first(tag) == 0 for tag in (WIDTH, HEIGHT)):
        return RejectReason.NOT_AN_IMAGE
    if max(found.counts.get(OFFSETS, 0), found.counts.get(TILE_OFFSETS, 0)) > MOST_STRIPS:
        return RejectReason.TOO_LARGE
    if found.first(TILE_WIDTH) * found.first(TILE_HEIGHT) > max_pixels:
        return RejectReason.TOO_MANY_PIXELS
    is_read = found.first(COMPRESSION, PLAIN) != AS_WEBP and not _is_read_wrongly(found)
    return None if is_read else RejectReason.FORMAT_NOT_ALLOWED


def is_white_zero(data: bytes) -> bool:
    """Say whether the picture's values count from white to black."""
    found = read_directory(data)
    return found is not None and found.first(COLOURS, 1) == WHITE_IS_ZERO


def has_all_strips(data: bytes) -> bool:
    """Say whether every strip or tile of the first picture lies inside the file."""
    found = read_directory(data)
    if found is None:
        return False
    starts = found.numbers.get(OFFSETS, ()) or found.numbers.get(TILE_OFFSETS, ())
    lengths = found.numbers.get(COUNTS, ()) or found.numbers.get(TILE_COUNTS, ())
    return bool(starts) and all(start + length <= len(data) for start, length in zip(starts, lengths, strict=False))


def read_directory(data: bytes) -> Directory | None:
    """Return the first directory; None where it is not all in the file."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        is_big = struct.unpack_from(f"{order}H", data, 2)[0] == BIG_START
        (place,) = struct.unpack_from(f"{order}Q" if is_big else f"{order}I", data, 8 if is_big else 4)
        (count,) = struct.unpack_from(f"{order}Q" if is_big else f"{order}H", data, place)
        found = Directory(order == ">")
        start, step = place + (8 if is_big else 2), 20 if is_big else 12
        for tag, kind, length, at in _entries(data, order, range(start, start + min(count, MOST_TAGS) * step, step)):
            found.counts[tag] = length
            numbers = _numbers(data, order, kind, length, at)
            if numbers:
                found.numbers[tag] = numbers
    except (struct.error, OverflowError):
        return None
    return found if found.counts else None


def _entries(data: bytes, order: str, places: range) -> Iterator[tuple[int, int, int, int]]:
    """Yield each entry's tag, kind, count of values, and where they stand."""
    is_big = places.step == 20  # noqa: PLR2004 - the size of an entry of a BigTIFF
    room, letter = (8, "Q") if is_big else (4, "I")
    for place in places:
        tag, kind, length = struct.unpack_from(f"{order}HH{letter}", data, place)
        at = place + 4 + room
        size = NUMBERS.get(kind, (0, ""))[0] * length
        if size > room:
            (at,) = struct.unpack_from(order + letter, data, at)
        yield tag, kind, length, at


def _numbers(data: bytes, order: str, kind: int, length: int, at: int) -> tuple[int, ...]:
    if kind not in NUMBERS or length > MOST_STRIPS or at + length * NUMBERS[kind][0] > len(data):
        return ()
    return struct.unpack_from(f"{order}{length}{NUMBERS[kind][1]}", data, at)


def _is_read_wrongly(found: Directory) -> bool:
    """Say whether Pillow would take the bytes of this kind in the wrong order, or one plane for another."""
    bits, is_packed = found.first(BITS, 1), found.first(COMPRESSION, PLAIN) != PLAIN
    is_turned = bits > DEEPEST_THAT_TURNS or found.first(VALUES, 1) == SIGNED
    if is_packed and found.is_big_endian and is_turned:
        return True
    if found.first(PLANES, 1) != IN_PLANES:
        return False
    return _loses_alpha(found) or (not is_packed and bits >= DEEP)


def _loses_alpha(found: Directory) -> bool:
    """Say whether the plane of transparency would be left out, or not understood."""
    extra, is_packed = found.first(EXTRA), found.first(COMPRESSION, PLAIN) != PLAIN
    return bool(extra) and (found.first(SAMPLES, 1) == GREY_ALPHA or (extra == MULTIPLIED and not is_packed))
