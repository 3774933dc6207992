"""`oddspot missed`: the frames round a moment at which somebody saw a defect that was not told."""

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from config.load import load_settings
from config.settings import Settings
from storage.commands.options import (
    ConfigOption,
    JsonOption,
    local_time,
    now_utc,
    print_json,
    print_table,
    rfc3339,
    say,
)
from storage.moments import read_moment
from storage.opening import Stores, open_stores
from storage.queries.around import frames_round
from storage.queries.inspections import get_inspection
from storage.records import Inspection, Source, Verdict
from storage.repositories.sources import source_by_name


def missed(
    source: Annotated[str, typer.Argument(help="The source.")],
    at: Annotated[str, typer.Argument(help='When, as 10:32, "yesterday 10:32" or 2026-11-24T10:32.')],
    config: ConfigOption = None,
    *,
    frames: Annotated[int, typer.Option(min=1, max=100, help="Frames at most.")] = 9,
    pictures: Annotated[Path | None, typer.Option(help="Folder that gets a small picture of each.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the frames round a moment, to be labelled as missed by `oddspot label A-17 missed`."""
    settings = load_settings(config)
    stores = open_stores(settings)
    with stores.database.reading() as session:
        found = source_by_name(session, source)
        moment = read_moment(at, zone=settings.zone_of(source), now=now_utc())
        near = frames_round(session, source_id=found.id, at=moment, limit=frames)
    saved = {} if pictures is None else _save(pictures, found, near, settings, stores)
    if as_json:
        for frame in near:
            print_json(_as_json(frame, saved.get(frame.id)))
        return
    zone = settings.zone_of(source)
    rows = [
        (
            frame.shown_id,
            local_time(frame.captured_at, zone),
            f"{frame.score:.4g} of {frame.threshold:.4g}",
            frame.verdict,
            (frame.label or "-").replace("_", " "),
            saved.get(frame.id) or frame.name,
        )
        for frame in near
    ]
    columns = ("frame", "captured", "score", "called", "labelled", "picture" if saved else "file")
    print_table(columns, rows, empty=f"No frame of {source} was judged within half an hour of that.")
    passed = next((frame for frame in near if frame.verdict is Verdict.NORMAL), None)
    if passed:
        say(f"`oddspot label {passed.shown_id} missed` says which one shows a defect.")


def _save(folder: Path, source: Source, near: list[Inspection], settings: Settings, stores: Stores) -> dict[int, str]:
    from detectors.decode import Decoder  # noqa: PLC0415 - only pictures need it
    from detectors.jobs.pictures import give_thumbnails  # noqa: PLC0415 - the same
    from detectors.jobs.workshop import Workshop  # noqa: PLC0415 - the same

    ids = [frame.id for frame in near]
    with Decoder(settings.limits_of(source.name), bit_depth=settings.bit_depth_of(source.name)) as decoder:
        give_thumbnails(Workshop(stores, settings, lambda _: decoder, now_utc), source.id, ids)
    folder.mkdir(parents=True, exist_ok=True)
    saved = {}
    with stores.database.reading() as session:
        shown = [frame for one in ids if (frame := get_inspection(session, one)) is not None and frame.thumbnail]
    for frame in shown:
        target = folder / f"{frame.shown_id}.png"
        shutil.copyfile(stores.blobs.path(frame.thumbnail or ""), target)
        saved[frame.id] = str(target)
    return saved


def _as_json(frame: Inspection, picture: str | None) -> dict[str, Any]:
    return {
        "id": frame.shown_id,
        "captured_at": rfc3339(frame.captured_at),
        "score": frame.score,
        "threshold": frame.threshold,
        "verdict": frame.verdict,
        "label": frame.label,
        "file": frame.name,
        "picture": picture,
    }
