"""Taking a person's act back: its opposite, with an audit row of its own."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.records import Act, IncidentState
from storage.repositories.audit import UNDO, act_by_id, acts_on, is_undone, undo_subject, write_audit
from storage.repositories.incidents import incident_by_id, set_incident_state
from storage.repositories.labels import withdraw_label
from storage.repositories.silences import end_silence

INCIDENT_ACT = "incident_"
LABEL, SILENCE = "label", "silence"


class NotUndoneError(StorageError):
    """An act cannot be taken back."""


def is_undoable(act: Act) -> bool:
    """Say whether an act is of a kind that can be taken back."""
    return act.action in {LABEL, SILENCE} or act.action.startswith(INCIDENT_ACT)


def last_undoable(session: Session, *, incident_id: int | None = None, subject: str | None = None) -> Act | None:
    """Return the last act on an incident or a subject that can be taken back, and was not; None where there is none.

    What an undo did to take an act back is no act of its own.
    """
    undone_at = set()
    for act in acts_on(session, incident_id=incident_id, subject=subject):
        if act.action == UNDO:
            undone_at.add(act.at)
        elif act.at not in undone_at and is_undoable(act) and not is_undone(session, act.id):
            return act
    return None


def undo(session: Session, act_id: int, *, author: str, now: datetime) -> Act:
    """Take an act back and return it; a second time changes nothing; raise NotUndoneError."""
    act = act_by_id(session, act_id)
    if act is None or not is_undoable(act):
        raise NotUndoneError(f"Act {act_id} cannot be taken back.")
    if is_undone(session, act_id):
        return act
    _undo(session, act, author, now)
    write_audit(
        session,
        actor=author,
        action=UNDO,
        subject=undo_subject(act_id),
        detail={"undoes": act.action, "of": act.subject},
        incident_id=act.incident_id,
        now=now,
    )
    session.flush()
    return act


def _undo(session: Session, act: Act, author: str, now: datetime) -> None:
    if act.action == LABEL:
        withdraw_label(session, int(act.detail.get("label_id", 0)), author=author, now=now)
    elif act.action == SILENCE:
        end_silence(session, int(act.detail.get("silence_id", 0)), author=author, now=now)
    elif act.incident_id is not None:
        now_is = incident_by_id(session, act.incident_id).state
        if f"{INCIDENT_ACT}{now_is}" != act.action:
            raise NotUndoneError(f"{act.subject} is {now_is} by now, so this cannot be taken back.")
        set_incident_state(session, act.incident_id, IncidentState(act.detail["was"]), actor=author, now=now)
