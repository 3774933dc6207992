"""`oddspot history`: inspections in and out as JSON lines."""

import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from config.load import load_settings
from config.printable import printable_json
from storage.commands.options import ConfigOption, JsonOption, now_utc, print_json, say
from storage.errors import StorageError
from storage.history.exporting import export_history
from storage.history.importing import ImportReport, import_history
from storage.opening import open_stores

history_app = typer.Typer(help="Inspections in and out as JSON lines.", no_args_is_help=True)
SHOWN_ERRORS = 20


class HistoryFileError(StorageError):
    """A history file cannot be read or written, or holds no good line."""


@history_app.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="JSON lines; - reads standard input.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Import inspections; the same line twice is imported once, a bad line is named and skipped, with exit code 1."""
    try:
        lines = sys.stdin if str(file) == "-" else file.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise HistoryFileError(f"{file} cannot be read: {error.strerror}.") from error
    with lines:
        report = _run(lines, config)
    if as_json:
        errors = [{"line": number, "reason": reason} for number, reason in report.errors.items()]
        counts = {"imported": report.imported, "known": report.known, "skipped": len(errors)}
        ids = {str(line): f"A-{inspection_id}" for line, inspection_id in report.ids.items()}
        print_json(counts | {"ids": ids, "errors": errors})
    else:
        say(f"{report.imported} imported, {report.known} known already, {len(report.errors)} skipped.")
    for number, reason in list(report.errors.items())[:SHOWN_ERRORS]:
        say(f"line {number}: {reason}", err=True)
    if not report.ids and report.errors:
        raise HistoryFileError(f"No line of {file} could be imported.")
    if report.errors:
        raise typer.Exit(1)


def _run(lines: TextIO, config: Path | None) -> ImportReport:
    stores = open_stores(load_settings(config))
    report = ImportReport()
    with Console(stderr=True).status("Importing ...") as status:
        for report in import_history(stores.database, lines, now=now_utc()):
            status.update(f"Importing ... {len(report.ids):,} lines")
    return report


@history_app.command("export")
def take_out(
    config: ConfigOption = None,
    *,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file; else standard output.")] = None,
) -> None:
    """Export inspections, one JSON object a line."""
    stores = open_stores(load_settings(config))
    lines = export_history(stores.database, source=source)
    if out is None:
        for line in lines:
            typer.echo(printable_json(line))
        return
    temporary = out.with_name(f".{out.name}.part")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        temporary.rename(out)
    except OSError as error:
        raise HistoryFileError(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)
