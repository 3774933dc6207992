"""Find a backbone's weights on this machine; nothing is ever downloaded."""

import re
from pathlib import Path

from detectors.bundle import BundleError, Manifest
from detectors.weights_file import PACKAGED_BACKBONE, WeightsError, WeightsFile, sha256_of

__all__ = ["PACKAGED_BACKBONE", "WeightsError", "WeightsFile", "ensure_weights", "require_same_weights", "sha256_of"]

# torchvision/NAME lies in a folder of that name; no other slash is let through.
BACKBONE_NAME = re.compile(r"(torchvision/)?[A-Za-z0-9][A-Za-z0-9_.-]*")


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
        from detectors.weight_tensors import convert_packaged  # noqa: PLC0415 - scoring needs no torch

        convert_packaged(path)
    return WeightsFile(path, sha256_of(path))


def require_same_weights(folder: Path, manifest: Manifest, weights: WeightsFile) -> None:
    """Raise BundleError where a bundle was fitted with other weights than are used now."""
    if weights.sha256 != manifest.weights_sha256:
        raise BundleError(
            f"Refit needed: backbone changed. {folder} was fitted with other weights than {weights.path}."
        )
