"""One text from the results of a reading's tools, or of any run of tools."""

from collections.abc import Callable, Sequence

from agent.assistant.answers.compared import tell_compare
from agent.assistant.answers.counts import tell_comparison, tell_count, tell_top
from agent.assistant.answers.labels import tell_labels
from agent.assistant.answers.lists import tell_incidents, tell_list, tell_one
from agent.assistant.answers.places import tell_places
from agent.assistant.answers.reporting import tell_changes, tell_report
from agent.assistant.answers.similar import tell_similar
from agent.assistant.answers.status import tell_health, tell_status
from agent.assistant.answers.trends import tell_trend
from agent.assistant.answers.unjudged import tell_image, tell_unjudged
from agent.assistant.answers.watching import (
    tell_coverage,
    tell_latency,
    tell_misses,
    tell_outages,
    tell_silences,
    tell_versions,
)
from agent.assistant.answers.whatif import tell_what_if
from agent.assistant.reading.reading import Intent, Reading
from agent.assistant.tools.result import ToolResult, ToolStatus

TELLERS: dict[str, Callable[[ToolResult, str | None], str]] = {
    "count_anomalies": tell_count,
    "list_anomalies": tell_list,
    "get_anomaly": tell_one,
    "trend": tell_trend,
    "top_sources": tell_top,
    "detector_status": tell_status,
    "list_incidents": tell_incidents,
    "what_if": tell_what_if,
    "compare": tell_compare,
    "similar": tell_similar,
    "label_counts": tell_labels,
    "hotspots": tell_places,
    "list_silences": tell_silences,
    "list_outages": tell_outages,
    "versions": tell_versions,
    "misses": tell_misses,
    "list_unjudged": tell_unjudged,
    "find_image": tell_image,
    "coverage": tell_coverage,
    "latency": tell_latency,
    "changes": tell_changes,
    "report": tell_report,
}


def told(reading: Reading, results: Sequence[ToolResult]) -> str:
    """Tell a reading's results."""
    if reading.intent is Intent.COMPARE and len(results) > 1:
        return tell_comparison(list(results), reading.slots.figure)
    if reading.intent is Intent.HEALTH:
        return tell_health(list(results))
    if reading.intent is Intent.SUMMARY:
        return _summary(results)
    return table(results, reading.slots.figure)


def table(results: Sequence[ToolResult], figure: str | None = None) -> str:
    """Tell any results one after the other; what failed is said as it failed."""
    parts = [
        result.message if result.status is ToolStatus.ERROR else TELLERS[result.tool](result, figure)
        for result in results
    ]
    return "\n\n".join(dict.fromkeys(parts))


def _summary(results: Sequence[ToolResult]) -> str:
    counts, worst, incidents = results
    parts = [tell_count(counts)]
    if worst.status is ToolStatus.OK:
        lines = tell_list(worst).splitlines()[1:]
        parts.append("\n".join(["Worst:", *(line for line in lines if line.startswith("- "))]))
    if incidents.status is ToolStatus.OK:
        parts.append(tell_incidents(incidents))
    return "\n".join(parts)
