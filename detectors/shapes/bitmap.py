"""The headers of a BMP: whether it is one at all, of a kind that is read, and read in good time."""

from storage.records import RejectReason

START = b"BM"
HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
OLD_HEADER, HEADER_END = 12, 18
DEEPEST_PALETTE = 8
DEPTHS = frozenset({1, 4, 8, 16, 24, 32})
PLAIN, RUNS_8, RUNS_4, BITFIELDS = range(4)
READ = frozenset({PLAIN, RUNS_8, RUNS_4, BITFIELDS})
# Each run costs a microsecond or so: a file of this size half a second.
MOST_RUN_BYTES = 2_000_000


def refuse_bitmap(data: bytes) -> RejectReason | None:
    """Return why a BMP is not read, by its headers alone; None where nothing is wrong with them."""
    size = int.from_bytes(data[14:18], "little")
    if len(data) < HEADER_END:
        return RejectReason.TRUNCATED
    if size not in HEADERS:  # two letters begin a BMP, and many a text
        return RejectReason.NOT_AN_IMAGE
    if len(data) < 14 + size:
        return RejectReason.TRUNCATED
    return _refuse_old(data) if size == OLD_HEADER else _refuse_header(data)


def with_whole_palette(data: bytes) -> bytes:
    """Return a BMP that claims a palette of all its depth can have, where what it claims would be read wrongly.

    More colours than that are refused by the decoder, and one or two black and white ones taken for single bits.
    """
    depth, colours = int.from_bytes(data[28:30], "little"), int.from_bytes(data[46:50], "little")
    has_few = depth > 1 and colours in (1, 2)
    if int.from_bytes(data[14:18], "little") == OLD_HEADER or depth > DEEPEST_PALETTE:
        return data
    return data[:46] + bytes(4) + data[50:] if has_few or colours > 2**depth else data


def _refuse_old(data: bytes) -> RejectReason | None:
    if not any(data[18:20]) or not any(data[20:22]):
        return RejectReason.NOT_AN_IMAGE
    return None if int.from_bytes(data[24:26], "little") in DEPTHS else RejectReason.FORMAT_NOT_ALLOWED


def _refuse_header(data: bytes) -> RejectReason | None:
    if not any(data[18:22]) or not any(data[22:26]):
        return RejectReason.NOT_AN_IMAGE
    depth, compression = int.from_bytes(data[28:30], "little"), int.from_bytes(data[30:34], "little")
    if depth not in DEPTHS or compression not in READ:
        return RejectReason.FORMAT_NOT_ALLOWED
    if compression in (RUNS_8, RUNS_4) and len(data) > MOST_RUN_BYTES:
        return RejectReason.TOO_LARGE
    return None
