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
        self._loaded: OrderedDict[tuple[int, str | None], Detector] = OrderedDict()

    def __len__(self) -> int:
        return len(self._loaded)

    def get(self, version: DetectorVersion) -> Detector:
        """Return the detector of a version; raise BundleError where its bundle cannot be trusted."""
        key = version.id, version.manifest_sha256
        if key not in self._loaded:
            self._drop(version.id)
            folder = self._data_dir / (version.bundle or "")
            weights_dir = self._data_dir / "weights"
            self._loaded[key] = load_detector(
                folder, weights_dir=weights_dir, threads=self._threads, runtime=self._runtime
            )
            while len(self._loaded) > 1 and self._bytes > self._kept_bytes:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def _drop(self, version_id: int) -> None:
        """Let go of a version as it was before an image was taken out of it."""
        for key in [known for known in self._loaded if known[0] == version_id]:
            del self._loaded[key]

    @property
    def _bytes(self) -> int:
        return sum(detector.memory_bytes for detector in self._loaded.values())
