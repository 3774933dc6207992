"""Where on the part, in words: a region of the upright original, origin top left."""

from storage.records import Region

LOW, HIGH = 1 / 3, 2 / 3
WORDS = {
    (0, 0): "top left",
    (0, 1): "top",
    (0, 2): "top right",
    (1, 0): "left",
    (1, 1): "centre",
    (1, 2): "right",
    (2, 0): "bottom left",
    (2, 1): "bottom",
    (2, 2): "bottom right",
}


def describe_regions(regions: tuple[Region, ...], *, width: int, height: int) -> str:
    """Say where the worst region is and how many more there are; empty where there is none."""
    if not regions:
        return ""
    worst = max(regions, key=lambda region: region.peak)
    words = describe_region(worst, width=width, height=height)
    more = len(regions) - 1
    return f"{words} and {more} more" if more else words


def describe_region(region: Region, *, width: int, height: int) -> str:
    """Say where a region is and how large."""
    return f"{region_words(region, width=width, height=height)}{_measure(region)}"


def region_words(region: Region, *, width: int, height: int) -> str:
    """Name the ninth of the part a region's middle lies in; empty where the size is unknown."""
    if width <= 0 or height <= 0:
        return ""
    row = _third((region.y + region.height / 2) / height)
    column = _third((region.x + region.width / 2) / width)
    return WORDS[row, column] + ", "


def _measure(region: Region) -> str:
    return f"{region.width}x{region.height} px at ({region.x}, {region.y})"


def _third(share: float) -> int:
    return 0 if share < LOW else 1 if share < HIGH else 2
