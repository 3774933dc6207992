"""Another threshold for a bundle: a bundle of its own, whose other files are the same by hash and take no room."""

import hashlib
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from detectors.bundle import MANIFEST, BundleError, make_folders, read_bundle, sync_folder, write_synced
from detectors.calibration import Calibration, calibration_sentence
from detectors.errors import DetectorError


class ThresholdError(DetectorError):
    """A number that cannot be a threshold."""

    def __init__(self, threshold: float) -> None:
        super().__init__(f"{threshold} cannot be a threshold: it has to be a finite number.")


@dataclass(frozen=True, slots=True)
class MovedBundle:
    """What the new bundle promises; details: for its version's row."""

    manifest_sha256: str
    promised_rate: float
    details: dict[str, Any]


def move_threshold(bundle: Path, folder: Path, threshold: float) -> MovedBundle:
    """Write a bundle with another threshold, whole or not at all; raise BundleError or ThresholdError.

    Every file is checked by its hash first. The promise is that of the same held-out scores at the new threshold.
    """
    if not math.isfinite(threshold):
        raise ThresholdError(threshold)
    manifest, arrays = read_bundle(bundle)
    calibration = Calibration(
        scores=tuple(np.sort(arrays["calibration_scores"]).astype(float).tolist()),
        map_peaks=tuple(np.sort(arrays["calibration_map_peaks"]).astype(float).tolist()),
        wanted_rate=manifest.wanted_rate,
        promised_rate=manifest.promised_rate,
        threshold=manifest.threshold,
        map_threshold=manifest.map_threshold,
    ).moved_to(threshold)
    promise = {"promised_rate": calibration.promised_rate, "promised_interval": calibration.promised_interval}
    changed = manifest.model_copy(
        update={"threshold": threshold, "map_threshold": calibration.map_threshold, **promise}
    )
    text = changed.model_dump_json(by_alias=True, indent=2).encode()
    _share(bundle, folder, list(manifest.files), text)
    sentence = calibration_sentence(
        len(calibration.scores), wanted_rate=calibration.promised_rate, promised_rate=calibration.promised_rate
    )
    details = promise | {"threshold": threshold, "outlook": None, "calibration_sentence": sentence}
    return MovedBundle(hashlib.sha256(text).hexdigest(), calibration.promised_rate, details)


def _share(bundle: Path, folder: Path, names: list[str], manifest: bytes) -> None:
    if folder.exists():
        raise BundleError(f"{folder} is already there, and a bundle never changes.")
    unfinished = folder.with_name(f".{folder.name}.{uuid4().hex}.part")
    try:
        for name in names:
            target = unfinished / name
            make_folders(target.parent)
            _link(bundle / name, target)
        write_synced(unfinished / MANIFEST, manifest)
        for directory in (unfinished / "thumbnails", unfinished):
            sync_folder(directory)
        unfinished.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise BundleError(f"{folder} cannot be written: {error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _link(file: Path, target: Path) -> None:
    """Let two names stand for one file; copy it where the disk cannot do that."""
    try:
        os.link(file, target)
    except OSError:
        write_synced(target, file.read_bytes())
