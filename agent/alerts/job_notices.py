"""What people are told of a job, read from the database as it is now: after an act the same message is written anew."""

from collections.abc import Callable
from datetime import datetime, timedelta

from agent.messages.audit_message import AuditView, audit_message
from agent.messages.look_message import look_message
from agent.messages.message import Message
from agent.messages.missed_message import MissedView, missed_message
from agent.messages.notices import job_message
from agent.messages.proposal_message import ProposalView, proposal_message
from agent.routes.decide import channel_of_notice
from config.settings import Settings
from storage.database import Session
from storage.queries.inspections import get_inspection
from storage.queries.misses import misses
from storage.queries.selection import Selection
from storage.records import (
    DeliveryKind,
    Event,
    Inspection,
    Job,
    JobKind,
    NewDelivery,
    VersionProposal,
    ViewProposal,
    Window,
    proposal_from,
    view_from,
)
from storage.repositories.audit_picks import picks_of
from storage.repositories.deliveries import add_delivery
from storage.repositories.jobs import job_by_id
from storage.repositories.looks import look_by_id
from storage.repositories.sources import source_by_id
from storage.repositories.switches import switches_of

AUDITED = timedelta(days=90)


def route_job(session: Session, settings: Settings, event: Event, now: datetime) -> None:
    """Let a job's result be told where it was asked for, else in its source's channel."""
    own = channel_of_notice(settings, source_by_id(session, event.source_id).name, now=now)
    channel = str(event.payload.get("channel") or own)
    payload = {"notice": event.kind, "source_id": event.source_id} | event.payload
    add_delivery(session, NewDelivery(DeliveryKind.NOTICE, channel, now, event_id=event.id, payload=payload), now=now)


def render_job(session: Session, settings: Settings, job_id: int, *, now: datetime) -> Message:
    """Return what a job's message says now; raise UnknownJobError."""
    job = job_by_id(session, job_id)
    return TELLERS[job.kind](session, settings, job, now)


def _audit(session: Session, settings: Settings, job: Job, now: datetime) -> Message:
    source = source_by_id(session, int(job.arguments["source_id"]))
    ids = _ids(job)
    picks = {pick.inspection_id: pick for pick in picks_of(session, ids)}
    frames = [(frame, picks[frame.id]) for frame in _found(session, ids) if frame.id in picks]
    selection = Selection(window=Window(now - AUDITED, now), sources=(source.name,))
    return audit_message(
        AuditView(
            job=job.id,
            source=source.name,
            day=str(job.arguments["day"]),
            frames=tuple(frames),
            misses=misses(session, selection=selection).sentence,
            zone=settings.zone_of(source.name),
            now=now,
        )
    )


def _missed(session: Session, settings: Settings, job: Job, now: datetime) -> Message:
    source = source_by_id(session, int(job.arguments["source_id"]))
    at = datetime.fromisoformat(job.arguments["at"])
    frames = tuple(_found(session, _ids(job)))
    return missed_message(MissedView(job.id, source.name, at, frames, settings.zone_of(source.name), now))


def _sweep(session: Session, settings: Settings, job: Job, now: datetime) -> Message:
    result = job.result or {}
    source = source_by_id(session, int(job.arguments["source_id"]))
    proposal: VersionProposal | ViewProposal
    if "view" in result:
        proposal = view_from(result["view"])
    elif "proposal" in result:
        proposal = proposal_from(result["proposal"])
    else:
        return job_message(f"{source.name}: no other version is proposed: {result.get('none', '')}.")
    since = [
        one
        for one in switches_of(session, proposal.version, proposal.was)
        if (one.version, one.was) in {(proposal.version, proposal.was), (proposal.was, proposal.version)}
    ]
    active, zone = source.active_version_id, settings.zone_of(source.name)
    return proposal_message(ProposalView(job.id, proposal, active, tuple(since), zone, now))


def _look(session: Session, _settings: Settings, job: Job, _now: datetime) -> Message:
    return look_message(look_by_id(session, job.id))


def _ids(job: Job) -> list[int]:
    return [int(one) for one in job.arguments["inspections"]]


def _found(session: Session, ids: list[int]) -> list[Inspection]:
    return [frame for one in ids if (frame := get_inspection(session, one)) is not None]


TELLERS: dict[str, Callable[[Session, Settings, Job, datetime], Message]] = {
    JobKind.AUDIT: _audit,
    JobKind.MISSED: _missed,
    JobKind.SWEEP: _sweep,
    JobKind.REFIT: _sweep,
    JobKind.THRESHOLD: _sweep,
    JobKind.LOOK: _look,
    JobKind.VIEW: _sweep,
}
