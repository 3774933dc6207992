"""`oddspot model`: the versions of a source's detector, another threshold for it, and which one judges."""

from typing import Annotated

import typer

from config.load import load_settings
from detectors.commands.fit import StageProgress, progress_bars
from detectors.commands.fitted import fitted_version
from storage.commands.lists import models
from storage.commands.options import ConfigOption, JsonOption, now_utc, print_json, say
from storage.commands.switching import apply, rollback
from storage.opening import open_stores
from storage.records import VersionProposal
from storage.repositories.sources import source_by_id

model_app = typer.Typer(help="Detector versions, their thresholds, and which one judges.", no_args_is_help=True)
model_app.command("list")(models)
model_app.command("apply")(apply)
model_app.command("rollback")(rollback)
Source = Annotated[str, typer.Argument(help="The source.")]


@model_app.command()
def threshold(
    source: Source,
    value: Annotated[float, typer.Argument(help="The score above which is abnormal.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a version with another threshold and compare it with the one in use; it judges nothing until applied."""
    from detectors.jobs.proposing import PERSON, propose_at  # noqa: PLC0415 - loaded only once there is a detector

    settings = load_settings(config)
    stores = open_stores(settings)
    version = fitted_version(source, settings, stores)
    with stores.database.reading() as session:
        row = source_by_id(session, version.source_id)
    _tell(propose_at(value, row, version, stores, settings, why=PERSON, now=now_utc()), as_json=as_json)


@model_app.command()
def propose(
    source: Source,
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Look in the labels for a better threshold, and make it a version; it judges nothing until applied."""
    from detectors.jobs.proposing import PERSON, propose  # noqa: PLC0415 - the same

    settings = load_settings(config)
    stores = open_stores(settings)
    version = fitted_version(source, settings, stores)
    found = propose(version.source_id, stores, settings, why=PERSON, now=now_utc())
    if found.proposal is not None:
        _tell(found.proposal, as_json=as_json)
    elif as_json:
        print_json({"source": source, "version": None, "reason": found.reason})
    else:
        say(f"No other threshold is proposed for {source}: {found.reason}.")


@model_app.command()
def refit(
    source: Source,
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Learn the labelled false alarms as good images, as a version that judges nothing until applied."""
    from detectors.jobs.refitting import refit  # noqa: PLC0415 - the same

    settings = load_settings(config)
    stores = open_stores(settings)
    found = refit(fitted_version(source, settings, stores), stores, settings, now=now_utc())
    if as_json:
        print_json({"proposal": found.proposal.as_json() if found.proposal else None, "reason": found.reason})
    elif found.proposal is None:
        say(f"No other version is proposed for {source}: {found.reason}.")
    else:
        _tell(found.proposal, as_json=False)


@model_app.command()
def view(
    source: Source,
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Learn where a moved camera looks now, from its frames since; the version judges nothing until applied."""
    from detectors.jobs.new_view import fit_view  # noqa: PLC0415 - the same

    settings = load_settings(config)
    stores = open_stores(settings)
    version = fitted_version(source, settings, stores)
    with progress_bars() as bars:
        found = fit_view(version, stores, settings, now=now_utc(), progress=StageProgress(bars))
    if as_json:
        print_json({"view": found.as_json()})
        return
    say("\n".join([found.sentence, *found.notes]))
    say(f"`oddspot model apply {found.version}` lets it judge.")


def _tell(proposal: VersionProposal, *, as_json: bool) -> None:
    if as_json:
        print_json(proposal.as_json())
        return
    say("\n".join([proposal.sentence, *proposal.notes]))
    say(f"`oddspot model apply {proposal.version}` lets it judge.")
