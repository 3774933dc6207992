"""`oddspot model`, `oddspot db`: what there is."""

import typer

from config.load import load_settings
from storage.commands.options import ConfigOption, JsonOption, local_time, print_json, print_table, rfc3339
from storage.migrate import current, head
from storage.opening import open_stores
from storage.repositories.sources import list_sources
from storage.repositories.versions import list_versions

db_app = typer.Typer(help="The database.", no_args_is_help=True)


def models(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """List every detector version; a star marks the active one."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        versions = list_versions(session)
        active = {source.active_version_id for source in list_sources(session)}
    if as_json:
        for version in versions:
            print_json(
                {
                    "detector": version.name,
                    "is_active": version.id in active,
                    "method": version.method,
                    "preset": version.preset,
                    "threshold": version.threshold,
                    "promised_rate": version.promised_rate,
                    "training_images": version.training_images,
                    "created_at": rfc3339(version.created_at),
                },
            )
        return
    rows = [
        (
            f"{version.name}{' *' if version.id in active else ''}",
            version.method,
            version.preset,
            f"{version.threshold:.4g}",
            f"{version.promised_rate:.2%}",
            version.training_images,
            local_time(version.created_at, settings.time_zone),
        )
        for version in versions
    ]
    columns = ("detector", "method", "preset", "threshold", "promised rate", "good images", "fitted")
    print_table(columns, rows, empty="No detector is fitted yet.")


@db_app.command("migrate")
def bring_up(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Bring the database to this version of Oddspot."""
    database = open_stores(load_settings(config)).database
    if as_json:
        print_json({"database": database.dialect, "version": current(database), "newest": head()})
        return
    typer.echo(f"The database ({database.dialect}) is at version {current(database)} of {head()}.")
