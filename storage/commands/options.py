"""Options and output that every command shares."""

import getpass
import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config.printable import printable, printable_json
from storage.text import storable

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_NAME = 80

CONFIG_HELP = "Settings file; else ODDSPOT_CONFIG, ./oddspot.yaml."
ConfigOption = Annotated[Path | None, typer.Option("--config", help=CONFIG_HELP)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON, for scripts.")]


def now_utc() -> datetime:
    """Return the moment a command was given; everything below it takes this as `now`."""
    return datetime.now(UTC)


def person() -> str:
    """Return who sits at this terminal, for the audit."""
    try:
        return f"terminal:{getpass.getuser()}"
    except (KeyError, OSError):
        return "terminal:unknown"


def rfc3339(moment: datetime | None) -> str | None:
    """Return a moment as RFC 3339 in UTC, with Z."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_time(moment: datetime | None, time_zone: str) -> str:
    """Return a moment as people of a zone read it."""
    return "-" if moment is None else moment.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M:%S")


def plain(text: object) -> str:
    """Return text from data without control or direction characters, at most 80 long."""
    cleaned = UNSAFE.sub("", storable(str(text)))
    return cleaned if len(cleaned) <= LONGEST_NAME else cleaned[: LONGEST_NAME - 1] + "…"


def say(text: str = "", *, err: bool = False) -> None:
    """Print text for people, whatever data stands in it."""
    typer.echo(printable(storable(text)), err=err)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows for people, or one sentence where there are none."""
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(escape(plain(cell)) for cell in row))
    if table.row_count:
        Console().print(table)
    else:
        typer.echo(empty)


def print_json(values: Any) -> None:
    """Print one JSON value on a line."""
    typer.echo(printable_json(storable(json.dumps(values, ensure_ascii=False))))
