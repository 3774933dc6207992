"""`oddspot model apply` and `oddspot model rollback`: which version judges, by a person's act."""

from typing import Annotated

import typer

from config.load import load_settings
from storage.commands.options import ConfigOption, JsonOption, now_utc, person, print_json, rfc3339, say
from storage.opening import open_stores
from storage.records import Switch
from storage.repositories.sources import source_by_name
from storage.repositories.switches import apply_version, roll_back, version_by_name


def apply(
    version: Annotated[str, typer.Argument(help="The version, as in line-1@4.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let a version judge its source from now on; `oddspot model rollback` takes it back."""
    stores = open_stores(load_settings(config))
    with stores.database.transaction() as session:
        found = version_by_name(session, version)
        switch = apply_version(session, found, actor=person(), now=now_utc())
    if switch is None and not as_json:
        say(f"{version} judges already; nothing was changed.")
        return
    _tell(switch, version, as_json=as_json)


def rollback(
    source: Annotated[str, typer.Argument(help="The source.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let the version judge again that the active one took the place of."""
    stores = open_stores(load_settings(config))
    with stores.database.transaction() as session:
        switch = roll_back(session, source_by_name(session, source), actor=person(), now=now_utc())
    _tell(switch, switch.version, as_json=as_json)


def _tell(switch: Switch | None, version: str, *, as_json: bool) -> None:
    if as_json:
        was, at = (switch.was, rfc3339(switch.at)) if switch else (None, None)
        print_json({"detector": version, "was": was, "at": at, "changed": switch is not None})
    elif switch is not None:
        say(f"{switch.version} judges now, instead of {switch.was}.")
