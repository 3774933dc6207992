"""Fitted detectors in memory: loaded once a version, the least used forgotten first where they grow too many."""

from collections import OrderedDict
from pathlib import Path

from detectors.backbones import Runtime
from detectors.scoring import Detector, load_detector
from storage.records import DetectorVersion

KEPT_BYTES = 1_000_000_000


class LoadedDetectors:
    """Detectors by version, within so many bytes, and always the last one; not shared between threads."""

    def __init__(
        self, data_dir: Path, *, threads: int, runtime: Runtime = "auto", kept_bytes: int = KEPT_BYTES
    ) -> None:
        self._data_dir = data_dir
        self._threads, self._runtime = threads, runtime
        self._kept_bytes = kept_bytes
        self._loaded: OrderedDict[int, Detector] = OrderedDict()

    def __len__(self) -> int:
        return len(self._loaded)

    def get(self, version: DetectorVersion) -> Detector:
        """Return the detector of a version; raise BundleError where its bundle cannot be trusted."""
        if version.id not in self._loaded:
            folder = self._data_dir / (version.bundle or "")
            weights_dir = self._data_dir / "weights"
            self._loaded[version.id] = load_detector(
                folder, weights_dir=weights_dir, threads=self._threads, runtime=self._runtime
            )
            while len(self._loaded) > 1 and self._bytes > self._kept_bytes:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(version.id)
        return self._loaded[version.id]

    @property
    def _bytes(self) -> int:
        return sum(detector.memory_bytes for detector in self._loaded.values())
