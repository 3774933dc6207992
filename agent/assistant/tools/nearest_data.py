"""Where a window is empty: the nearest day that has what was looked for."""

from dataclasses import replace
from typing import Any

from agent.assistant.answer import rfc3339
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.windows.calendar import Calendar, next_start
from storage.queries.nearest import nearest_captured
from storage.queries.selection import Selection
from storage.records import Window

OF_INSPECTIONS = {"count_anomalies", "list_anomalies", "trend", "top_sources", "compare", "hotspots", "report"}
NAMES = ("excluded_sources", "labels", "excluded_labels", "defect_classes", "detectors")


def with_nearest(context: ToolContext, result: ToolResult) -> ToolResult:
    """Add to a result without data when the nearest image was captured, or anomaly where images were judged."""
    if result.tool not in OF_INSPECTIONS or result.status is not ToolStatus.NO_DATA or result.window is None:
        return result
    if result.parameters.get("offset") or result.parameters.get("kind") == "missed":
        return result
    has_images = bool(result.data.get("judged"))
    with context.database.reading() as session:
        found = nearest_captured(
            session,
            selection=_selection(context, result, has_images=has_images),
            window=result.window,
            now=context.now,
            only_anomalies=has_images,
        )
    if found is None:
        return result
    calendar = Calendar(found, result.window.time_zone)
    day = calendar.days(calendar.today, next_start(calendar.today, "day"))
    window = Window(day.start, min(day.end, context.now), day.time_zone)
    nearest = {
        "what": "anomaly" if has_images else "image",
        "captured_at": rfc3339(found),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
    }
    return replace(result, data=result.data | {"nearest": nearest})


def _selection(context: ToolContext, result: ToolResult, *, has_images: bool) -> Selection:
    """Return what was looked for; images are looked for without what only anomalies have."""
    used = result.parameters
    names: dict[str, Any] = {name: tuple(used.get(name, ())) for name in NAMES}
    if not has_images:
        names |= {"labels": (), "excluded_labels": (), "defect_classes": ()}
    return Selection(
        sources=tuple(used.get("sources", ())) or context.allowed,
        attributes=dict(used.get("attributes", {})),
        min_ratio=used.get("min_ratio") if has_images else None,
        min_score=used.get("min_score") if has_images else None,
        **names,
    )
