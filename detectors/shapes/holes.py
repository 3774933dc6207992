"""Pieces of a file that were reserved and never written."""

HOLE = bytes(4096)
SECTOR = 512


def has_hole(data: bytes, start: int, end: int) -> bool:
    """Say whether a run of zeros begins or ends on a sector, or never ends: a piece not written, not a dark picture."""
    first = data.find(HOLE, start, end)
    if first < 0:
        return False
    last = first + len(HOLE)
    while last + SECTOR <= end and data[last : last + SECTOR] == HOLE[:SECTOR]:
        last += SECTOR
    while last < end and data[last] == 0:
        last += 1
    return first % SECTOR == 0 or last % SECTOR == 0 or last == len(data)
