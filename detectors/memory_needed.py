"""What decoding costs in memory, by format: as measured, at the worst."""

from PIL import Image

from detectors.shapes.jpeg import frame_of

USUAL = 4
# The decoder of animations holds three canvases and hands out a copy of one.
WEBP = 20
# Pillow turns a TIFF by a second copy of it.
TURNED = 9
ORIENTATION = 274


def bytes_a_pixel(image: Image.Image, data: bytes) -> float:
    """Return how many bytes a pixel takes at the peak of decoding."""
    if image.format == "WEBP":
        return WEBP
    if image.format == "TIFF":
        return USUAL if getattr(image, "tag_v2", {}).get(ORIENTATION, 1) == 1 else TURNED
    frame = frame_of(data) if image.format in ("JPEG", "MPO") else None
    # All coefficients of a progressive picture, of two bytes each, are held until its last scan.
    return USUAL + (2 * frame.samples_a_pixel if frame is not None and frame.is_progressive else 0)
