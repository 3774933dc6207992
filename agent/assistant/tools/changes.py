"""changes: who changed what, and when, by the audit."""

import re
from collections import Counter
from datetime import datetime
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.filters import known_name, seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import Changes
from storage.database import Session
from storage.queries.report_parts import all_changes, kinds_of_changes, people_who_changed
from storage.queries.report_results import Change
from storage.queries.status import known_sources

ACTS_OF_PEOPLE = (
    *("label", "silence", "silence_ended", "version_applied", "version_rolled_back"),
    *("incident_acknowledged", "incident_resolved", "incident_dismissed"),
)
NEW_WORDS = ("was", "now", "defect_class", "until", "said")
IS_ID = re.compile(r"[AI]-\d{1,18}")


def list_changes(context: ToolContext, wanted: Changes) -> ToolResult:
    """List acts, the newest first, with how many there are of each kind; raise ToolError."""
    limit = context.limit(wanted.limit)
    with context.database.reading() as session:
        chosen = context.chosen_sources(session, wanted.sources)
        named = chosen or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window
        person = wanted.person and known_name("person", wanted.person, people_who_changed(session))
        action = wanted.action and _known_action(session, wanted.action)
        sources = None if chosen is None else [one for one in known_sources(session) if one.name in chosen]
        found = all_changes(
            session, window=seen(window, context.now), sources=sources, actor=person or None, action=action or None
        )
    counts = Counter(one.action for one in found)
    listed = found[:limit]
    used: dict[str, Any] = {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
        "person": plain(person) if person else None,
        "action": action,
        "limit": limit,
    }
    return ToolResult(
        tool="changes",
        status=ToolStatus.OK if found else ToolStatus.NO_DATA,
        data={
            "changes": len(found),
            "shown": len(listed),
            "by_action": dict(counts.most_common()),
            "changes_listed": [_row(one) for one in listed],
        },
        facts=(
            Fact("changes", len(found), "changes"),
            *(Fact(f"changes[{plain(name)}]", number, "changes") for name, number in counts.most_common()),
        ),
        ids=tuple(dict.fromkeys(one.subject for one in listed if IS_ID.fullmatch(one.subject))),
        parameters={name: value for name, value in used.items() if value},
        window=window,
        rows=len(listed),
    )


def _known_action(session: Session, said: str) -> str:
    """Return the kind of act that is meant; one that people may do is known though nobody did it yet."""
    return known_name("kind of change", said, sorted({*kinds_of_changes(session), *ACTS_OF_PEOPLE}))


def _shown(value: Any) -> str:
    """Return a value in plain text, moments in RFC 3339."""
    text = str(value)
    try:
        return rfc3339(datetime.fromisoformat(text))
    except ValueError:
        return plain(text)


def _row(one: Change) -> dict[str, Any]:
    detail = {name: _shown(one.detail[name]) for name in NEW_WORDS if one.detail.get(name) not in {None, ""}}
    return {
        "at": rfc3339(one.at),
        "who": plain(one.actor),
        "action": plain(one.action),
        "subject": plain(one.subject),
        "source": one.source,
        **({"detail": detail} if detail else {}),
    }
