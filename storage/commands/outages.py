"""`oddspot outage`: when sources were not judged, and why."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

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
    say,
)
from storage.errors import StorageError
from storage.opening import open_stores
from storage.queries.outages import not_judged
from storage.records import SILENT, Outage, Window
from storage.repositories.outages import list_outages, open_outage_of
from storage.repositories.sources import source_by_name
from storage.repositories.views import FRAMES_WANTED, count_view, want_view

outage_app = typer.Typer(help="When sources were not judged.", no_args_is_help=True)
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="One source only.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Only those that go on.")]


class NoOutageError(StorageError):
    """A source is judged."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{source} is judged just now, so there is no new view to use.")


@outage_app.command("list")
def show(
    config: ConfigOption = None,
    *,
    source: SourceOption = None,
    only_open: OpenOption = False,
    limit: Limit = 20,
    as_json: JsonOption = False,
) -> None:
    """List outages, newest first: a camera's fault, or a source gone silent."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        if source is not None:
            source_by_name(session, source)
        found = list_outages(session, limit=limit, source=source, only_open=only_open)
    if as_json:
        for outage in found:
            print_json({"source": outage.source} | (outage_values(outage) or {}))
        return
    rows = [
        (
            outage.source,
            outage.kind,
            local_time(outage.started_at, settings.zone_of(outage.source)),
            "goes on" if outage.is_open else local_time(outage.ended_at, settings.zone_of(outage.source)),
            "-" if outage.kind == SILENT else outage.frames,
        )
        for outage in found
    ]
    print_table(("source", "why", "not judged since", "until", "frames"), rows, empty="No outages yet.")


@outage_app.command("total")
def total(
    config: ConfigOption = None,
    *,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="The last so many days, until now.")] = 7.0,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add up what was not judged lately: minutes and frames of each source, by reason."""
    now = now_utc()
    window = Window(now - timedelta(days=days), now)
    with open_stores(load_settings(config)).database.reading() as session:
        names = None if source is None else (source_by_name(session, source).name,)
        found = not_judged(session, window=window, now=now, sources=names)
    if as_json:
        span = {"from": rfc3339(window.start), "until": rfc3339(window.end)}
        for one in found:
            print_json(span | asdict(one))
        return
    rows = [(one.source, one.kind, f"{one.minutes:.1f}", one.frames, one.outages) for one in found]
    print_table(("source", "why", "minutes", "frames", "outages"), rows, empty="Everything was judged.")


def outage_values(outage: Outage | None) -> dict[str, Any] | None:
    """Return an outage's plain values, None where there is none."""
    if outage is None:
        return None
    return {
        "outage": outage.id,
        "kind": outage.kind,
        "started_at": rfc3339(outage.started_at),
        "last_at": rfc3339(outage.last_at),
        "ended_at": rfc3339(outage.ended_at),
        "frames": outage.frames,
    }


@outage_app.command("use-view")
def use_view(
    source: Annotated[str, typer.Argument(help="The source whose camera moved.")], config: ConfigOption = None
) -> None:
    """Let the new view of a moved camera be learnt from its next frames; it judges nothing until applied."""
    settings = load_settings(config)
    with open_stores(settings).database.transaction() as session:
        outage = open_outage_of(session, source_by_name(session, source).id)
        if outage is None:
            raise NoOutageError(source)
        job = want_view(session, outage.id, channel=None, actor=person(), now=now_utc())
        count = count_view(session, outage)
    say(f"Job {job.id}: {min(count, FRAMES_WANTED)} of {FRAMES_WANTED} frames of the new view of {source} are there.")
