"""`oddspot collect`: gather good photos from a source before its first fit."""

import time
from pathlib import Path
from typing import Annotated

import typer

from config.load import load_settings
from config.settings import Settings
from config.sources import SourceSettings
from detectors.commands.fit import progress_bars
from detectors.errors import DetectorError
from detectors.naming import read_capture
from detectors.scan import make_source
from detectors.sources.port import SourceError
from storage.blobs import write_durably
from storage.commands.options import ConfigOption, now_utc, say

FOLDER_SECONDS = 2.0
SNAPSHOT_SECONDS = 10.0
ENDINGS = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG": ".png",
    b"BM": ".bmp",
    b"RIFF": ".webp",
    b"II*": ".tif",
    b"MM\x00*": ".tif",
}


class NotConfiguredError(DetectorError):
    """A source is not in the settings."""

    def __init__(self, name: str, known: list[str]) -> None:
        there = ", ".join(known) if known else "none; `oddspot init` writes a file to start from"
        super().__init__(f"There is no source {name!r} in the settings; there are: {there}.")


class NothingCollectedError(DetectorError):
    """A source gave no picture in the whole time."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"No picture came from {name}{f': {reason}' if reason else '.'}")


def collect(
    source: Annotated[str, typer.Argument(help="The source to gather from.")],
    config: ConfigOption = None,
    *,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long.")] = 30.0,
    out: Annotated[Path | None, typer.Option(help="Folder for the photos; else <data_dir>/collected/SOURCE.")] = None,
) -> None:
    """Gather good photos from a source; look through them before you fit."""
    settings = load_settings(config)
    if source not in settings.sources:
        raise NotConfiguredError(source, list(settings.sources))
    folder = out or settings.storage.data_dir / "collected" / source
    folder.mkdir(parents=True, exist_ok=True)
    kept, reason = _gather(source, settings, folder, minutes * 60)
    if not kept:
        raise NothingCollectedError(source, reason)
    say(f"{kept} photos are in {folder}. Look through them, then: oddspot fit {source} --good {folder}")


def _gather(name: str, settings: Settings, folder: Path, seconds: float) -> tuple[int, str]:
    own = settings.sources[name]
    images = make_source(name, own, max_bytes=settings.limits_of(name).max_bytes, is_known=lambda _: False)
    kept, reason, started = 0, "", time.monotonic()
    with progress_bars() as bars:
        task = bars.add_task(f"collect {name} (seconds)", total=int(seconds))
        while (spent := time.monotonic() - started) < seconds:
            try:
                for arrival in images.look(now=now_utc()):
                    images.has_taken(arrival)
                    if arrival.content:
                        capture = read_capture(
                            arrival,
                            own.capture,
                            time_zone=settings.zone_of(name),
                            read_exif=lambda: None,
                            now=now_utc(),
                        )
                        target = f"{capture.at:%Y%m%d-%H%M%S}-{kept:05d}{_ending(arrival.content)}"
                        write_durably(folder / target, arrival.content)
                        kept += 1
            except SourceError as error:
                reason = str(error)
            bars.update(task, completed=int(spent), description=f"collect {name}: {kept} photos")
            time.sleep(min(_pause(own), max(0.0, seconds - (time.monotonic() - started))))
    return kept, reason


def _pause(own: SourceSettings) -> float:
    return own.schedule.every_seconds or (FOLDER_SECONDS if own.kind == "folder" else SNAPSHOT_SECONDS)


def _ending(content: bytes) -> str:
    return next((ending for magic, ending in ENDINGS.items() if content.startswith(magic)), ".image")
