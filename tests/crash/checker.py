"""What must hold after whatever happened: the invariants, read from the database and from Slack's own log.

Each check returns what it found broken, in words; nothing where all is well.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import DeliveryRow, EventRow, FrameRow, IncidentRow, InspectionRow, RollUpRow, SourceRow
from storage.records import DeliveryKind, DeliveryState, EventKind, FrameState, Verdict
from tests.crash.world import LABELLED, OPEN_LINE, World
from tests.servers.slack import Message

FINAL = {FrameState.SCORED, FrameState.REJECTED, FrameState.DROPPED, FrameState.DEAD_LETTER}
NO_NUMBER = re.compile(r"\b(nan|inf|infinity)\b", re.IGNORECASE)


def broken_promises(world: World) -> list[str]:
    """Return everything that does not hold."""
    with world.database.reading() as session:
        return [f"{check.__name__}: {found}" for check in CHECKS for found in check(world, session)]


def every_file_is_one_frame_that_ended(world: World, session: Session) -> Iterator[str]:
    """I1, and nothing is taken twice."""
    sources = {row.id: row.name for row in session.scalars(select(SourceRow))}
    frames = [row for row in session.scalars(select(FrameRow)) if row.name != LABELLED]
    counted = Counter((sources[row.source_id], row.name) for row in frames)
    wanted = {(one.source, one.name): one for one in world.dropped}
    yield from (f"{place} has no frame" for place in wanted.keys() - counted.keys())
    yield from (f"{place} has {count} frames" for place, count in counted.items() if count > 1)
    for row in frames:
        kind = wanted[sources[row.source_id], row.name].kind
        expected = FrameState.REJECTED if kind == "broken" else FrameState.SCORED
        if row.state not in FINAL:
            yield f"frame {row.id} is left {row.state}"
        elif row.state != expected:
            yield f"frame {row.id} ({kind}) ended {row.state}: {row.reason}"
        if row.state != FrameState.SCORED and not row.reason:
            yield f"frame {row.id} ended {row.state} without a reason"


def every_scored_frame_has_one_inspection(_world: World, session: Session) -> Iterator[str]:
    """I2: both ways."""
    scored = set(session.scalars(select(FrameRow.id).where(FrameRow.state == FrameState.SCORED)))
    counted = Counter(session.scalars(select(InspectionRow.frame_id)))
    yield from (f"frame {one} is scored and has no inspection" for one in scored - counted.keys())
    yield from (f"frame {one} has an inspection and is not scored" for one in counted.keys() - scored)
    yield from (f"frame {one} has {count} inspections" for one, count in counted.items() if count > 1)


def what_commits_together_stands_together(_world: World, session: Session) -> Iterator[str]:
    """I3: inspection, frame, counts and event."""
    events = Counter(session.scalars(select(EventRow.inspection_id).where(EventRow.kind == EventKind.ANOMALY)))
    for row, name in session.execute(select(InspectionRow, FrameRow.name).join(FrameRow)):
        is_told = row.verdict == Verdict.ANOMALOUS and row.fault is None and name != LABELLED
        if events[row.id] != int(is_told):
            yield f"inspection {row.id} ({row.verdict}) has {events[row.id]} events"
    states: Counter[tuple[int, str]] = Counter()
    for source_id, state in session.execute(select(FrameRow.source_id, FrameRow.state)):
        states[source_id, state] += 1
        states[source_id, "received"] += 1
    for column in ("received", *(str(state) for state in FINAL)):
        totals: Counter[int] = Counter()
        for span in session.scalars(select(RollUpRow)):
            totals[span.source_id] += getattr(span, column)
        for source_id, total in totals.items():
            if total != states[source_id, column]:
                yield f"{column} is counted {total} times for source {source_id}, not {states[source_id, column]}"


def every_alert_is_told(world: World, session: Session) -> Iterator[str]:
    """I4 and I12: each anomaly of the line nobody silenced, and each known defect, stands in Slack."""
    for event in session.scalars(select(EventRow).where(EventRow.done_at.is_(None))):
        yield f"event {event.id} ({event.kind}) was never taken"
    for one in session.scalars(select(DeliveryRow)):
        if one.state not in {DeliveryState.SENT, DeliveryState.FOLDED, DeliveryState.DROPPED}:
            yield f"delivery {one.id} ({one.kind}) is {one.state}: {one.error}"
    posted = {message.ts for message in world.slack.bot_messages()}
    query = select(InspectionRow, FrameRow.name, SourceRow.name, IncidentRow)
    query = query.join(FrameRow, FrameRow.id == InspectionRow.frame_id).join(
        SourceRow, SourceRow.id == InspectionRow.source_id
    )
    query = query.outerjoin(IncidentRow, IncidentRow.id == InspectionRow.incident_id)
    for row, name, source, incident in session.execute(query):
        if row.verdict != Verdict.ANOMALOUS or row.fault is not None or name == LABELLED:
            continue
        if source != OPEN_LINE and not name.endswith("-known.png"):
            continue
        if incident is None:
            yield f"A-{row.id} ({name}) is in no incident"
        elif incident.message_ts not in posted:
            yield f"A-{row.id} ({name}) of I-{incident.id} was never told"


def nothing_is_told_twice(world: World, session: Session) -> Iterator[str]:
    """I5: one message a delivery, one file a picture, and no message that the database knows nothing of."""
    posts = [row for row in session.scalars(select(DeliveryRow)) if row.kind in POSTED]
    keys = Counter(key_of(message) for message in world.slack.bot_messages() if key_of(message))
    known = {row.key for row in posts}
    yield from (f"the message {key} is told {count} times" for key, count in keys.items() if count > 1)
    yield from (f"the message {key} is of no delivery" for key in keys.keys() - known)
    for row in posts:
        if row.state == DeliveryState.SENT and row.message_ts is not None and not keys[row.key]:
            yield f"delivery {row.id} ({row.kind}) is called sent and stands nowhere"
    incidents = Counter(row.incident_id for row in posts if row.kind == DeliveryKind.POST and keys[row.key])
    yield from (f"I-{one} is told in {count} messages" for one, count in incidents.items() if count > 1)
    files = Counter(file.name for file in world.slack.files if file.shares)
    yield from (f"the picture {name} is there {count} times" for name, count in files.items() if count > 1)


def every_figure_is_a_number(world: World, session: Session) -> Iterator[str]:
    """I6."""
    for row in session.scalars(select(InspectionRow)):
        if not all(math.isfinite(value) for value in (row.score, row.threshold, row.p_value or 0.0)):
            yield f"inspection {row.id} holds a figure that is no number"
    texts = {version.text for message in world.slack.bot_messages() for version in message.versions}
    yield from (f"Slack was told {text!r}" for text in texts if NO_NUMBER.search(text))


def nothing_waits_for_ever(_world: World, session: Session) -> Iterator[str]:
    """I8: no lease and no hold is left over."""
    held = select(FrameRow.id).where(FrameRow.lease_owner.is_not(None))
    yield from (f"frame {one} is still held" for one in session.scalars(held))


def key_of(message: Message) -> str:
    """Return the key that a message carries, nothing where it has none."""
    return str(((message.metadata or {}).get("event_payload") or {}).get("key") or "")


POSTED = (DeliveryKind.POST, DeliveryKind.NOTICE, DeliveryKind.OUTAGE, DeliveryKind.ESCALATION)
CHECKS: tuple[Callable[[World, Session], Iterator[str]], ...] = (
    every_file_is_one_frame_that_ended,
    every_scored_frame_has_one_inspection,
    what_commits_together_stands_together,
    every_alert_is_told,
    nothing_is_told_twice,
    every_figure_is_a_number,
    nothing_waits_for_ever,
)
