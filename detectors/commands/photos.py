"""Which photos a fit learns from: those that a person found good, or the less odd ones of those nobody looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from config.sources import DetectorSettings, LimitSettings
from detectors.commands.files import list_images
from storage.records import RejectReason


class GoodOrUnlabelledError(typer.BadParameter):
    """Nothing to learn from, or two ways to learn at once."""

    def __init__(self) -> None:
        super().__init__("Give either --good with a folder of good photos, or --unlabelled with one of any photos.")


class KeepAloneError(typer.BadParameter):
    """A share to keep of photos that are all good."""

    def __init__(self) -> None:
        super().__init__("--keep says what share of --unlabelled is learned from; --good is learned from whole.")


@dataclass(frozen=True, slots=True)
class Photos:
    """What to learn from; left_out: what was too odd for it, oddest first; unread: what could not be ranked."""

    images: tuple[Path, ...]
    left_out: tuple[Path, ...] = ()
    unread: tuple[tuple[Path, RejectReason], ...] = ()


def list_photos(good: Path | None, unlabelled: Path | None, keep: float | None) -> list[Path]:
    """Return the files in the one folder given; raise GoodOrUnlabelledError, KeepAloneError, NoImagesError."""
    if unlabelled is None and keep is not None:
        raise KeepAloneError
    given = [folder for folder in (good, unlabelled) if folder is not None]
    if len(given) != 1:
        raise GoodOrUnlabelledError
    return list_images(given)


def leave_out_odd(
    images: list[Path],
    keep: float | None,
    *,
    settings: DetectorSettings,
    limits: LimitSettings,
    bit_depth: int | None,
    weights_dir: Path,
    progress: Callable[[str, int, int], None],
) -> Photos:
    """Rank unlabelled photos by each other and keep the share `keep` of the least odd, or all that do not stand out."""
    from detectors.decode import Decoder  # noqa: PLC0415 - torch is loaded only once there is something to rank
    from detectors.triage import triage_photos  # noqa: PLC0415 - the same

    with Decoder(limits, bit_depth=bit_depth) as decoder:
        found = triage_photos(images, decoder=decoder, settings=settings, weights_dir=weights_dir, progress=progress)
    left_out = tuple(photo.path for photo in found.oddest(keep))
    kept = {photo.path for photo in found.photos}.difference(left_out)
    return Photos(tuple(image for image in images if image in kept), left_out, found.skipped)
