"""What a person's act changes, in one transaction each: the row, its audit, and the message that shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.alerts.route import tell_change
from agent.errors import AgentError
from agent.messages.figures import clock
from agent.messages.safe_text import SLACK_AUTHOR, safe
from config.settings import Settings
from storage.database import Database, Session
from storage.queries.inspections import get_inspection
from storage.records import OPEN_STATES, IncidentState, Inspection, LabelKind, SourceState
from storage.repositories.incidents import incident_by_id, set_incident_state
from storage.repositories.labels import UnknownInspectionError, add_label, last_label
from storage.repositories.silences import add_silence
from storage.repositories.sources import set_source_state, source_by_id
from storage.repositories.undoing import undo as take_back
from storage.repositories.versions import require_fitness

Region = tuple[int, int, int, int]


class BadValueError(AgentError):
    """A button carries no id: the message was not written by this Oddspot."""

    def __init__(self) -> None:
        super().__init__("This button carries no id that is known here.")


@dataclass(frozen=True, slots=True)
class Act:
    """Who did something, to what, and when."""

    user: str
    value: str
    now: datetime
    through: str = SLACK_AUTHOR

    @property
    def author(self) -> str:
        """The person, as rows name them."""
        return f"{self.through}{self.user}"

    @property
    def row_id(self) -> int:
        """The id the button carries; raise BadValueError."""
        if not (self.value.isascii() and self.value.isdigit()) or len(self.value) > 18:  # noqa: PLR2004 - 64 bits
            raise BadValueError
        return int(self.value)


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of an anomaly beyond the kind of word."""

    defect_class: str | None = None
    note: str | None = None
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to, and whether a message in the channel will show it."""

    words: str
    is_shown: bool


def label(database: Database, settings: Settings, act: Act, kind: LabelKind, said: Said | None = None) -> Done:
    """Write a person's word on an inspection; raise BadValueError or UnknownInspectionError.

    A defect takes the class that its incident's button names, unless another is given.
    """
    with database.transaction() as session:
        inspection = inspection_of(session, act)
        said = said or Said(_suggested_class(session, inspection) if kind is LabelKind.DEFECT else None)
        add_label(
            session,
            inspection.id,
            kind,
            author=act.author,
            defect_class=said.defect_class,
            note=said.note,
            region=said.region,
            now=act.now,
        )
        is_shown = show_incident(session, settings, inspection.incident_id, act)
    return Done(f"Noted: A-{act.row_id} is a {kind.replace('_', ' ')}.", is_shown)


def acknowledge(database: Database, settings: Settings, act: Act) -> Done:
    """Take an incident up, so that it is not told again; raise BadValueError or UnknownIncidentError."""
    with database.transaction() as session:
        incident = incident_by_id(session, act.row_id)
        if incident.state in OPEN_STATES:
            set_incident_state(session, incident.id, IncidentState.ACKNOWLEDGED, actor=act.author, now=act.now)
        is_shown = show_incident(session, settings, incident.id, act)
    return Done(f"{incident.shown_id} is acknowledged.", is_shown)


def silence(database: Database, settings: Settings, act: Act) -> Done:
    """Silence the source of an incident; raise BadValueError or UnknownIncidentError."""
    with database.transaction() as session:
        incident = incident_by_id(session, act.row_id)
        until = act.now + timedelta(minutes=settings.alerts.silence_minutes)
        add_silence(
            session,
            source_id=incident.source_id,
            until=until,
            author=act.author,
            comment=f"button on {incident.shown_id}",
            incident_id=incident.id,
            now=act.now,
        )
        is_shown = show_incident(session, settings, incident.id, act)
    shown = clock(until, settings.zone_of(incident.source), today=act.now)
    return Done(f"{safe(incident.source)} is silenced until {shown}.", is_shown)


def silence_like(database: Database, settings: Settings, act: Act) -> Done:
    """Silence what is like an anomaly, in its source; raise BadValueError or UnknownInspectionError."""
    with database.transaction() as session:
        inspection = inspection_of(session, act)
        until = act.now + timedelta(days=settings.alerts.silence_like_days)
        add_silence(
            session,
            source_id=inspection.source_id,
            until=until,
            author=act.author,
            comment=f"like {inspection.shown_id}",
            like_inspection_id=inspection.id,
            incident_id=inspection.incident_id,
            now=act.now,
        )
        show_incident(session, settings, inspection.incident_id, act)
    shown = clock(until, settings.zone_of(inspection.source), today=act.now)
    words = f"Things like {inspection.shown_id} on {safe(inspection.source)} are silenced until {shown};"
    return Done(f"{words} what people called a defect still comes through.", is_shown=False)


def undo(database: Database, settings: Settings, act: Act) -> Done:
    """Take an act back, the button's value being its number in the audit; raise BadValueError or NotUndoneError."""
    with database.transaction() as session:
        undone = take_back(session, act.row_id, author=act.author, now=act.now)
        is_shown = show_incident(session, settings, undone.incident_id, act)
    return Done("That was taken back.", is_shown)


def go_live(database: Database, act: Act) -> Done:
    """End a source's commissioning; a second click changes nothing; raise BadValueError or NotFitError."""
    with database.transaction() as session:
        source = source_by_id(session, act.row_id)
        require_fitness(session, source)
        if source.state is not SourceState.LIVE:
            set_source_state(session, source.name, SourceState.LIVE, actor=act.author, now=act.now)
    return Done(f"{safe(source.name)} is live: its anomalies are told from now on.", is_shown=False)


def inspection_of(session: Session, act: Act) -> Inspection:
    """Return the inspection a button is about; raise BadValueError or UnknownInspectionError."""
    found = get_inspection(session, act.row_id)
    if found is None:
        raise UnknownInspectionError(act.row_id)
    return found


def show_incident(session: Session, settings: Settings, incident_id: int | None, act: Act) -> bool:
    """Let an incident's message show what was done, and say whether it has one."""
    return incident_id is not None and tell_change(session, settings, incident_id, now=act.now)


def _suggested_class(session: Session, inspection: Inspection) -> str | None:
    if inspection.defect_class is not None or inspection.incident_id is None:
        return inspection.defect_class
    seen_before = incident_by_id(session, inspection.incident_id).seen_before
    before = last_label(session, seen_before) if seen_before is not None else None
    return before.defect_class if before is not None else None
