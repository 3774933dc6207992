"""`oddspot forget`: remove one image from this installation and from Slack, for good."""

from pathlib import Path
from typing import Annotated

import typer

from config.load import load_settings
from detectors.errors import DetectorError
from storage.commands.options import ConfigOption, JsonOption, now_utc, person, print_json, say
from storage.opening import open_stores
from storage.records import Forgotten
from storage.repositories.forgetting import known_image

QUESTION = (
    "{image} goes for good: the image, its heatmap and crops here and in Slack, its file name and attributes, notes on"
    " it, and what detectors learnt from it. Counts, scores and labels stay. Forget it?"
)


class NotConfirmedError(DetectorError):
    """Nobody said yes."""


def forget(
    frame: Annotated[str, typer.Argument(help="An inspection, as A-12, a frame, as F-34, or the image's sha256.")],
    config: ConfigOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget one image, wherever it stands: blob, heatmap, crops, bank rows, Slack's files; this cannot be undone."""
    settings = load_settings(config)
    stores = open_stores(settings)
    with stores.database.reading() as session:
        image = known_image(session, frame)
    if not yes:
        _need_yes(image.shown_as, as_json=as_json)
    from detectors.forgetting import forget as forget_for_good  # noqa: PLC0415 - loaded only once there is an image

    done = forget_for_good(
        frame,
        stores,
        data_dir=Path(settings.storage.data_dir),
        actor=person(),
        now=now_utc(),
    )
    if as_json:
        print_json({"forgotten": image.shown_as, **_as_json(done)})
    else:
        say(_in_words(image.shown_as, done))


def _need_yes(shown_as: str, *, as_json: bool) -> None:
    try:
        is_sure = not as_json and typer.confirm(QUESTION.format(image=shown_as))
    except typer.Abort:
        is_sure = False
    if not is_sure:
        raise NotConfirmedError(f"Nothing was changed: say --yes to forget {shown_as} without being asked.")


def _in_words(shown_as: str, done: Forgotten) -> str:
    words = f"{shown_as} is forgotten: {done.blobs} stored files"
    if done.slack_files:
        words += f", {done.slack_files} files in Slack (once `oddspot talk` has done it)"
    rows = [f"{count} bank rows of {name}" for name, count in done.bank_rows.items() if count]
    words += "".join(f", {one}" for one in rows) + "."
    if rows:
        words += " Thresholds stay as they were; a fit without it calibrates anew."
    return (
        f"{words} A file in a watched folder is yours to delete, and so are backups made before:"
        " Oddspot never touches either."
    )


def _as_json(done: Forgotten) -> dict[str, object]:
    return {
        "frames": done.frames,
        "inspections": done.inspections,
        "stored_files": done.blobs,
        "slack_files": done.slack_files,
        "bank_rows": dict(done.bank_rows),
    }
