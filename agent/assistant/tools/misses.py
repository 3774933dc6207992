"""misses: how much was missed, by what people found in the daily audit, or that nobody looked."""

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.figures import rounded
from agent.assistant.tools.filters import seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import Misses
from storage.queries.exact_interval import CONFIDENCE
from storage.queries.misses import misses
from storage.queries.selection import Selection


def tell_misses(context: ToolContext, wanted: Misses) -> ToolResult:
    """Tell the share of images called normal that were defects, with its exact interval; raise ToolError."""
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window
        found = misses(session, selection=Selection(window=seen(window, context.now), sources=sources))
    figures = {
        "miss_rate": rounded(found.rate),
        "miss_low": rounded(found.low),
        "miss_high": rounded(found.high),
        "audited": found.looked_at,
        "missed": found.missed,
        "missed_reported": found.reported,
    }
    units = {"miss_rate": "share", "miss_low": "share", "miss_high": "share"}
    used = {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
    }
    return ToolResult(
        tool="misses",
        status=ToolStatus.OK if found.looked_at or found.reported else ToolStatus.NO_DATA,
        data={**figures, "confidence": CONFIDENCE, "note": found.sentence},
        facts=tuple(
            Fact(name, value, units.get(name, "inspections")) for name, value in figures.items() if value is not None
        ),
        parameters={name: value for name, value in used.items() if value},
        window=window,
        rows=1,
    )
