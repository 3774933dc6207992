"""`oddspot db check`, `backup`, `restore`, `import`, `prune`, `recount`, `reader`: keeping the database."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.load import load_settings
from config.settings import Settings
from storage.blobs import BlobStore
from storage.commands.lists import db_app
from storage.commands.options import ConfigOption, JsonOption, now_utc, person, plain, print_json
from storage.database import Database
from storage.opening import open_stores
from storage.reader import ReaderUrlError
from storage.repositories.audit import write_audit
from storage.repositories.roll_ups import recount_captured
from storage.retention import BATCH_FRAMES, prune_looks, prune_originals
from storage.upkeep.backup import back_up, restore
from storage.upkeep.bringing_over import bring_over
from storage.upkeep.inspecting import inspect_database
from storage.upkeep.manifest import BackupError
from storage.upkeep.reading_role import make_role, statements_for_administrator

upkeep_app = db_app  # with the commands below


@db_app.command()
def check(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Look for what is wrong: the file, tables, ledger, counts, bundles, originals; exit code 1 if anything is."""
    settings = load_settings(config)
    blobs = BlobStore(settings.storage.data_dir)
    is_well = True
    for line in inspect_database(Database(settings.database_url), blobs, settings.storage.data_dir):
        is_well = is_well and line.is_ok
        if as_json:
            print_json({"name": line.name, "ok": line.is_ok, "found": line.found, "fix": line.fix})
        else:
            typer.echo(f"{'ok  ' if line.is_ok else 'FAIL'} {line.name}: {line.found}")
            if not line.is_ok:
                typer.echo(f"       fix: {line.fix}")
    if not is_well:
        raise typer.Exit(1)


@db_app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    config: ConfigOption = None,
    *,
    blobs: Annotated[bool, typer.Option(help="Copy the originals and pictures too.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Write a backup while Oddspot runs: the database as of one moment, bundles, originals. Weights are left out."""
    settings = load_settings(config)
    stores = open_stores(settings)
    made = back_up(
        stores.database,
        stores.blobs,
        settings.storage.data_dir,
        folder.absolute(),
        with_blobs=blobs,
        actor=person(),
        now=now_utc(),
    )
    if as_json:
        print_json(asdict(made))
        return
    kept = "no originals" if made.blobs is None else f"{made.blobs:,} originals and pictures"
    typer.echo(f"{folder}: {made.dialect} {made.size_bytes / 1e6:,.1f} MB, {len(made.bundles)} bundles, {kept}.")
    for name in made.missing:
        typer.echo(f"not there to be copied: {plain(name)}", err=True)


@db_app.command("restore")
def bring_back(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
    config: ConfigOption = None,
    *,
    replace: Annotated[bool, typer.Option(help="Put it in the place of what is there, which is kept aside.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup back: into an empty database, or with --replace in the place of what is there."""
    settings = load_settings(config)
    data_dir = settings.storage.data_dir
    made, kept = restore(
        folder.absolute(),
        Database(settings.database_url),
        BlobStore(data_dir),
        data_dir,
        replaces=replace,
        actor=person(),
        now=now_utc(),
    )
    if as_json:
        print_json(asdict(made) | {"kept": None if kept is None else str(kept)})
        return
    typer.echo(f"Restored the backup of {made.made_at:%Y-%m-%d %H:%M} UTC.")
    if kept is not None:
        typer.echo(f"What was there before is in {kept}.")


@db_app.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="The SQLite file used until now.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Bring all of a SQLite file into the empty PostgreSQL that storage.database_url names."""
    settings = load_settings(config)
    with Console(stderr=True).status("Copying ...") as status:
        rows = bring_over(
            file.absolute(),
            Database(settings.database_url),
            settings.storage.data_dir,
            progress=lambda table, copied: status.update(f"Copying ... {table}: {copied:,}"),
            actor=person(),
            now=now_utc(),
        )
    if as_json:
        print_json(rows)
    else:
        typer.echo(f"{sum(rows.values()):,} rows are copied, {rows['inspection']:,} inspections among them.")


@db_app.command()
def prune(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Forget now what the retention settings no longer keep: old originals and images people asked about."""
    settings = load_settings(config)
    counts = _prune(settings)
    if as_json:
        print_json(counts)
    else:
        typer.echo(f"{counts['originals']:,} frames lost their originals, {counts['looked_at']:,} other files went.")


def _prune(settings: Settings) -> dict[str, int]:
    stores, kept, now = open_stores(settings), settings.retention, now_utc()
    counts = {"originals": 0, "looked_at": 0}
    while batch := prune_originals(
        stores.database, stores.blobs, normal_days=kept.normal_days, anomaly_days=kept.anomaly_days, now=now
    ):
        counts["originals"] += batch
    while batch := prune_looks(stores.database, stores.blobs, days=kept.question_days, now=now):
        counts["looked_at"] += batch
        if batch < BATCH_FRAMES:
            break
    return counts


@db_app.command()
def recount(config: ConfigOption = None) -> None:
    """Count all inspections anew, where `oddspot db check` finds the counts wrong."""
    with open_stores(load_settings(config)).database.transaction() as session:
        recount_captured(session)
        write_audit(session, actor=person(), action="recounted", subject="database", detail={}, now=now_utc())
    typer.echo("Counted all inspections anew.")


@db_app.command()
def reader(
    config: ConfigOption = None,
    *,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print what an administrator has to run, and change nothing.")
    ] = False,
) -> None:
    """Make the role of storage.reader_url on PostgreSQL: it reads some views, and nothing else."""
    settings = load_settings(config)
    secret = settings.storage.reader_url
    if secret is None:
        raise ReaderUrlError("is not set: give it the role and password that shall be made")
    url = secret.get_secret_value()
    if sql:
        for statement in statements_for_administrator(url, settings.database_url):
            typer.echo(f"{statement};")
        return
    database = open_stores(settings).database
    beyond = make_role(database, reader_url=url, database_url=settings.database_url, actor=person(), now=now_utc())
    if beyond:
        raise BackupError(f"The role of storage.reader_url {', '.join(beyond)}: let an administrator take that away.")
    typer.echo("The role of storage.reader_url reads the views of the assistant, and can do nothing else.")
