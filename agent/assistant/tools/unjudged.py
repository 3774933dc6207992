"""list_unjudged and find_image: which images nothing judged, and why; and one image by its file's name."""

from collections import Counter
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import FindImage, ListUnjudged
from storage.queries.outages import not_judged
from storage.queries.unjudged import NEWEST_FRAMES, NamedFrame, count_unjudged, frame_called, unjudged_frames
from storage.records import FrameState, Window

ENDS = {FrameState.REJECTED: "rejected", FrameState.DROPPED: "dropped", FrameState.DEAD_LETTER: "given_up"}


def list_unjudged(context: ToolContext, wanted: ListUnjudged) -> ToolResult:
    """List images that ended without being judged, newest first, with the reasons of all; raise ToolError."""
    limit = context.limit(wanted.limit)
    with context.database.reading() as session:
        chosen = context.chosen_sources(session, wanted.sources)
        named = chosen or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window
        sources = tuple(one for one in context.visible_sources(session) if chosen is None or one in chosen)
        counts = count_unjudged(session, window=window, sources=sources)
        frames = unjudged_frames(session, window=window, sources=sources, limit=limit)
        faults = Counter[str]()
        for one in not_judged(session, window=window, now=context.now, sources=sources):
            faults[one.kind] += one.frames
    by_state = Counter[str]()
    for (state, _), count in counts.items():
        by_state[ENDS[FrameState(state)]] += count
    faulted = sum(faults.values())
    figures = {name: by_state[name] for name in ENDS.values()} | {"not_judged": faulted}
    return ToolResult(
        tool="list_unjudged",
        status=ToolStatus.OK if any(figures.values()) else ToolStatus.NO_DATA,
        data={
            **figures,
            "reasons": [
                {"state": ENDS[FrameState(state)], "reason": reason, "frames": count}
                for (state, reason), count in sorted(counts.items(), key=lambda pair: -pair[1])
            ],
            "faults": [{"fault": kind, "frames": count} for kind, count in faults.most_common() if count],
            "shown": len(frames),
            "images": [_row(one) for one in frames],
        },
        facts=tuple(Fact(name, value, "frames") for name, value in figures.items()),
        parameters=_used(window, named, limit),
        window=window,
        rows=len(frames),
    )


def find_image(context: ToolContext, wanted: FindImage) -> ToolResult:
    """Find the newest image whose file is called so: what became of it, and its inspection; raise ToolError."""
    with context.database.reading() as session:
        sources = tuple(context.visible_sources(session))
        found = frame_called(session, wanted.file, sources=sources, now=context.now)
    parameters = {"file": plain(wanted.file)}
    if found is None:
        message = f"No image called {plain(wanted.file)!r} is among the newest {NEWEST_FRAMES:,}."
        return ToolResult("find_image", ToolStatus.NO_DATA, parameters=parameters, message=message)
    zone = context.settings.zone_of(found.source)
    return ToolResult(
        tool="find_image",
        status=ToolStatus.OK,
        data=_row(found) | {"time_zone": zone},
        ids=() if found.inspection_id is None else (f"A-{found.inspection_id}",),
        parameters=parameters,
        window=Window(found.captured_at, found.captured_at, zone),
        rows=1,
    )


def _row(one: NamedFrame) -> dict[str, Any]:
    return {
        "file": plain(one.name),
        "source": one.source,
        "captured_at": rfc3339(one.captured_at),
        "state": ENDS.get(one.state, str(one.state)),
        "reason": one.reason,
        "id": None if one.inspection_id is None else f"A-{one.inspection_id}",
    }


def _used(window: Window, named: tuple[str, ...], limit: int) -> dict[str, Any]:
    return {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
        "limit": limit,
    }
