"""`oddspot report`: what happened in a shift, day, week or month, as words, a page, a table or JSON."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.ask import moment_of
from agent.errors import AgentError
from agent.messages.safe_text import clean
from agent.reports.as_json import as_json as report_json
from agent.reports.as_json import standing_json
from agent.reports.figures import PARTS, groups_of, shown
from agent.reports.making import MadeReport, make_report, zone_of_report
from agent.reports.periods import Period, PeriodKind, last_ended, period_at
from agent.reports.standing import Standing, read_standing
from agent.reports.standing_words import Zone, as_plain_words, incident_line, silence_line, source_line
from agent.reports.table_file import as_csv
from config.load import load_settings
from config.printable import printable
from config.settings import Settings
from storage.blobs import write_durably
from storage.commands.options import ConfigOption, JsonOption, now_utc, print_json
from storage.database import Session
from storage.opening import Stores, open_stores
from storage.queries.report_figures import BY_NAME, figures_of
from storage.records import misses_unknown
from storage.repositories.sources import source_by_name

STANDING_SHOWN = 50


class TwoPeriodsError(AgentError):
    """A report is of one period."""

    def __init__(self) -> None:
        super().__init__("Give one of --shift, --day, --week and --month.")


class ReportFileError(AgentError):
    """A report cannot be written."""

    def __init__(self, file: Path, reason: str | None) -> None:
        super().__init__(f"{file} cannot be written: {reason}.")


def report(
    config: ConfigOption = None,
    *,
    shift: Annotated[bool, typer.Option("--shift", help="Of a shift, and what is handed over now.")] = False,
    day: Annotated[bool, typer.Option("--day", help="Of a day; so it is without any of these.")] = False,
    week: Annotated[bool, typer.Option("--week", help="Of a week, from Monday.")] = False,
    month: Annotated[bool, typer.Option("--month", help="Of a month.")] = False,
    of: Annotated[str, typer.Option(help="The one that holds this month, date or local time; else the last.")] = "",
    source: Annotated[list[str] | None, typer.Option(help="Only this source, in its zone; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write one HTML page with charts.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a table for spreadsheets.")] = None,
    now: Annotated[str | None, typer.Option(help="As at this moment, RFC 3339.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what was received, judged, found and changed, and how each figure is counted."""
    moment = moment_of(now) if now else now_utc()
    settings = load_settings(config)
    stores = open_stores(settings)
    sources = tuple(dict.fromkeys(source)) if source else None
    kind = _kind(shift=shift, day=day, week=week, month=month)
    period = _period(kind, of, settings, sources, moment)
    with stores.database.reading() as session:
        made = _read(session, settings, period, sources, moment)
        standing = _standing(session, settings, period, sources, moment)
    _write(made, stores, out, csv)
    if as_json:
        print_json(report_json(made) | ({"handover": standing_json(standing)} if standing else {}))
    elif not (of or made.report.total.frames.received):
        _say_which_runs_now(kind, period, moment.astimezone(ZoneInfo(zone_of_report(settings, sources))))
    if not as_json and out is None and csv is None:
        _print(made)
        if standing is not None:
            _print_standing(standing, settings.zone_of)


def _say_which_runs_now(kind: PeriodKind, ended: Period, now: datetime) -> None:
    written = {PeriodKind.MONTH: "%Y-%m", PeriodKind.SHIFT: "%Y-%m-%dT%H:%M"}
    running = now.strftime(written.get(kind, "%Y-%m-%d"))
    hint = f"Nothing was received in {ended.title}; add --of {running} for the {kind} that is not over yet."
    Console(stderr=True).print(Text(printable(hint)), soft_wrap=True)


def _period(kind: PeriodKind, of: str, settings: Settings, sources: tuple[str, ...] | None, now: datetime) -> Period:
    zone, shifts = zone_of_report(settings, sources), settings.shifts.starts
    if of:
        return period_at(kind, of, zone=zone, shifts=shifts, now=now)
    return last_ended(kind, zone=zone, shifts=shifts, now=now)


def _read(
    session: Session, settings: Settings, period: Period, sources: tuple[str, ...] | None, now: datetime
) -> MadeReport:
    for name in sources or ():
        source_by_name(session, name)
    return make_report(session, settings, period, sources=sources, now=now)


def _standing(
    session: Session, settings: Settings, period: Period, sources: tuple[str, ...] | None, now: datetime
) -> Standing | None:
    if period.kind is not PeriodKind.SHIFT:
        return None
    return read_standing(session, settings, sources=sources, limit=STANDING_SHOWN, now=now)


def _kind(**wanted: bool) -> PeriodKind:
    kinds = [PeriodKind(name) for name, is_wanted in wanted.items() if is_wanted]
    if len(kinds) > 1:
        raise TwoPeriodsError
    return kinds[0] if kinds else PeriodKind.DAY


def _write(made: MadeReport, stores: Stores, out: Path | None, csv: Path | None) -> None:
    if out is not None:
        from agent.reports.page import as_page  # noqa: PLC0415 - matplotlib is loaded only where a page is wanted

        _write_file(out, as_page(made, stores.blobs))
    if csv is not None:
        _write_file(csv, as_csv(made))


def _write_file(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, text.encode("utf-8"))
    except OSError as error:
        raise ReportFileError(file, error.strerror) from error
    Console(stderr=True).print(Text(printable(f"Written: {file}")))


def _print(made: MadeReport) -> None:
    report = made.report
    columns = [report.total, *report.rows] if len(report.rows) != 1 else list(report.rows)
    values = [figures_of(row) for row in columns]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(Text(printable(made.title)))
    for row in columns:
        table.add_column(Text(clean(row.source) if row.source else "all sources"), justify="right")
    for group, names in groups_of(report.total).items():
        table.add_row(Text(group, style="bold"))
        for name in names:
            title = f"{'  ' if name in PARTS else ''}{BY_NAME[name].title}"
            table.add_row(Text(f"  {title}"), *(Text(shown(name, one[name])) for one in values))
    console = Console()
    console.print(table)
    if report.total.misses is None:
        console.print(Text(f"{misses_unknown(report.total.counts.missed).capitalize()}."))


def _print_standing(standing: Standing, zone_of: Zone) -> None:
    down = [one for one in standing.sources if not one.is_well]
    parts = (
        (
            f"Open incidents: {standing.incident_count:,}",
            [incident_line(one, standing, zone_of) for one in standing.incidents],
        ),
        (f"Silenced: {len(standing.silences):,}", [silence_line(one, standing, zone_of) for one in standing.silences]),
        (f"Not watched as they should be: {len(down):,}", [source_line(one, standing, zone_of) for one in down]),
    )
    console = Console()
    for title, lines in parts:
        console.print(Text(title, style="bold"))
        for line in lines:
            console.print(Text(printable(f"  {as_plain_words(line)}")), soft_wrap=True)
