"""`oddspot add`: more good photos for a detector that is already fitted, in seconds."""

from pathlib import Path
from typing import Annotated

import typer

from config.counting import several
from config.load import load_settings
from config.settings import Settings
from detectors.commands.files import list_images
from detectors.commands.fit import StageProgress, progress_bars, report_version
from detectors.commands.fitted import fitted_version
from detectors.commands.known_defects import leave_out_defects
from storage.commands.options import ConfigOption, JsonOption, now_utc, person, say
from storage.opening import Stores, open_stores
from storage.records import DetectorVersion


def add(
    source: Annotated[str, typer.Argument(help="The source whose detector takes them in.")],
    good: Annotated[Path, typer.Option("--good", help="Folder of more good photos.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take more good photos into a source's detector without a fit of all; the grown one is a version of its own."""
    settings = load_settings(config)
    given = list_images([good])
    stores = open_stores(settings)
    version = fitted_version(source, settings, stores)
    images = leave_out_defects(given, source, stores.database)
    say(f"Adding {several(len(images), 'photo')} to {version.name} ...", err=True)
    report_version(source, _add(source, version, images, settings, stores), stores, as_json=as_json)


def _add(
    source: str, version: DetectorVersion, images: list[Path], settings: Settings, stores: Stores
) -> DetectorVersion:
    from detectors.adding import add_images  # noqa: PLC0415 - loaded only once there is something to add
    from detectors.decode import Decoder  # noqa: PLC0415 - the same
    from detectors.registering import register_fit  # noqa: PLC0415 - the same

    data_dir = settings.storage.data_dir
    limits, bit_depth = settings.limits_of(source), settings.bit_depth_of(source)
    with Decoder(limits, bit_depth=bit_depth) as decoder, progress_bars() as bars:
        grown = add_images(
            data_dir / (version.bundle or ""),
            images,
            details=version.details,
            decoder=decoder,
            settings=settings.detector_of(source),
            weights_dir=data_dir / "weights",
            progress=StageProgress(bars),
        )
    skipped = {name for name, _ in grown.report.skipped}
    return register_fit(
        grown,
        source,
        stores,
        data_dir=data_dir,
        images=[image for image in images if str(image) not in skipped],
        goes_live=False,
        actor=person(),
        now=now_utc(),
    )
