"""`oddspot incident`: what is open, what people did about it, and taking it up or back."""

from typing import Annotated, Any

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
from storage.commands.told import show_change
from storage.errors import StorageError
from storage.opening import open_stores
from storage.records import Incident, IncidentState
from storage.repositories.incidents import incident_by_id, list_recent_incidents, set_incident_state
from storage.repositories.undoing import last_undoable, undo

incident_app = typer.Typer(help="Incidents.", no_args_is_help=True)
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")]
Id = Annotated[str, typer.Argument(help="The incident, as in I-57.")]


class BadIncidentError(StorageError):
    """What was given is no incident's id, or nothing can be done about it."""


@incident_app.command("list")
def show(config: ConfigOption = None, *, limit: Limit = 20, as_json: JsonOption = False) -> None:
    """List incidents, newest first."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        found = list_recent_incidents(session, limit=limit)
    if as_json:
        for incident in found:
            print_json(_as_json(incident))
        return
    rows = [
        (
            incident.shown_id,
            incident.source,
            incident.state,
            f"{incident.anomalies}{', a storm' if incident.is_storm else ''}",
            local_time(incident.opened_at, settings.zone_of(incident.source)),
            local_time(incident.last_at, settings.zone_of(incident.source)),
        )
        for incident in found
    ]
    print_table(("incident", "source", "state", "anomalies", "opened", "last"), rows, empty="No incidents yet.")


@incident_app.command()
def acknowledge(incident: Id, config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Take an incident up, so that it is not told again."""
    _move(config, incident, IncidentState.ACKNOWLEDGED, as_json=as_json)


@incident_app.command()
def resolve(incident: Id, config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Call an incident over."""
    _move(config, incident, IncidentState.RESOLVED, as_json=as_json)


@incident_app.command("undo")
def take_back(incident: Id, config: ConfigOption = None) -> None:
    """Take back the last thing anybody did about an incident: a label, a silence or its state."""
    now, incident_id = now_utc(), incident_id_of(incident)
    with open_stores(load_settings(config)).database.transaction() as session:
        act = last_undoable(session, incident_id=incident_by_id(session, incident_id).id)
        if act is None:
            raise BadIncidentError(f"Nothing was done about I-{incident_id} that can be taken back.")
        undo(session, act.id, author=person(), now=now)
        show_change(session, incident_id, now=now)
    say(f"Taken back: {act.action.replace('_', ' ')} of {act.subject} by {act.actor}.")


def incident_id_of(text: str) -> int:
    """Read `I-57`, `i57` or `57`; raise BadIncidentError."""
    digits = text.strip().upper().removeprefix("I").removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:  # noqa: PLR2004 - a 64-bit id
        raise BadIncidentError(f"{text!r} is not an incident's id; ids look like I-57.")
    return int(digits)


def _move(config: ConfigOption, text: str, state: IncidentState, *, as_json: bool) -> None:
    now = now_utc()
    with open_stores(load_settings(config)).database.transaction() as session:
        moved = set_incident_state(session, incident_id_of(text), state, actor=person(), now=now)
        show_change(session, moved.id, now=now)
    if as_json:
        print_json(_as_json(moved))
    else:
        say(f"{moved.shown_id} is {moved.state}.")


def _as_json(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident.shown_id,
        "source": incident.source,
        "state": incident.state,
        "anomalies": incident.anomalies,
        "opened_at": rfc3339(incident.opened_at),
        "last_at": rfc3339(incident.last_at),
        "seen_before": f"A-{incident.seen_before}" if incident.seen_before else None,
        "reopened": incident.reopened,
        "is_storm": incident.is_storm,
    }
