"""latency: how long frames take, and what waits now."""

import numpy as np

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.filters import seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import Latency
from storage.queries.latency import backlog, inspection_times
from storage.queries.selection import Selection

DEFAULT_WINDOW = "last 24 hours"
MEDIAN, MOST = 50, 95
DIGITS = 3
UNITS = {
    "latency_median": "seconds",
    "latency_p95": "seconds",
    "milliseconds_median": "milliseconds",
    "milliseconds_p95": "milliseconds",
    "inspected": "inspections",
    "waiting": "frames",
    "oldest_waiting_seconds": "seconds",
}


def tell_latency(context: ToolContext, wanted: Latency) -> ToolResult:
    """Tell the median and 95th percentile of a window's times (interpolated), and the backlog; raise ToolError."""
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        window = context.window(session, wanted.window or DEFAULT_WINDOW, named).window
        times = inspection_times(session, selection=Selection(window=seen(window, context.now), sources=sources))
        left = backlog(session, now=context.now, sources=sources)
    oldest = None if left.oldest_at is None else round((context.now - left.oldest_at).total_seconds())
    figures = {
        "latency_median": _percentile(times.seconds, MEDIAN),
        "latency_p95": _percentile(times.seconds, MOST),
        "milliseconds_median": _percentile(times.milliseconds, MEDIAN),
        "milliseconds_p95": _percentile(times.milliseconds, MOST),
        "inspected": times.inspected,
        "waiting": left.waiting,
        "oldest_waiting_seconds": oldest,
    }
    used = {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
    }
    return ToolResult(
        tool="latency",
        status=ToolStatus.OK if times.seconds or left.waiting else ToolStatus.NO_DATA,
        data=figures | {"percentile": MOST / 100, "measured": len(times.seconds)},
        facts=tuple(Fact(name, value, UNITS[name]) for name, value in figures.items() if value is not None),
        parameters={name: value for name, value in used.items() if value},
        window=window,
        rows=1,
    )


def _percentile(values: tuple[float, ...], share: int) -> float | None:
    return round(float(np.percentile(values, share)), DIGITS) if values else None
