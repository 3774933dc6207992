"""Labelled defects as files: a folder of them, kinds as its subfolders, and masks by name in another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.dataset import find_mask
from detectors.errors import DetectorError


class NoMasksError(DetectorError):
    """A folder of masks holds none for the defects at hand."""

    def __init__(self, masks: Path, bad: Path) -> None:
        super().__init__(f"{masks} has no mask for any image in {bad}; masks are called NAME_mask.png or NAME.png.")


@dataclass(frozen=True, slots=True)
class DefectFile:
    """A defective image, its mask where somebody drew one, and its kind."""

    path: Path
    mask: Path | None
    kind: str


def pair_with_masks(images: Sequence[Path], bad: Path, masks: Path | None) -> list[DefectFile]:
    """Name each image's kind by its subfolder of `bad`, and find its mask; raise NoMasksError where none fits."""
    found = []
    for image in images:
        inside = image.parent.relative_to(bad)
        mask = None if masks is None else find_mask((masks / inside, masks), image)
        found.append(DefectFile(image, mask, str(inside) if inside.parts else "defect"))
    if masks is not None and not any(defect.mask for defect in found):
        raise NoMasksError(masks, bad)
    return found
