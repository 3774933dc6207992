"""Photos given as good that people called a defect: nothing is learnt from them."""

from collections.abc import Sequence
from pathlib import Path

from config.counting import several
from detectors.errors import DetectorError
from detectors.weights_file import sha256_of
from storage.commands.options import say
from storage.database import Database
from storage.queries.labelled_frames import defect_hashes

SHOWN = 5


class OnlyDefectsError(DetectorError):
    """Every photo given as good is a known defect."""

    def __init__(self) -> None:
        super().__init__("Every one of these photos is labelled as a defect: nothing of them can be learnt as good.")


def leave_out_defects(images: Sequence[Path], source: str, database: Database) -> list[Path]:
    """Return the photos without those people called a defect of this source, and say which; raise OnlyDefectsError.

    A photo is known by the sha256 of its bytes.
    """
    with database.reading() as session:
        known = defect_hashes(session, source)
    defects = [image for image in images if known and _hash_of(image) in known]
    if not defects:
        return list(images)
    if len(defects) == len(images):
        raise OnlyDefectsError
    shown = ", ".join(image.name for image in defects[:SHOWN]) + (", ..." if len(defects) > SHOWN else "")
    are = "is" if len(defects) == 1 else "are"
    say(f"{several(len(defects), 'photo')} {are} labelled as a defect, and left out: {shown}", err=True)
    left_out = set(defects)
    return [image for image in images if image not in left_out]


def _hash_of(image: Path) -> str | None:
    try:
        return sha256_of(image)
    except OSError:
        return None  # whoever reads it next says why
