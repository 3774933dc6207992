"""`oddspot outage`: when sources were not judged, and why."""

from typing import Annotated, Any

import typer

from config.load import load_settings
from storage.commands.options import ConfigOption, JsonOption, local_time, print_json, print_table, rfc3339
from storage.opening import open_stores
from storage.records import SILENT, Outage
from storage.repositories.outages import list_outages
from storage.repositories.sources import source_by_name

outage_app = typer.Typer(help="When sources were not judged.", no_args_is_help=True)
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="One source only.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Only those that go on.")]


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
