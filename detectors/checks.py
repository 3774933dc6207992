"""What `oddspot doctor` says of the network, its speed here, and the active bundles."""

import time
from collections.abc import Callable, Iterator
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


def checks(settings: Settings) -> Iterator[Check]:
    """Look at the weights, the runtime with its measured milliseconds, and every active detector."""
    yield from _runtime(settings)
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
    backbone = Backbone(chosen.backbone, weights, *looked_for, settings.detector.runtime)
    pixels = np.full((view.image_size, view.image_size, 3), 127, np.uint8)
    spent = [_milliseconds(lambda: embed(backbone, pixels)) for _ in range(ROUNDS + 1)][1:]
    found = f"{backbone.runtime}, on {settings.detector.threads} threads, {median(spent):.1f} ms an image"
    yield Check("runtime", is_ok=True, found=found)


def _bundles(settings: Settings) -> Iterator[Check]:
    from detectors.bundle import read_bundle  # noqa: PLC0415 - the same

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
            read_bundle(settings.storage.data_dir / version.bundle)
        except DetectorError as error:
            yield Check(title, is_ok=False, found=str(error), fix=f"oddspot fit {source.name} --good FOLDER")
        else:
            yield Check(title, is_ok=True, found=f"{version.name}, {source.state}, its files as they were fitted")


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
