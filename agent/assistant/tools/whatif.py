"""what_if: what another threshold of one source would have done with the scores on record."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.arguments import WhatIfThreshold
from agent.assistant.tools.context import ToolContext, ToolError, plain
from agent.assistant.tools.filters import seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.database import Session
from storage.errors import StorageError
from storage.queries.misses import misses
from storage.queries.selection import Selection
from storage.queries.whatif import threshold_table, version_of, what_if
from storage.records import DetectorVersion, MissRate, Source, WhatIf, Window
from storage.repositories.sources import source_by_name

DEFAULT_WINDOW = "last 7 days"
AUDIT_DAYS = 90
DIGITS = 6
COUNTS = (
    "alerts_now",
    "alerts",
    "alerts_saved",
    "anomalies_now",
    "anomalies",
    "defects",
    "defects_below",
    "false_alarms",
    "unlabelled_lost",
    "judged",
    "not_comparable",
)
LISTS = ("defects_lost", "defects_found", "false_alarms_avoided", "false_alarms_added")
UNITS = {"judged": "inspections", "not_comparable": "inspections", "alerts_a_week": "alerts a week"}


def compare_threshold(context: ToolContext, wanted: WhatIfThreshold) -> ToolResult:
    """Tell what a threshold would have done, or lay out several where none is given; raise ToolError."""
    with context.database.reading() as session:
        name = _one_source(session, context, wanted.sources)
        reading = context.window(session, wanted.window or DEFAULT_WINDOW, (name,))
        source = source_by_name(session, name)
        try:
            version, found = _compared(session, context, source, seen(reading.window, context.now), wanted.threshold)
        except StorageError as error:
            raise ToolError(str(error)) from error
        audited = replace(reading.window, start=reading.window.end - timedelta(days=AUDIT_DAYS))
        known = misses(session, selection=Selection(window=audited, sources=(name,)))
    return _result(context, source, version, reading.window, found, known, wanted.threshold)


def _one_source(session: Session, context: ToolContext, said: tuple[str, ...]) -> str:
    chosen = (context.chosen_sources(session, said) if said else None) or tuple(context.visible_sources(session))
    if len(chosen) != 1:
        shown = ", ".join(chosen[:10]) if chosen else "there is none yet"
        raise ToolError(f"A threshold belongs to one source: say which one is meant ({shown}).")
    return chosen[0]


def _compared(
    session: Session, context: ToolContext, source: Source, window: Window, threshold: float | None
) -> tuple[DetectorVersion, tuple[WhatIf, ...]]:
    join = timedelta(minutes=context.settings.alerts.join_minutes)
    version = version_of(session, source, window)
    if threshold is None:
        return version, threshold_table(session, source=source, window=window, join=join)
    return version, (what_if(session, source=source, threshold=threshold, window=window, join=join),)


def _result(
    context: ToolContext,
    source: Source,
    version: DetectorVersion,
    window: Window,
    found: tuple[WhatIf, ...],
    known: MissRate,
    threshold: float | None,
) -> ToolResult:
    most = context.settings.assistant.row_limit
    rows = [figures_of(one, most) for one in found[:most]]
    ids = tuple(dict.fromkeys(shown for row in rows for key in LISTS for shown in row[key]))
    shared = {
        "source": source.name,
        "state": source.state.value,
        "detector": plain(version.name),
        "threshold_now": round(version.threshold, DIGITS),
        "misses": known.sentence,
        "audit_days": AUDIT_DAYS,
        **known.as_json(),
    }
    data = shared | (rows[0] if threshold is not None else _same(rows[0]) | {"thresholds": rows})
    return ToolResult(
        tool="what_if",
        status=ToolStatus.OK if found[0].judged else ToolStatus.NO_DATA,
        data=data,
        facts=_facts(rows, is_table=threshold is None),
        ids=ids,
        parameters={
            "sources": [source.name],
            "threshold": threshold,
            "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
            "time_zone": window.time_zone,
        },
        window=window,
        rows=len(rows),
    )


def figures_of(found: WhatIf, most: int) -> dict[str, Any]:
    """Return a comparison's figures by name; at most so many ids of each kind, and how many there are."""
    figures: dict[str, Any] = {"threshold": round(found.threshold, DIGITS)}
    figures |= {name: getattr(found, name) for name in COUNTS}
    figures["alerts_a_week"] = round(found.alerts_a_week, 2)
    for name in LISTS:
        ids = getattr(found, name)
        figures |= {name: [f"A-{one}" for one in ids[:most]], f"{name}_count": len(ids)}
    return figures


def _same(row: dict[str, Any]) -> dict[str, Any]:
    names = ("judged", "not_comparable", "alerts_now", "anomalies_now", "defects", "false_alarms")
    return {name: row[name] for name in names}


def _facts(rows: list[dict[str, Any]], *, is_table: bool) -> tuple[Fact, ...]:
    if not is_table:
        names = (*COUNTS, "alerts_a_week", *(f"{name}_count" for name in LISTS))
        return tuple(Fact(name, rows[0][name], UNITS.get(name, "")) for name in names)
    named = ("alerts", "defects_lost_count", "false_alarms_avoided_count", "alerts_a_week")
    return tuple(
        Fact(f"{name}[{row['threshold']:g}]", row[name], UNITS.get(name, "")) for row in rows for name in named
    )
