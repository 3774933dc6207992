"""The runs of a packed BMP, unpacked: rows that end early, jumps and an early end, all of which are allowed."""

from collections.abc import Iterator

from detectors.shapes.bitmap import RUNS_4, RUNS_8

OFFSET_AT, WIDTH_AT, HEIGHT_AT, DEPTH_AT, COMPRESSION_AT = 10, 18, 22, 28, 30
END_OF_ROW, END, JUMP = range(3)


def without_runs(data: bytes, max_pixels: int) -> bytes:
    """Return a BMP packed in runs as a plain one of 8 bits; any other, and one whose runs break off, as it is."""
    compression = int.from_bytes(data[COMPRESSION_AT : COMPRESSION_AT + 4], "little")
    if data[14] == 12 or compression not in (RUNS_8, RUNS_4):  # noqa: PLR2004 - the old header has no such field
        return data
    offset, width, height = (_number(data, at) for at in (OFFSET_AT, WIDTH_AT, HEIGHT_AT))
    if offset <= 14 + _number(data, 14) or width * height > max_pixels:  # the decoder has its own guess at the first
        return data
    stride = (width + 3) // 4 * 4
    rows = bytearray(stride * height)
    row, across = 0, 0
    for row, across, values in _runs(data, offset, is_in_halves=compression == RUNS_4):
        if 0 <= row < height and across < width:
            start = row * stride + across
            seen = values[: width - across]
            rows[start : start + len(seen)] = seen
    if row >= 0 and (row, across) < (height - 1, width):
        return data
    head = bytearray(data[:offset])
    head[DEPTH_AT : DEPTH_AT + 6] = (8).to_bytes(2, "little") + bytes(4)
    return bytes(head + rows)


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _runs(data: bytes, offset: int, *, is_in_halves: bool) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each run begins, from the lowest row, and its values; last where they end, -1 where they say so."""
    at, row, across = offset, 0, 0
    while at + 2 <= len(data):
        count, what = data[at], data[at + 1]
        at += 2
        if count:
            values = bytes((what >> 4, what & 15)) * ((count + 1) // 2) if is_in_halves else bytes((what,)) * count
            yield row, across, values[:count]
            across += count
        elif what == END_OF_ROW:
            row, across = row + 1, 0
        elif what == END:
            yield -1, 0, b""
            return
        elif what == JUMP:
            right, up = data[at : at + 2].ljust(2, b"\0")
            row, across, at = row + up, across + right, at + 2
        else:
            length = (what + 1) // 2 if is_in_halves else what
            packed = data[at : at + length]
            if len(packed) < length:
                break
            values = b"".join(bytes((both >> 4, both & 15)) for both in packed) if is_in_halves else packed
            yield row, across, values[:what]
            across, at = across + what, at + length + length % 2
    yield row, across, b""
