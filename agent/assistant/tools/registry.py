"""Every tool by its name, and the one way to run one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from agent.assistant.answer import ToolUse
from agent.assistant.tools.arguments import (
    Arguments,
    Compare,
    CountAnomalies,
    DetectorStatus,
    GetAnomaly,
    Hotspots,
    LabelCounts,
    ListAnomalies,
    ListIncidents,
    Similar,
    TopSources,
    TrendArguments,
    WhatIfThreshold,
)
from agent.assistant.tools.changes import list_changes
from agent.assistant.tools.compare import compare
from agent.assistant.tools.context import ToolContext, ToolError
from agent.assistant.tools.counting import count_anomalies
from agent.assistant.tools.coverage import tell_coverage
from agent.assistant.tools.detectors import detector_status
from agent.assistant.tools.hotspots import hotspots
from agent.assistant.tools.incidents import list_found_incidents
from agent.assistant.tools.label_counts import label_counts
from agent.assistant.tools.latency import tell_latency
from agent.assistant.tools.listing import get_anomaly, list_found
from agent.assistant.tools.misses import tell_misses
from agent.assistant.tools.nearest_data import with_nearest
from agent.assistant.tools.outages import list_stops
from agent.assistant.tools.ranking import top_sources
from agent.assistant.tools.report import tell_report
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.silences import list_kept_quiet
from agent.assistant.tools.similar import similar
from agent.assistant.tools.trends import tell_trend
from agent.assistant.tools.unjudged import find_image, list_unjudged
from agent.assistant.tools.versions import list_detector_versions
from agent.assistant.tools.watch_arguments import (
    Changes,
    Coverage,
    FindImage,
    Latency,
    ListOutages,
    ListSilences,
    ListUnjudged,
    Misses,
    ReportArguments,
    Versions,
)
from agent.assistant.tools.whatif import compare_threshold

A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name, its arguments (whose docstring describes it), and what runs."""

    name: str
    arguments: type[Arguments]
    run: Callable[[ToolContext, Any], ToolResult]

    @property
    def description(self) -> str:
        """What the tool does, for a language model."""
        return " ".join((self.arguments.__doc__ or "").split())


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("count_anomalies", CountAnomalies, count_anomalies),
        Tool("list_anomalies", ListAnomalies, list_found),
        Tool("get_anomaly", GetAnomaly, get_anomaly),
        Tool("trend", TrendArguments, tell_trend),
        Tool("top_sources", TopSources, top_sources),
        Tool("detector_status", DetectorStatus, detector_status),
        Tool("list_incidents", ListIncidents, list_found_incidents),
        Tool("what_if", WhatIfThreshold, compare_threshold),
        Tool("compare", Compare, compare),
        Tool("similar", Similar, similar),
        Tool("label_counts", LabelCounts, label_counts),
        Tool("hotspots", Hotspots, hotspots),
        Tool("list_silences", ListSilences, list_kept_quiet),
        Tool("list_outages", ListOutages, list_stops),
        Tool("list_unjudged", ListUnjudged, list_unjudged),
        Tool("find_image", FindImage, find_image),
        Tool("versions", Versions, list_detector_versions),
        Tool("misses", Misses, tell_misses),
        Tool("coverage", Coverage, tell_coverage),
        Tool("latency", Latency, tell_latency),
        Tool("changes", Changes, list_changes),
        Tool("report", ReportArguments, tell_report),
    )
}


def run_tool(context: ToolContext, name: str, arguments: dict[str, Any]) -> ToolResult:
    """Run a tool; a wrong name, argument or value is a result with status error that says what would be right."""
    tool = TOOLS.get(name)
    if tool is None:
        return _failed(name, f"There is no tool {name[:40]!r}; tools: {', '.join(TOOLS)}.")
    try:
        return with_nearest(context, tool.run(context, tool.arguments.model_validate(arguments)))
    except ValidationError as error:
        return _failed(name, _first_problem(error))
    except ToolError as error:
        return _failed(name, str(error))


def use_of(result: ToolResult) -> ToolUse:
    """Return how a call stands in the answer's JSON."""
    return ToolUse(result.tool, result.parameters, str(result.status), result.rows)


def _failed(name: str, message: str) -> ToolResult:
    return ToolResult(name, ToolStatus.ERROR, message=message)


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the arguments"
    return f"Argument {where}: {first['msg']}."
