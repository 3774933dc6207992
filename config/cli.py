"""Commands about settings: `init`, `config check`, `config schema`."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from config.load import ConfigError, load_settings
from config.settings import Settings
from config.template import settings_template

app = typer.Typer()
config_app = typer.Typer(help="Look at the settings.", no_args_is_help=True)
app.add_typer(config_app, name="config")

CONFIG_HELP = "Settings file; else ODDSPOT_CONFIG, ./oddspot.yaml."
ConfigOption = Annotated[Path | None, typer.Option("--config", help=CONFIG_HELP)]


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("oddspot.yaml"),
    *,
    force: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
) -> None:
    """Write oddspot.yaml with every key explained."""
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already; --force writes over it.")
    try:
        path.touch(mode=0o600)  # it may come to hold secrets
        path.write_text(settings_template(), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
    typer.echo(f"Wrote {path}. Next: put good photos into a folder and run `oddspot fit line-1 --good FOLDER`.")


@config_app.command()
def check(
    config: ConfigOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of YAML.")] = False,
) -> None:
    """Print the settings in force, secrets masked."""
    effective = load_settings(config).model_dump(mode="json")
    if as_json:
        typer.echo(json.dumps(effective))
    else:
        typer.echo(yaml.safe_dump(effective, sort_keys=False, allow_unicode=True), nl=False)


@config_app.command()
def schema() -> None:
    """Print the JSON Schema of the settings, for editors."""
    typer.echo(json.dumps(Settings.model_json_schema(), indent=2))
