"""The chunks of a PNG: whether all are there and in order, and of a kind that is read."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from storage.records import RejectReason

START = b"\x89PNG\r\n\x1a\n"
HEADER_BYTES = 13
# Of 8 KB each, as most programs write them, this many hold 400 MB.
MOST_CHUNKS = 50_000
READ = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
KEPT = READ | {b"tRNS", b"eXIf"}
# Which depths a colour type has: grey, colour, palette, and the first two with alpha.
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
BY_PALETTE = 3
INTERLACES = (0, 1)
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Where each pass of an interlaced picture begins, across and down, and its steps.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, from start to end with its length and checksum."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says of how the pixels are stored; kind: the colour type."""

    depth: int
    kind: int
    is_interlaced: bool


def refuse_png(data: bytes) -> RejectReason | None:
    """Return why a PNG is not read, by its chunks alone; None where nothing is wrong with them."""
    seen: set[bytes] = set()
    for number, chunk in enumerate(chunks(data)):
        refusal = _refuse_chunk(data, chunk, number, seen)
        if refusal is not None:
            return refusal
        seen.add(chunk.kind)
        if chunk.kind == b"IEND":
            return None if b"IDAT" in seen else RejectReason.TRUNCATED
    return RejectReason.TRUNCATED


def picture_alone(data: bytes) -> bytes:
    """Return a PNG without the chunks that say nothing of its pixels: texts, profiles, times, animation."""
    pieces = [data[chunk.start : chunk.end] for chunk in chunks(data) if chunk.kind in KEPT and _is_intact(data, chunk)]
    return b"".join((START, *pieces))


def read_header(data: bytes) -> Header:
    """Return the header of a PNG that was not refused."""
    depth, kind, _, _, interlace = data[len(START) + 16 : len(START) + 21]
    return Header(depth, kind, interlace != 0)


def kinds(data: bytes) -> frozenset[bytes]:
    """Return the kinds of chunk that are in it."""
    return frozenset(chunk.kind for chunk in chunks(data))


def lacks_rows(data: bytes) -> bool:
    """Say whether the data of a PNG, though they end as they should, are of fewer rows than it has."""
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    header, found = read_header(data), 0
    bits = header.depth * CHANNELS[header.kind]
    passes = PASSES if header.is_interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - left) // across), -(-(height - top) // down)) for left, top, across, down in passes]
    wanted = sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)
    stream = zlib.decompressobj()
    for chunk in chunks(data):
        left = data[chunk.start + 8 : chunk.end - 4] if chunk.kind == b"IDAT" else b""
        while left and found < wanted:
            found += len(stream.decompress(left, AT_ONCE))
            left = stream.unconsumed_tail
    return found < wanted


def exif_block(data: bytes) -> bytes:
    """Return the EXIF of a PNG, which may stand before its picture or behind; nothing where it has none."""
    found = (chunk for chunk in chunks(data) if chunk.kind == b"eXIf" and _is_intact(data, chunk))
    chunk = next(found, None)
    return b"" if chunk is None else data[chunk.start + 8 : chunk.end - 4]


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks that are whole, up to the end of the picture."""
    position = len(START)
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4])
        if end > len(data):
            return
        chunk = Chunk(data[position + 4 : position + 8], position, end)
        yield chunk
        if chunk.kind == b"IEND":
            return
        position = end


def _refuse_chunk(data: bytes, chunk: Chunk, number: int, seen: set[bytes]) -> RejectReason | None:
    if number >= MOST_CHUNKS:
        return RejectReason.TOO_LARGE
    is_critical = chunk.kind[:1].isupper()
    if is_critical and not _is_intact(data, chunk):
        return RejectReason.TRUNCATED
    if is_critical and chunk.kind not in READ:
        return RejectReason.FORMAT_NOT_ALLOWED
    if number == 0:
        return _refuse_header(data, chunk)
    is_by_palette = data[len(START) + 17] == BY_PALETTE
    if chunk.kind == b"IDAT" and is_by_palette and b"PLTE" not in seen:
        return RejectReason.TRUNCATED
    return None


def _refuse_header(data: bytes, chunk: Chunk) -> RejectReason | None:
    if chunk.kind == b"CgBI":
        return RejectReason.FORMAT_NOT_ALLOWED
    if chunk.kind != b"IHDR" or chunk.end - chunk.start != HEADER_BYTES + 12:
        return RejectReason.TRUNCATED
    body = data[chunk.start + 8 : chunk.end - 4]
    if not any(body[:4]) or not any(body[4:8]):
        return RejectReason.NOT_AN_IMAGE
    depth, kind, compression, filtering, interlace = body[8:]
    is_read = depth in DEPTHS.get(kind, ()) and not compression and not filtering and interlace in INTERLACES
    return None if is_read else RejectReason.FORMAT_NOT_ALLOWED


def _is_intact(data: bytes, chunk: Chunk) -> bool:
    return zlib.crc32(memoryview(data)[chunk.start + 4 : chunk.end - 4]).to_bytes(4) == data[chunk.end - 4 : chunk.end]
