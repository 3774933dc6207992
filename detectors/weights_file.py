"""A backbone's weights on disk, under their hash."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from detectors.errors import DetectorError

PACKAGED_BACKBONE = "tf_efficientnet_lite0"


class WeightsError(DetectorError):
    """A backbone's weights are not at hand, or not what they should be."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A backbone's weights as safetensors, with their hash."""

    path: Path
    sha256: str


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
