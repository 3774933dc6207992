"""coverage: what there is to ask about."""

from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import Coverage
from storage.queries.coverage import SourceCoverage, coverage_by_source, known_words
from storage.records import Window

EXAMPLES = 6


def tell_coverage(context: ToolContext, wanted: Coverage) -> ToolResult:
    """Tell sources, first and last image, defect classes and attributes; raise ToolError."""
    with context.database.reading() as session:
        chosen = context.chosen_sources(session, wanted.sources)
        named = chosen or () if wanted.sources else ()
        sources = tuple(one for one in context.visible_sources(session) if chosen is None or one in chosen)
        found = coverage_by_source(session, now=context.now, sources=sources)
        known = known_words(session, now=context.now, sources=sources)
    limit = context.settings.assistant.row_limit
    attributes = {plain(key): [plain(value) for value in values] for key, values in known.attributes.items()}
    inspections = sum(one.inspections for one in found)
    moments = [moment for one in found for moment in (one.first, one.last) if moment]
    zone = context.zone(named)
    window = Window(min(moments), max(moments), zone) if moments else None
    ends = {"first": rfc3339(window.start), "last": rfc3339(window.end)} if window else {}
    data: dict[str, Any] = {
        "inspections": inspections,
        "source_count": len(found),
        **ends,
        "time_zone": zone,
        "sources": [_row(one) for one in found[:limit]],
        "defect_classes": [plain(name) for name in known.defect_classes[:limit]],
        "attributes": dict(list(attributes.items())[:limit]),
        "examples": [f"{key} {value}" for key, values in attributes.items() for value in values][:EXAMPLES],
    }
    return ToolResult(
        tool="coverage",
        status=ToolStatus.OK if inspections else ToolStatus.NO_DATA,
        data=data,
        facts=(
            *(Fact(name, moment, "RFC 3339") for name, moment in ends.items()),
            Fact("inspections", inspections, "inspections"),
            Fact("sources", len(found), "sources"),
            *(Fact(f"inspections[{one.source}]", one.inspections, "inspections") for one in found[:limit]),
        ),
        parameters={"sources": list(named)} if named else {},
        window=window,
        rows=min(len(found), limit),
    )


def _row(one: SourceCoverage) -> dict[str, Any]:
    return {
        "source": one.source,
        "inspections": one.inspections,
        "first": rfc3339(one.first) if one.first else None,
        "last": rfc3339(one.last) if one.last else None,
    }
