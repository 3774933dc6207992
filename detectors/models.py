"""Fitted detectors in memory: loaded once a version, the least used forgotten first."""

from collections import OrderedDict
from pathlib import Path

from detectors.backbones import Runtime
from detectors.scoring import Detector, load_detector
from storage.records import DetectorVersion

KEPT = 8


class LoadedDetectors:
    """Detectors by version; not shared between threads."""

    def __init__(self, data_dir: Path, *, threads: int, runtime: Runtime = "auto") -> None:
        self._data_dir = data_dir
        self._threads, self._runtime = threads, runtime
        self._loaded: OrderedDict[int, Detector] = OrderedDict()

    def get(self, version: DetectorVersion) -> Detector:
        """Return the detector of a version; raise BundleError where its bundle cannot be trusted."""
        if version.id not in self._loaded:
            folder = self._data_dir / (version.bundle or "")
            weights_dir = self._data_dir / "weights"
            self._loaded[version.id] = load_detector(
                folder, weights_dir=weights_dir, threads=self._threads, runtime=self._runtime
            )
            while len(self._loaded) > KEPT:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(version.id)
        return self._loaded[version.id]
