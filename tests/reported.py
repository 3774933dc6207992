"""A history with everything a report counts, over the night of a change to summer time in Berlin."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from storage.database import Database, Session
from storage.models import FrameRow
from storage.records import LabelKind, NewFrame, RejectReason, Source, SourceState, Window
from storage.repositories import roll_ups
from storage.repositories.frames import receive_frame
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from storage.repositories.sources import set_source_state
from tests.factories import make_inspection, make_source, make_version, new_frame
from tests.histories import fill

BERLIN = "Europe/Berlin"
SUMMER_TIME = date(2026, 3, 29)  # its 02:30 never was
FIRST = datetime(2026, 3, 26, 6, 7, tzinfo=UTC)
REPORTED_AT = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
GAP = (datetime(2026, 3, 29, 0, 20, tzinfo=UTC), datetime(2026, 3, 29, 4, 5, tzinfo=UTC))


def local_days(first: date, after: date, zone: str = BERLIN) -> Window:
    """The window of some local days."""
    start, end = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) for day in (first, after))
    return Window(start.astimezone(UTC), end.astimezone(UTC), zone)


def write_history(database: Database) -> None:
    """Fill a database: two imported sources, and a fitted one whose frames end in every way there is."""
    fill(database, imported_lines())
    with database.transaction() as session:
        _write_fitted(session)


def imported_lines(count: int = 900, seed: int = 11) -> Iterator[dict[str, Any]]:
    chance = random.Random(seed)  # noqa: S311 - a history, no secret
    for number in range(count):
        at = FIRST + number * timedelta(minutes=8) + timedelta(seconds=chance.randrange(300))
        source = chance.choice(("line-1", "line-2"))
        if not (source == "line-1" and GAP[0] <= at < GAP[1]):
            yield imported_line(number, at, source, chance)


def imported_line(number: int, at: datetime, source: str, chance: random.Random) -> dict[str, Any]:
    is_odd = chance.random() < 0.2
    made: dict[str, Any] = {
        "source": source,
        "captured_at": at.isoformat(),
        "score": chance.uniform(1.01, 3) if is_odd else chance.uniform(0.2, 0.99),
        "threshold": 1.0,
        "verdict": "anomalous" if is_odd else "normal",
        "detector": f"{source}@{1 + (number > 500)}",
        "path": f"{number}.png",
        "fault": chance.choice(("black", "blurred")) if chance.random() < 0.05 else None,
    }
    if is_odd:
        made |= {"label": chance.choice(("defect", "false_alarm", "unsure", None, None)), "incident": f"{at:%d%H}"}
    elif chance.random() < 0.02:
        made |= {"label": "missed"}
    return made


def _write_fitted(session: Session) -> None:
    source = make_source(session, "press")
    first = make_version(session, source, promised_rate=0.01)
    start = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    for number in range(40):
        version = first if number != 20 else make_version(session, source, promised_rate=0.03)
        first = version
        at = start + number * timedelta(minutes=13)
        score = 2.0 + number / 100 if number % 7 == 0 else 0.4
        fault = "frozen" if number in {3, 4, 14} else None
        inspection_id = make_inspection(session, source, version, number, score=score, captured_at=at, fault=fault)
        if number % 7 == 0 and fault is None:
            join_incident(session, inspection_id, Joining(timedelta(minutes=30)), now=at)
        if number in {0, 7, 28}:
            kind = LabelKind.DEFECT if number == 7 else LabelKind.FALSE_ALARM
            later = at + timedelta(hours=5)
            add_label(session, inspection_id, kind, author=f"slack:U{number}", now=later)
            add_label(session, inspection_id, kind, author="terminal:ann", now=later + timedelta(minutes=1))
    _write_unjudged(session, source, start)
    set_source_state(session, "press", SourceState.PAUSED, actor="slack:U1", now=start + timedelta(hours=9))
    add_silence(session, source_id=source.id, until=REPORTED_AT, author="ann", comment="", now=start)
    add_silence(session, source_id=None, until=REPORTED_AT, author="ben", comment="", now=start)


def _write_unjudged(session: Session, source: Source, start: datetime) -> None:
    """Frames that were rejected, dropped, given up, or wait; one that came twice."""
    ends = ("rejected", "dropped", "dead_letter", "pending", "leased")
    for number, state in enumerate(ends * 2, start=100):
        at = start + timedelta(hours=11, minutes=20 * (number - 100))
        rejected = RejectReason.TRUNCATED if state == "rejected" else None
        frame_id = receive_frame(session, new_frame(source, number, captured_at=at), rejected=rejected)
        if state != "rejected":
            session.execute(update(FrameRow).where(FrameRow.id == frame_id).values(state=state))
        if state in {"dropped", "dead_letter"}:
            roll_ups.count(session, source.id, at, **{state: 1})
    again: NewFrame = new_frame(source, 100, captured_at=start + timedelta(hours=11))
    assert receive_frame(session, again) is None
