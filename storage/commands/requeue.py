"""`oddspot requeue`: what was given up or rejected, and another try for it."""

import re
from typing import Annotated

import typer

from config.load import load_settings
from storage.commands.options import (
    ConfigOption,
    JsonOption,
    local_time,
    now_utc,
    person,
    print_json,
    print_table,
    rfc3339,
)
from storage.database import Database
from storage.errors import StorageError
from storage.opening import open_stores
from storage.records import EndedFrames, FrameState, RejectReason
from storage.repositories.requeue import Ended, ended_frames, frames_to_requeue, requeue_frame

SHOWN_ID = re.compile(r"(?:frame-|f-)?(\d{1,18})", re.IGNORECASE)
MOST = 1_000_000
AT_ONCE = 200  # so that others get at the database in between
COLUMNS = ("source", "state", "reason", "frames", "can wait again", "newest")

Ids = Annotated[list[str] | None, typer.Argument(help="Frames by number, as 12.", show_default=False)]
DeadLetter = Annotated[bool, typer.Option("--dead-letter", help="All that were given up.")]
Rejected = Annotated[RejectReason | None, typer.Option(help="All that were rejected for this reason.")]
OfSource = Annotated[str | None, typer.Option("--source", help="Only of this source.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="Frames at most, oldest first.")]


class BadFrameIdError(StorageError):
    """What was given is no frame's number."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a frame's number.")


class NotOneChoiceError(StorageError):
    """More than one way to choose frames was given."""

    def __init__(self) -> None:
        super().__init__("Name frames, or give --dead-letter, or --rejected REASON: one of them.")


def requeue(
    ids: Ids = None,
    config: ConfigOption = None,
    *,
    dead_letter: DeadLetter = False,
    rejected: Rejected = None,
    source: OfSource = None,
    limit: Limit = MOST,
    as_json: JsonOption = False,
) -> None:
    """Let frames that were given up or rejected wait again; without a choice, list them; exit code 1 if any cannot."""
    settings = load_settings(config)
    database = open_stores(settings).database
    chosen = _chosen(ids, rejected, source, is_dead_letter=dead_letter)
    if chosen is None:
        with database.reading() as session:
            found = [one for one in ended_frames(session) if source in {None, one.source}]
        _show(found, settings.time_zone, as_json=as_json)
        return
    requeued = _requeue(database, chosen, limit)
    left = len(set(chosen.ids) - set(requeued))
    if as_json:
        print_json({"requeued": requeued, "not_requeued": sorted(set(chosen.ids) - set(requeued))})
    else:
        typer.echo(f"{_frames(len(requeued))} again." if requeued else "No frame of the kind can wait again.")
        if left:
            typer.echo(f"{left} of those named cannot: not rejected or given up, or without an image any more.")
    if left:
        raise typer.Exit(1)


def _chosen(
    ids: list[str] | None, rejected: RejectReason | None, source: str | None, *, is_dead_letter: bool
) -> Ended | None:
    """Return which frames are meant, None where none are chosen; raise NotOneChoiceError or BadFrameIdError."""
    if sum((bool(ids), is_dead_letter, rejected is not None)) > 1:
        raise NotOneChoiceError
    if ids:
        return Ended(ids=tuple(_number(text) for text in ids), source=source)
    if is_dead_letter:
        return Ended(state=FrameState.DEAD_LETTER, source=source)
    return None if rejected is None else Ended(state=FrameState.REJECTED, reason=rejected, source=source)


def _requeue(database: Database, chosen: Ended, limit: int) -> list[int]:
    with database.reading() as session:
        meant = frames_to_requeue(session, chosen, limit=limit)
    done: list[int] = []
    for start in range(0, len(meant), AT_ONCE):
        with database.transaction() as session:
            some = meant[start : start + AT_ONCE]
            done += [one for one in some if requeue_frame(session, one, actor=person(), now=now_utc())]
    return done


def _number(text: str) -> int:
    found = SHOWN_ID.fullmatch(text.strip())
    if found is None:
        raise BadFrameIdError(text)
    return int(found[1])


def _frames(count: int) -> str:
    return "1 frame waits" if count == 1 else f"{count} frames wait"


def _show(found: list[EndedFrames], zone: str, *, as_json: bool) -> None:
    if as_json:
        for one in found:
            print_json(
                {
                    "source": one.source,
                    "state": one.state,
                    "reason": one.reason,
                    "frames": one.frames,
                    "can_wait_again": one.with_image,
                    "newest_received_at": rfc3339(one.newest_at),
                }
            )
        return
    rows = [
        (one.source, one.state, one.reason, one.frames, one.with_image, local_time(one.newest_at, zone))
        for one in found
    ]
    print_table(COLUMNS, rows, empty="Nothing was given up or rejected.")
