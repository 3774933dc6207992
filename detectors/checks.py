"""What `oddspot doctor` says of the network, its speed here, and the active bundles."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np

from config.settings import Settings
from detectors.errors import DetectorError
from storage.database import Database
from storage.errors import StorageError
from storage.records import Check
from storage.repositories.sources import list_sources
from storage.repositories.versions import active_version

ROUNDS = 5
SIDE = 64
INOTIFY = Path("/proc/sys/fs/inotify")
MOST_FOLDERS = 1_000_000
# Others of this user watch as well.
ROOM = 1.5


def checks(settings: Settings) -> Iterator[Check]:
    """Look at the weights, the runtime with its measured milliseconds, and every active detector."""
    yield from _runtime(settings)
    yield _decoder(settings)
    yield from _watching(settings)
    try:
        yield from _bundles(settings)
    except StorageError as error:
        yield Check("detectors", is_ok=False, found=str(error), fix="See the line on the database.")


def _runtime(settings: Settings) -> Iterator[Check]:
    from detectors.backbones import Backbone  # noqa: PLC0415 - doctor says first what needs no network
    from detectors.features import embed  # noqa: PLC0415 - the same
    from detectors.presets import choose_preset  # noqa: PLC0415 - the same
    from detectors.runtime import use_threads  # noqa: PLC0415 - the same
    from detectors.weights import ensure_weights  # noqa: PLC0415 - the same

    chosen = choose_preset(settings.detector)
    view = chosen.views[0]
    try:
        weights = ensure_weights(chosen.backbone, settings.storage.data_dir / "weights")
    except DetectorError as error:
        yield Check("weights", is_ok=False, found=str(error), fix="Reinstall, or put the file there.")
        return
    yield Check("weights", is_ok=True, found=f"{chosen.backbone}, sha256 {weights.sha256[:12]}")
    use_threads(settings.detector.threads)
    looked_for = view.image_size, view.strides, view.layers, view.tiles
    backbone = Backbone(chosen.backbone, weights, *looked_for, settings.detector.runtime, chosen.precision)
    pixels = np.full((view.image_size, view.image_size, 3), 127, np.uint8)
    spent = [_milliseconds(lambda: embed(backbone, pixels)) for _ in range(ROUNDS + 1)][1:]
    found = f"{backbone.runtime}, on {settings.detector.threads} threads, {median(spent):.1f} ms an image"
    yield Check("runtime", is_ok=True, found=found)


def _bundles(settings: Settings) -> Iterator[Check]:
    from detectors.bundle import read_bundle  # noqa: PLC0415 - the same
    from detectors.weights import ensure_weights, require_same_weights  # noqa: PLC0415 - the same

    weights_dir = settings.storage.data_dir / "weights"
    database = Database(settings.database_url)
    with database.reading() as session:
        found = [(source, active_version(session, source)) for source in list_sources(session)]
    database.close()
    seen = {source.name for source, _ in found}
    for missing in (name for name in settings.sources if name not in seen):
        fix = f"oddspot fit {missing} --good FOLDER"
        yield Check(f"detector of {missing}", is_ok=False, found="none is fitted", fix=fix)
    for name, own in settings.sources.items():
        if own.path is not None and not own.path.is_dir():
            yield Check(f"folder of {name}", is_ok=False, found=f"there is no folder {own.path}", fix="Make it.")
    for source, version in found:
        title = f"detector of {source.name}"
        if version is None or version.bundle is None:
            fix = f"oddspot fit {source.name} --good FOLDER"
            yield Check(title, is_ok=False, found="none is fitted", fix=fix)
            continue
        try:
            folder = settings.storage.data_dir / version.bundle
            manifest, _ = read_bundle(folder)
            require_same_weights(folder, manifest, ensure_weights(manifest.backbone, weights_dir))
        except DetectorError as error:
            yield Check(title, is_ok=False, found=str(error), fix=f"oddspot fit {source.name} --good FOLDER")
        else:
            yield Check(title, is_ok=True, found=f"{version.name}, {source.state}, its files as they were fitted")


def _decoder(settings: Settings) -> Check:
    """Decode a picture of our own in the guarded process, as every image is."""
    from PIL import Image  # noqa: PLC0415 - the same

    from detectors.decode import Decoder  # noqa: PLC0415 - the same

    fix = "Look at limits.decode_memory_bytes, and whether this user may start processes."
    try:
        with tempfile.NamedTemporaryFile(suffix=".png") as file, Decoder(settings.limits) as decoder:
            Image.new("RGB", (SIDE, SIDE)).save(file, "PNG")
            file.flush()
            decoder.decode(Path(file.name))
    except (DetectorError, OSError) as error:
        return Check("decoder", is_ok=False, found=str(error), fix=fix)
    return Check("decoder", is_ok=True, found="in a process of its own, with limits")


def _watching(settings: Settings) -> Iterator[Check]:
    """Hold the folders to be watched against what the system lets one user watch; Linux alone has such a limit."""
    roots = [
        own.path
        for own in settings.sources.values()
        if own.path and not own.schedule.cron and not own.schedule.every_seconds
    ]
    limits = [_limit(name) for name in ("max_user_watches", "max_user_instances")]
    if not roots or None in limits:
        return
    most_watches, most_instances = limits
    folders = sum(1 for root in roots for _ in islice(os.walk(root), MOST_FOLDERS))
    found = f"{folders} folders of {len(roots)} sources; this system watches {most_watches} and {most_instances}"
    is_ok = folders * ROOM < (most_watches or 0) and len(roots) * ROOM < (most_instances or 0)
    fix = "sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024; till then folders are scanned."
    yield Check("watching", is_ok=is_ok, found=found, fix=fix)


def _limit(name: str) -> int | None:
    try:
        return int((INOTIFY / name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
