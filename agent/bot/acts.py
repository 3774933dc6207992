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
from storage.records import LabelKind, SourceState
from storage.repositories.incidents import incident_by_id
from storage.repositories.labels import add_label
from storage.repositories.silences import active_silences, add_silence
from storage.repositories.sources import set_source_state, source_by_id
from storage.repositories.versions import require_fitness

SAME_CLICK = timedelta(minutes=1)


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

    @property
    def author(self) -> str:
        """The person, as rows name them."""
        return f"{SLACK_AUTHOR}{self.user}"

    @property
    def row_id(self) -> int:
        """The id the button carries; raise BadValueError."""
        if not (self.value.isascii() and self.value.isdigit()) or len(self.value) > 18:  # noqa: PLR2004 - 64 bits
            raise BadValueError
        return int(self.value)


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to, and whether a message in the channel will show it."""

    words: str
    is_shown: bool


def label(database: Database, settings: Settings, act: Act, kind: LabelKind) -> Done:
    """Write a person's word on an inspection; raise BadValueError or UnknownInspectionError."""
    is_shown = False
    with database.transaction() as session:
        add_label(session, act.row_id, kind, author=act.author, now=act.now)
        found = get_inspection(session, act.row_id)
        if found is not None and found.incident_id is not None:
            is_shown = tell_change(session, settings, found.incident_id, now=act.now)
    return Done(f"Noted: A-{act.row_id} is a {kind.replace('_', ' ')}.", is_shown)


def silence(database: Database, settings: Settings, act: Act) -> Done:
    """Silence the source of an incident; raise BadValueError or UnknownIncidentError."""
    with database.transaction() as session:
        incident = incident_by_id(session, act.row_id)
        until = act.now + timedelta(minutes=settings.alerts.silence_minutes)
        standing = _standing(session, incident.source, act, until)
        if standing is None:
            comment = f"button on {incident.shown_id}"
            source_id = incident.source_id
            add_silence(session, source_id=source_id, until=until, author=act.author, comment=comment, now=act.now)
        is_shown = tell_change(session, settings, incident.id, now=act.now)
    shown = clock(standing or until, settings.zone_of(incident.source), today=act.now)
    return Done(f"{safe(incident.source)} is silenced until {shown}.", is_shown)


def go_live(database: Database, act: Act) -> Done:
    """End a source's commissioning; a second click changes nothing; raise BadValueError or NotFitError."""
    with database.transaction() as session:
        source = source_by_id(session, act.row_id)
        require_fitness(session, source)
        if source.state is not SourceState.LIVE:
            set_source_state(session, source.name, SourceState.LIVE, actor=act.author, now=act.now)
    return Done(f"{safe(source.name)} is live: its anomalies are told from now on.", is_shown=False)


def _standing(session: Session, source: str, act: Act, until: datetime) -> datetime | None:
    """Return the end of a silence this click only repeats: a double click or a retry makes no second one."""
    for one in active_silences(session, now=act.now):
        if one.source == source and one.author == act.author and one.until > until - SAME_CLICK:
            return one.until
    return None
