"""list_anomalies and get_anomaly: which ones they are, and everything about one."""

import re
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.arguments import GetAnomaly, ListAnomalies
from agent.assistant.tools.context import ToolContext, ToolError, plain
from agent.assistant.tools.figures import count_figures, facts_of
from agent.assistant.tools.filters import choose, count_looked_at, parameters
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.rows import inspection_details, inspection_row
from storage.queries.anomalies import Order, list_anomalies, list_missed
from storage.queries.counting import count_inspections
from storage.queries.inspections import get_inspection, neighbours
from storage.records import Label, Window
from storage.repositories.labels import last_label

SHOWN_ID = re.compile(r"\s*a?[\s-]?(\d{1,18})\s*", re.IGNORECASE)


def list_found(context: ToolContext, wanted: ListAnomalies) -> ToolResult:
    """List anomalies in the order wished, with how many there are in all; raise ToolError."""
    limit = context.limit(wanted.limit)
    with context.database.reading() as session:
        chosen = choose(session, context, wanted)
        listed, order = list_missed if wanted.kind == "missed" else list_anomalies, Order(wanted.order)
        found = listed(session, selection=chosen.selection, limit=limit, order=order, offset=wanted.offset)
        counts = count_inspections(session, selection=chosen.selection)
        looked_at = count_looked_at(session, chosen, counts)
    figures = count_figures(counts, looked_at)
    rows = [inspection_row(one) for one in found]
    used = parameters(chosen) | {"order": wanted.order, "limit": limit}
    used |= {"offset": wanted.offset} if wanted.offset else {}
    used |= {"kind": wanted.kind} if wanted.kind != "anomalies" else {}
    total = counts.missed if wanted.kind == "missed" else counts.anomalies
    return ToolResult(
        tool="list_anomalies",
        status=ToolStatus.OK if rows else ToolStatus.NO_DATA,
        data={"total": total, "shown": len(rows), **figures, "anomalies_listed": rows},
        facts=facts_of(figures)
        + tuple(Fact(f"score[{one.shown_id}]", row["score"]) for one, row in zip(found, rows, strict=True)),
        ids=tuple(one.shown_id for one in found),
        parameters=used,
        window=chosen.window,
        rows=len(rows),
    )


def get_anomaly(context: ToolContext, wanted: GetAnomaly) -> ToolResult:
    """Tell everything about one inspection; raise ToolError."""
    inspection_id = inspection_id_of(wanted.id)
    with context.database.reading() as session:
        found = get_inspection(session, inspection_id)
        if found is None or found.source not in context.visible_sources(session) or found.captured_at > context.now:
            return ToolResult(
                tool="get_anomaly",
                status=ToolStatus.NO_DATA,
                parameters={"id": f"A-{inspection_id}"},
                message=f"There is no inspection A-{inspection_id}.",
            )
        word = last_label(session, inspection_id)
        before, after = neighbours(session, found, now=context.now)
    details = inspection_details(found) | _said(word)
    details |= {"before": before and f"A-{before}", "after": after and f"A-{after}"}
    zone = context.settings.zone_of(found.source)
    figures = ("score", "threshold", "ratio", "p_value", "region_count")
    return ToolResult(
        tool="get_anomaly",
        status=ToolStatus.OK,
        data=details | {"time_zone": zone},
        facts=tuple(Fact(name, details[name]) for name in figures if details[name] is not None),
        ids=(found.shown_id,),
        parameters={"id": found.shown_id},
        window=Window(found.captured_at, found.captured_at, zone),
        rows=1,
    )


def _said(word: Label | None) -> dict[str, Any]:
    """Return who said the last word on an inspection, when, and what they noted."""
    if word is None:
        return {}
    said = {"labelled_by": plain(word.author), "labelled_at": rfc3339(word.created_at)}
    return said | ({"note": plain(word.note)} if word.note else {})


def inspection_id_of(text: str) -> int:
    """Read `A-1042`; raise ToolError."""
    match = SHOWN_ID.fullmatch(text)
    if match is None or int(match[1]) >= 2**63:
        raise ToolError(f"{plain(text)!r} is not an inspection's id; ids look like A-1042.")
    return int(match[1])
