"""`oddspot audit`: the frames called normal that people are asked about, and what is known of misses."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from config.load import load_settings
from storage.commands.labels import inspection_id_of
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
from storage.commands.options import (
    say as print_line,
)
from storage.opening import open_stores
from storage.queries.audits import list_picks
from storage.queries.misses import misses
from storage.queries.selection import Selection
from storage.records import Window
from storage.repositories.audit_picks import answer_pick
from storage.repositories.sources import list_sources, source_by_name

audit_app = typer.Typer(help="Frames called normal that people are asked about, and how much is missed.")
AUDITED = timedelta(days=90)
SourceOption = Annotated[str | None, typer.Option("--source", help="One source; else all.")]


class Said(StrEnum):
    """What a person may say of an audited frame."""

    GOOD = "good"
    MISSED = "missed"


@audit_app.command("list")
def show(
    config: ConfigOption = None,
    *,
    source: SourceOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the picked frames, newest first, and what was said of each."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        chosen = None if source is None else source_by_name(session, source).id
        found = list_picks(session, source_id=chosen, limit=limit)
    if as_json:
        for pick, frame in found:
            print_json(
                {
                    "id": frame.shown_id,
                    "source": frame.source,
                    "day": pick.day,
                    "picked": pick.stratum,
                    "captured_at": rfc3339(frame.captured_at),
                    "score": frame.score,
                    "threshold": frame.threshold,
                    "said": pick.said,
                    "said_by": pick.said_by,
                }
            )
        return
    rows = [
        (
            frame.shown_id,
            frame.source,
            local_time(frame.captured_at, settings.zone_of(frame.source)),
            pick.stratum,
            pick.said or "-",
            frame.name,
        )
        for pick, frame in found
    ]
    print_table(("frame", "source", "captured", "picked", "said", "file"), rows, empty="Nothing was audited yet.")


@audit_app.command()
def say(
    frame: Annotated[str, typer.Argument(help="The frame, as in A-1042.")],
    said: Annotated[Said, typer.Argument(help="What it is.")],
    config: ConfigOption = None,
) -> None:
    """Say of a picked frame that it is good, or a missed defect."""
    inspection_id = inspection_id_of(frame)
    with open_stores(load_settings(config)).database.transaction() as session:
        answer_pick(session, inspection_id, said, author=person(), now=now_utc())
    print_line(f"A-{inspection_id} is {'good' if said is Said.GOOD else 'a missed defect'}.")


@audit_app.command()
def rate(config: ConfigOption = None, *, source: SourceOption = None, as_json: JsonOption = False) -> None:
    """Say how much is missed, source by source, by the audits of the last 90 days."""
    window = Window(now_utc() - AUDITED, now_utc())
    with open_stores(load_settings(config)).database.reading() as session:
        names = (
            [one.name for one in list_sources(session)] if source is None else [source_by_name(session, source).name]
        )
        found = [(name, misses(session, selection=Selection(window=window, sources=(name,)))) for name in names]
    for name, known in found:
        if as_json:
            print_json({"source": name, "sentence": known.sentence} | known.as_json())
        else:
            print_line(f"{name}: {known.sentence}.")
