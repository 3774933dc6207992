"""list_silences: until when, by whom and of what no alert is sent, and what that kept back."""

from datetime import datetime
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import ListSilences
from storage.queries.silences import count_silences, list_silences
from storage.records import Silence


def list_kept_quiet(context: ToolContext, wanted: ListSilences) -> ToolResult:
    """List silences, those that end last first; raise ToolError."""
    states = tuple(dict.fromkeys(wanted.states))
    is_active = None if len(states) != 1 else states[0] == "active"
    limit = context.limit(wanted.limit)
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        chosen: dict[str, Any] = {"now": context.now, "sources": sources}
        found = list_silences(session, limit=limit, is_active=is_active, **chosen)
        total, hits = count_silences(session, is_active=is_active, **chosen)
        active, _ = count_silences(session, is_active=True, **chosen)
    by_state = {"active": active, "ended": total - active}
    if is_active is not None:
        by_state = {states[0]: total}
    used = {"sources": list(named), "states": list(states), "limit": limit}
    return ToolResult(
        tool="list_silences",
        status=ToolStatus.OK if found else ToolStatus.NO_DATA,
        data={
            "silences": total,
            "by_state": by_state,
            "hits": hits,
            "shown": len(found),
            "time_zone": context.zone(named),
            "silences_listed": [_row(one, context.now) for one in found],
        },
        facts=(
            Fact("silences", total, "silences"),
            *(Fact(f"silences[{state}]", number, "silences") for state, number in by_state.items()),
            Fact("hits", hits, "alerts kept back"),
        ),
        parameters={name: value for name, value in used.items() if value},
        rows=len(found),
    )


def _row(one: Silence, now: datetime) -> dict[str, Any]:
    row = {
        "id": f"S-{one.id}",
        "source": one.source,
        "covers": _covers(one),
        "from": rfc3339(one.starts_at),
        "until": rfc3339(one.until),
        "by": plain(one.author),
        "hits": one.hits,
        "state": "active" if one.until > now else "ended",
    }
    return row | ({"comment": plain(one.comment)} if one.comment else {})


def _covers(one: Silence) -> str:
    parts = [
        f"class {plain(one.defect_class)}" if one.defect_class else "",
        f"the like of A-{one.like_inspection_id}" if one.like_inspection_id is not None else "",
        f"{plain(one.attribute)} {plain(one.value or '')}" if one.attribute else "",
    ]
    return ", ".join(part for part in parts if part) or "everything"
