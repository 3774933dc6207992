"""Where a training's state is kept between Ctrl-C and the next start: one safetensors file for each training."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from storage.database import make_private


class FileCheckpoints:
    """The state of one training, replaced whole at each save."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Tensor] | None:
        """Return the last state saved, or None where there is none that can be read."""
        try:
            return load(self._path.read_bytes())
        except (OSError, SafetensorError):
            return None

    def save(self, state: dict[str, Tensor]) -> None:
        """Keep this state in place of the last one."""
        make_private(self._path.parent)
        unfinished = self._path.with_suffix(f".{os.getpid()}.part")
        unfinished.write_bytes(save({name: tensor.contiguous() for name, tensor in state.items()}))
        unfinished.replace(self._path)

    def forget(self) -> None:
        """Drop the state: the training is over."""
        self._path.unlink(missing_ok=True)


class NoCheckpoints:
    """For trainings that nobody would resume."""

    def load(self) -> dict[str, Tensor] | None:
        """Return None."""
        return None

    def save(self, state: dict[str, Tensor]) -> None:
        """Keep nothing."""


def training_key(images: Sequence[Path], **choices: object) -> str:
    """Name a training by what it learns from and how: another file, size or choice is another training."""
    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in images]
    text = json.dumps([files, choices], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
