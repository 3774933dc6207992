"""The worst anomalies' crops, read from our own PNGs."""

import io

from PIL import Image, UnidentifiedImageError

from storage.blobs import BlobError, BlobStore
from storage.records import Inspection

SIDE = 420


def crop_of(blobs: BlobStore, inspection: Inspection) -> bytes | None:
    """Return the PNG of an anomaly's worst place, else its heatmap or thumbnail; None where all are gone."""
    names = (*inspection.crops[:1], inspection.heatmap, inspection.thumbnail)
    return next((content for name in names if name and (content := _small_png(blobs, name)) is not None), None)


def _small_png(blobs: BlobStore, name: str) -> bytes | None:
    try:
        with Image.open(io.BytesIO(blobs.get(name)), formats=["PNG"]) as image:
            picture = image.convert("RGB")
    except (BlobError, UnidentifiedImageError, OSError, ValueError):
        return None
    picture.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
