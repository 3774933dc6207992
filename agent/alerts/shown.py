"""What Slack may see of an image, as the settings say for its source: full, crop, heatmap or none.

Originals are never opened: full is our own thumbnail beside the heatmap, crop our own crops of the regions.
"""

import io

from PIL import Image, UnidentifiedImageError

from agent.alerts.contact_sheet import GAP, PAPER, contact_sheet
from config.routes import Images
from config.settings import Settings
from storage.blobs import BlobError, BlobStore
from storage.records import Inspection

KINDS: dict[Images, str] = {"full": "Image and heatmap", "crop": "Crop", "heatmap": "Heatmap", "none": ""}


def kind_of(settings: Settings, inspection: Inspection) -> str:
    """Return what a picture of an inspection is called."""
    return KINDS[settings.images_of(inspection.source)]


def may_show(settings: Settings, inspection: Inspection) -> bool:
    """Say whether there is a picture of an inspection that Slack may see."""
    wanted = settings.images_of(inspection.source)
    if wanted == "crop":
        return bool(inspection.crops)
    return wanted != "none" and (inspection.heatmap or inspection.thumbnail) is not None


def picture_of(settings: Settings, blobs: BlobStore, inspection: Inspection) -> bytes | None:
    """Return the PNG of an inspection that Slack may see; None where there is none any more."""
    if not may_show(settings, inspection):
        return None
    wanted = settings.images_of(inspection.source)
    if wanted == "crop":
        return _crops(blobs, inspection)
    heatmap, photograph = _blob(blobs, inspection.heatmap), _blob(blobs, inspection.thumbnail)
    if heatmap is None:  # a frame called normal, which somebody wants to look at
        return photograph
    return _beside(photograph, heatmap) if photograph and wanted == "full" else heatmap


def crop_of(settings: Settings, blobs: BlobStore, inspection: Inspection) -> bytes | None:
    """Return a PNG of the oddest region, where Slack may see anything; the whole picture where there is no crop."""
    if settings.images_of(inspection.source) == "none" or not inspection.crops:
        return picture_of(settings, blobs, inspection)
    return _blob(blobs, inspection.crops[0])


def _crops(blobs: BlobStore, inspection: Inspection) -> bytes | None:
    found = [content for crop in inspection.crops if (content := _blob(blobs, crop)) is not None]
    if len(found) > 1:
        return contact_sheet([(f"region {number}", content) for number, content in enumerate(found, 1)])
    return found[0] if found else None


def _beside(left: bytes, right: bytes) -> bytes:
    """Put two PNGs beside each other; the right one alone where the left cannot be read."""
    try:
        first, second = (_opened(content) for content in (left, right))
    except (UnidentifiedImageError, OSError, ValueError):
        return right
    width, height = first.width + GAP + second.width, max(first.height, second.height)
    both = Image.new("RGB", (width, height), PAPER)
    both.paste(first, (0, 0))
    both.paste(second, (first.width + GAP, 0))
    buffer = io.BytesIO()
    both.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _opened(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        return image.convert("RGB")


def _blob(blobs: BlobStore, sha256: str | None) -> bytes | None:
    try:
        return blobs.get(sha256) if sha256 else None
    except BlobError:
        return None
