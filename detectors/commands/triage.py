"""`oddspot triage`: unlabelled photos ranked by each other, oddest first; records nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.counting import several
from config.load import load_settings
from config.settings import Settings
from config.sources import DetectorSettings
from detectors.commands.files import list_images, picture_name
from detectors.commands.fit import StageProgress, progress_bars
from detectors.commands.options import choose_settings
from detectors.errors import DetectorError
from storage.blobs import write_durably
from storage.commands.options import ConfigOption, JsonOption, plain, print_json, print_table, say

if TYPE_CHECKING:
    from detectors.decode import Decoder
    from detectors.triage import Triage

LONGEST_NAME = 120


class FolderInUseError(DetectorError):
    """A folder for copies holds something already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not an empty folder; copies are never mixed with what is there.")


def triage(
    folder: Annotated[Path, typer.Argument(help="A folder of photos that nobody has looked through.")],
    config: ConfigOption = None,
    *,
    heatmaps: Annotated[Path | None, typer.Option(help="Folder for the heatmaps of the oddest.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many of the oddest are listed and drawn.")] = 20,
    keep_good: Annotated[Path | None, typer.Option(help="New folder for copies of the least odd photos.")] = None,
    keep: Annotated[float, typer.Option(min=0.01, max=1.0, help="The share of photos to copy.")] = 0.8,
    neighbours: Annotated[int, typer.Option(min=1, help="Share scores among so many photos alike; 1: no.")] = 1,
    image_size: Annotated[int | None, typer.Option(help="Side of the square, px.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Rank unlabelled photos by how little the others are like them, for a camera's first day; records nothing."""
    settings = load_settings(config)
    chosen = choose_settings(settings.detector, {"image_size": image_size, "threads": threads})
    images = list_images([folder])
    if keep_good is not None:
        _make_empty(keep_good)
    from detectors.decode import Decoder  # noqa: PLC0415 - torch is loaded only once there is something to rank

    with Decoder(settings.limits) as decoder:
        found = _triage(images, decoder, settings, chosen, neighbours)
        drawn = {} if heatmaps is None else _draw(found, decoder, heatmaps, top)
    copied = 0 if keep_good is None else _copy(found, images, keep_good, keep)
    if as_json:
        _print_lines(found, drawn, copied)
    else:
        _tell(found, top, drawn)
        if keep_good is not None:
            say(f"The {copied} least odd are copied to {keep_good}. Look through them, then:")
            say(f"  oddspot fit SOURCE --good {keep_good}")


def _make_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUseError(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _triage(
    images: list[Path], decoder: "Decoder", settings: Settings, chosen: DetectorSettings, neighbours: int
) -> "Triage":
    from detectors.triage import triage_photos  # noqa: PLC0415 - the same

    with progress_bars() as bars:
        return triage_photos(
            images,
            decoder=decoder,
            settings=chosen,
            weights_dir=settings.storage.data_dir / "weights",
            progress=StageProgress(bars),
            neighbours=neighbours,
        )


def _draw(found: "Triage", decoder: "Decoder", folder: Path, top: int) -> dict[Path, Path]:
    """Write a heatmap of each of the oddest photos; the middle of the colours is where a part begins to stand out."""
    from detectors.heatmap import render_heatmap  # noqa: PLC0415 - the same

    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for rank, photo in enumerate(found.photos[:top], start=1):
        pixels = decoder.decode(photo.path).pixels
        mapped = found.map_of(photo, width=pixels.shape[1], height=pixels.shape[0])
        target = (folder / picture_name(rank, photo.path)).absolute()
        write_durably(target, render_heatmap(pixels, mapped))
        drawn[photo.path] = target
    return drawn


def _copy(found: "Triage", images: list[Path], folder: Path, keep: float) -> int:
    """Copy the least odd photos, named so that they stay apart and in their order."""
    odd = {photo.path for photo in found.oddest(keep)}
    kept = sorted(photo.path for photo in found.photos if photo.path not in odd)
    places = {path: number for number, path in enumerate(images)}
    for path in kept:
        write_durably(folder / f"{places[path]:05d}-{path.name[-LONGEST_NAME:]}", path.read_bytes())
    return len(kept)


def _print_lines(found: "Triage", drawn: dict[Path, Path], copied: int) -> None:
    for rank, photo in enumerate(found.photos, start=1):
        heatmap = drawn.get(photo.path)
        line: dict[str, Any] = {"path": str(photo.path), "rank": rank, "score": photo.score}
        print_json(line | {"stands_out": photo.score > found.cut, "heatmap": str(heatmap) if heatmap else None})
    for path, reason in found.skipped:
        print_json({"path": str(path), "rank": None, "score": None, "reason": str(reason)})
    print_json(
        {
            "photos": len(found.photos),
            "skipped": len(found.skipped),
            "stand_out": len(found.standing_out),
            "cut": found.cut,
            "references": found.references,
            "image_size": found.image_size,
            "copied": copied,
        }
    )


def _tell(found: "Triage", top: int, drawn: dict[Path, Path]) -> None:
    rows = [
        (rank, plain(photo.path.name), f"{photo.score:.4g}", "stands out" if photo.score > found.cut else "")
        for rank, photo in enumerate(found.photos[:top], start=1)
    ]
    print_table(("rank", "image", "score", ""), rows, empty="Nothing was ranked.")
    if found.skipped:
        say(f"{several(len(found.skipped), 'photo')} could not be read:")
        for path, reason in found.skipped:
            say(f"  {plain(path.name)}: {reason}")
    count, total = len(found.standing_out), len(found.photos)
    say(
        f"{count} of {total} photos ({count / total:.1%}) stand out from the rest: scores above {found.cut:.4g}. "
        "That is a suggestion where to look first and no verdict: it takes most photos to be good."
    )
    if found.references < total:
        say(f"Each was compared with {found.references} of them, evenly spread.")
    if drawn:
        say(f"The heatmaps are in {next(iter(drawn.values())).parent}.")
