"""The trainings of one fit, each with a checkpoint of its own that lasts until all of them are done."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from config.sources import DetectorSettings
from detectors.checkpoints import FileCheckpoints, NoCheckpoints, training_key
from detectors.methods.port import Training


class Trainings:
    """Begins trainings by name; folder: where they keep their states, None for nowhere."""

    def __init__(
        self,
        images: Sequence[Path],
        settings: DetectorSettings,
        folder: Path | None,
        progress: Callable[[str, int, int], None],
    ) -> None:
        self._images = images
        self._settings = settings
        self._folder = folder
        self._progress = progress
        self._kept: list[FileCheckpoints] = []

    def begin(self, name: str) -> Training:
        """Return what a training of this name may use."""
        return Training(
            seed=self._settings.seed,
            seconds=self._settings.train_seconds,
            progress=partial(self._progress, f"train {name}"),
            checkpoints=self._checkpoints(name),
        )

    def forget(self) -> None:
        """Remove the checkpoints."""
        for checkpoints in self._kept:
            checkpoints.forget()

    def _checkpoints(self, name: str) -> FileCheckpoints | NoCheckpoints:
        if self._folder is None:
            return NoCheckpoints()
        key = training_key(list(self._images), name=name, **self._settings.model_dump())
        self._kept.append(FileCheckpoints(self._folder / f"{key}.safetensors"))
        return self._kept[-1]
