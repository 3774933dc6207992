"""`oddspot source`: what there is, and its state by a person's act."""

import shutil
from typing import Annotated

import typer

from config.load import load_settings
from storage.commands.options import (
    ConfigOption,
    JsonOption,
    local_time,
    now_utc,
    person,
    print_json,
    print_table,
    rfc3339,
    say,
)
from storage.commands.outages import outage_values
from storage.database import Session
from storage.opening import open_stores
from storage.queries.budget import budget_outlook
from storage.records import SILENT, DetectorVersion, Outage, Source, SourceState, ToldDrift
from storage.repositories.drift_checks import drift_check_of
from storage.repositories.outages import list_outages
from storage.repositories.removing import remove_source
from storage.repositories.sources import list_sources, set_source_state, source_by_name
from storage.repositories.versions import active_version, override_fitness, require_fitness

source_app = typer.Typer(help="Where images come from.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The source.")]


@source_app.command("list")
def show(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """List every source with its state and detector."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        versions = [(source, active_version(session, source)) for source in list_sources(session)]
        found = [(source, version, _last_drift(session, version)) for source, version in versions]
        outages = {outage.source: outage for outage in list_outages(session, limit=len(found) + 1, only_open=True)}
    if as_json:
        for source, version, drift in found:
            print_json(_as_json(source, version, drift) | {"outage": outage_values(outages.get(source.name))})
        return
    seen = {source.name for source, _, _ in found}
    rows = [
        (
            source.name,
            source.fault or _state(source, drift, outages.get(source.name), settings.zone_of(source.name)),
            version.name if version else "none: run `oddspot fit`",
            local_time(source.last_frame_at, settings.zone_of(source.name)),
        )
        for source, version, drift in found
    ]
    unseen = [name for name in settings.sources if name not in seen]
    rows += [(name, "in the settings, never run", "none: run `oddspot fit`", "-") for name in unseen]
    print_table(("source", "state", "detector", "last frame"), rows, empty="No sources yet.")


@source_app.command()
def pause(name: Name, config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Stop judging a source; its frames wait."""
    _tell(_move(config, name, SourceState.PAUSED), as_json=as_json)


@source_app.command()
def resume(name: Name, config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Judge a paused source again, as before: live, or still in commissioning."""
    stores = open_stores(load_settings(config))
    with stores.database.reading() as session:
        was_live = source_by_name(session, name).live_since is not None
    _tell(_move(config, name, SourceState.LIVE if was_live else SourceState.COMMISSIONING), as_json=as_json)


@source_app.command()
def live(
    name: Name,
    config: ConfigOption = None,
    *,
    override: Annotated[bool, typer.Option("--override", help="Alert though the detector was judged not fit.")] = False,
    as_json: JsonOption = False,
) -> None:
    """End a source's commissioning: from now on its anomalies are told."""
    settings = load_settings(config)
    with open_stores(settings).database.transaction() as session:
        source = source_by_name(session, name)
        version = active_version(session, source)
        budget = settings.alerts.budget
        outlook = budget_outlook(session, version, budget=budget, now=now_utc()) if version else None
        if override and version is not None and not version.may_alert:
            override_fitness(session, version, actor=person(), now=now_utc())
        require_fitness(session, source)
    _tell(_move(config, name, SourceState.LIVE), as_json=as_json)
    if outlook is not None and not as_json:
        say(outlook.sentence)


@source_app.command()
def remove(name: Name, config: ConfigOption = None) -> None:
    """Remove a source that no image ever came from, as one mistyped at `fit`, and its detectors."""
    settings = load_settings(config)
    with open_stores(settings).database.transaction() as session:
        bundles = remove_source(session, name, actor=person(), now=now_utc())
    for bundle in bundles:
        shutil.rmtree(settings.storage.data_dir / bundle, ignore_errors=True)
    named = " It still stands in the settings." if name in settings.sources else ""
    say(f"{name} is removed, and {len(bundles)} detector{'' if len(bundles) == 1 else 's'} of it.{named}")


def _move(config: ConfigOption, name: str, state: SourceState) -> Source:
    stores = open_stores(load_settings(config))
    with stores.database.transaction() as session:
        return set_source_state(session, name, state, actor=person(), now=now_utc())


def _tell(source: Source, *, as_json: bool) -> None:
    if as_json:
        print_json({"source": source.name, "state": source.state, "live_since": rfc3339(source.live_since)})
    else:
        say(f"{source.name} is {source.state}.")


def _state(source: Source, drift: ToldDrift | None, outage: Outage | None, zone: str) -> str:
    """Say a source's state, and what is wrong with what it sends."""
    parts = [str(source.state)]
    if outage is not None:
        what = "silent" if outage.kind == SILENT else "not judged"
        why = "" if outage.kind == SILENT else f" ({outage.kind})"
        parts.append(f"{what} since {local_time(outage.started_at, zone)}{why}")
    if drift is not None:
        parts.append(f"drifted {drift.direction}")
    return ", ".join(parts)


def _last_drift(session: Session, version: DetectorVersion | None) -> ToldDrift | None:
    check = drift_check_of(session, version.id) if version else None
    return check.told[-1] if check and check.told else None


def _as_json(source: Source, version: DetectorVersion | None, drift: ToldDrift | None) -> dict[str, object]:
    return {
        "source": source.name,
        "state": source.state,
        "fault": source.fault,
        "detector": version.name if version else None,
        "threshold": version.threshold if version else None,
        "live_since": rfc3339(source.live_since),
        "last_frame_at": rfc3339(source.last_frame_at),
        "drift": {"direction": drift.direction, "at": rfc3339(drift.at), "sentence": drift.sentence} if drift else None,
    }
