"""What a person's act under an audit, a list of frames or a proposal changes, in one transaction each."""

from agent.bot.acts import Act, BadValueError
from agent.messages.figures import clock
from config.settings import Settings
from storage.database import Database
from storage.moments import read_moment
from storage.queries.around import frames_round
from storage.records import JobKind, LabelKind, VersionProposal, ViewProposal, proposal_from, view_from
from storage.repositories.audit import write_audit
from storage.repositories.audit_picks import answer_pick
from storage.repositories.jobs import add_job, job_by_id
from storage.repositories.labels import add_label
from storage.repositories.sources import source_by_id, source_by_name
from storage.repositories.switches import apply_version, roll_back
from storage.repositories.versions import version_by_id
from storage.repositories.views import want_view

FRAMES_SHOWN = 9


def say_of_pick(database: Database, act: Act, said: str) -> int:
    """Write a person's word on an audited frame and return the audit's job; raise BadValueError or a StorageError."""
    job_id, inspection_id = _two_ids(act)
    with database.transaction() as session:
        answer_pick(session, inspection_id, said, author=act.author, now=act.now)
    return job_id


def say_missed(database: Database, act: Act) -> int:
    """Label a frame as missed and return the job that showed it; raise BadValueError or a StorageError."""
    job_id, inspection_id = _two_ids(act)
    with database.transaction() as session:
        add_label(session, inspection_id, LabelKind.MISSED, author=act.author, now=act.now)
    return job_id


def apply_proposal(database: Database, act: Act) -> int:
    """Let a proposed version judge, if the one it was compared with still does; raise a StorageError."""
    with database.transaction() as session:
        proposal = _proposal(job_by_id(session, act.row_id).result)
        version = version_by_id(session, proposal.version_id)
        apply_version(session, version, expected=proposal.was_id, actor=act.author, now=act.now)
    return act.row_id


def roll_back_proposal(database: Database, act: Act) -> int:
    """Let the version judge again that a proposal took the place of; raise a StorageError."""
    with database.transaction() as session:
        proposal = _proposal(job_by_id(session, act.row_id).result)
        source = source_by_id(session, proposal.source_id)
        if source.active_version_id != proposal.was_id:  # a double click has rolled it back already
            roll_back(session, source, expected=proposal.version_id, actor=act.author, now=act.now)
    return act.row_id


def use_new_view(database: Database, act: Act) -> int:
    """Let a moved camera's new view be learnt once it has frames enough, and return the outage; raise NotMovedError."""
    with database.transaction() as session:
        want_view(session, act.row_id, channel=None, actor=act.author, now=act.now)
    return act.row_id


def ask_for_frames(database: Database, settings: Settings, act: Act, source_name: str, *, channel: str) -> str:
    """Have the frames round a moment shown in a channel, and say so; act.value is the moment as it was typed.

    Raise UnknownSourceError or MomentError.
    """
    with database.transaction() as session:
        source = source_by_name(session, source_name)
        zone = settings.zone_of(source.name)
        at = read_moment(act.value, zone=zone, now=act.now)
        frames = frames_round(session, source_id=source.id, at=at, limit=FRAMES_SHOWN)
        shown = clock(at, zone, today=act.now)
        if not frames:
            return f"No frame of {source.name} was judged within half an hour of {shown} ({zone})."
        arguments = {"inspections": [one.id for one in frames], "at": at.isoformat(), "channel": channel}
        kind = JobKind.MISSED
        job = add_job(session, kind, source_id=source.id, arguments=arguments, requested_by=act.author, now=act.now)
        detail = {"job": job, "at": at.isoformat()}
        write_audit(session, actor=act.author, action="missed_asked", subject=source.name, detail=detail, now=act.now)
    return f"The {len(frames)} frames of {source.name} nearest to {shown} ({zone}) come to you in a direct message."


def _two_ids(act: Act) -> tuple[int, int]:
    job, _, inspection = act.value.partition(":")
    return Act(act.user, job, act.now).row_id, Act(act.user, inspection, act.now).row_id


def _proposal(result: dict[str, object] | None) -> VersionProposal | ViewProposal:
    known = result or {}
    for name, read in (("proposal", proposal_from), ("view", view_from)):
        values = known.get(name)
        if isinstance(values, dict):
            return read(values)
    raise BadValueError
