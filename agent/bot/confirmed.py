"""What a confirmed proposal changes, in one transaction each, as the person who confirmed it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent.assistant.proposals import Proposal, ProposedAct
from agent.bot import acts
from agent.bot.acts import Act, Done
from agent.errors import AgentError
from agent.messages.figures import clock
from agent.messages.safe_text import safe
from config.settings import Settings
from storage.database import Database
from storage.records import OPEN_STATES, IncidentState, JobKind, LabelKind
from storage.repositories.audit import act_at, write_audit
from storage.repositories.incidents import incident_by_id, set_incident_state
from storage.repositories.jobs import add_job
from storage.repositories.silences import add_silence
from storage.repositories.sources import source_by_name
from storage.repositories.undoing import is_undoable


class StaleProposalError(AgentError):
    """A proposal was confirmed when it made no sense any more."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of it, and the act's number in the audit where it can be taken back."""

    words: str
    undo: int | None


def carry_out(
    database: Database, settings: Settings, act: Act, proposal: Proposal, *, channel: str | None = None
) -> Confirmed:
    """Do what was proposed; channel: where the result of a job is told, None for the source's own.

    Raise StaleProposalError or a StorageError.
    """
    done = WORK[proposal.action](database, settings, act, proposal.parameters | {"channel": channel})
    with database.reading() as session:
        written = act_at(session, actor=act.author, at=act.now)
    return Confirmed(done.words, written.id if written is not None and is_undoable(written) else None)


def _acknowledge(database: Database, settings: Settings, act: Act, given: dict[str, Any]) -> Done:
    act = replace(act, value=_number(given["incident"]))
    _need_open(database, act)
    return acts.acknowledge(database, settings, act)


def _resolve(database: Database, settings: Settings, act: Act, given: dict[str, Any]) -> Done:
    act = replace(act, value=_number(given["incident"]))
    _need_open(database, act)
    with database.transaction() as session:
        incident = set_incident_state(session, act.row_id, IncidentState.RESOLVED, actor=act.author, now=act.now)
        is_shown = acts.show_incident(session, settings, incident.id, act)
    return Done(f"{incident.shown_id} is over.", is_shown)


def _label(database: Database, settings: Settings, act: Act, given: dict[str, Any]) -> Done:
    act = replace(act, value=_number(given["anomaly"]))
    return acts.label(database, settings, act, LabelKind(given["label"]), acts.Said(given.get("defect_class")))


def _silence(database: Database, settings: Settings, act: Act, given: dict[str, Any]) -> Done:
    name, until = given["source"], datetime.fromisoformat(given["until"])
    zone = settings.zone_of(name)
    if until <= act.now:
        raise StaleProposalError(f"It was to last until {clock(until, zone, today=act.now)}, which has passed.")
    with database.transaction() as session:
        add_silence(
            session,
            source_id=None if name is None else source_by_name(session, name).id,
            until=until,
            author=act.author,
            comment="asked for in words",
            defect_class=given.get("defect_class"),
            now=act.now,
        )
    shown = clock(until, zone, today=act.now)
    return Done(f"{safe(name) if name else 'Every source'} is silenced until {shown}.", is_shown=False)


def _threshold(database: Database, _: Settings, act: Act, given: dict[str, Any]) -> Done:
    extra = {"threshold": float(given["threshold"])}
    _ask_detectors(database, act, JobKind.THRESHOLD, given, extra)
    words = f"The threshold {extra['threshold']:g} of {safe(given['source'])} is being made a version and compared;"
    return Done(f"{words} what it would have done is told here, with a button to apply it.", is_shown=False)


def _refit(database: Database, _: Settings, act: Act, given: dict[str, Any]) -> Done:
    _ask_detectors(database, act, JobKind.REFIT, given, {})
    words = f"{safe(given['source'])} is being refitted; what the new version would have done is told here,"
    return Done(f"{words} with a button to apply it.", is_shown=False)


def _ask_detectors(database: Database, act: Act, kind: JobKind, given: dict[str, Any], extra: dict[str, Any]) -> None:
    """Leave the work to the detectors: they alone can make a version."""
    arguments = {"reason": "person"} | extra | ({"channel": given["channel"]} if given["channel"] else {})
    with database.transaction() as session:
        source = source_by_name(session, given["source"])
        by, now = act.author, act.now
        job = add_job(session, kind, source_id=source.id, arguments=arguments, requested_by=by, now=now)
        detail = {"job": job} | extra
        write_audit(session, actor=by, action=f"{kind}_asked", subject=source.name, detail=detail, now=now)


def _need_open(database: Database, act: Act) -> None:
    with database.reading() as session:
        incident = incident_by_id(session, act.row_id)
    if incident.state not in OPEN_STATES:
        raise StaleProposalError(f"{incident.shown_id} is {incident.state} by now.")


def _number(shown_id: str) -> str:
    return shown_id.partition("-")[2]


WORK: dict[ProposedAct, Callable[[Database, Settings, Act, dict[str, Any]], Done]] = {
    ProposedAct.ACKNOWLEDGE: _acknowledge,
    ProposedAct.RESOLVE: _resolve,
    ProposedAct.LABEL: _label,
    ProposedAct.SILENCE: _silence,
    ProposedAct.THRESHOLD: _threshold,
    ProposedAct.REFIT: _refit,
}
