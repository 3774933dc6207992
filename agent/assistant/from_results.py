"""Tools' results put together to an answer: window, filters, every fact, id and call."""

from collections.abc import Sequence

from agent.assistant.answer import Answer, AnswerStatus, Fact
from agent.assistant.tools.registry import use_of
from agent.assistant.tools.result import ToolResult, ToolStatus

FILTERS = {
    "sources",
    "excluded_sources",
    "labels",
    "excluded_labels",
    "defect_classes",
    "detectors",
    "attributes",
    "min_ratio",
    "min_score",
    "states",
    "person",
}


def from_results(text: str, results: Sequence[ToolResult], *, is_pair: bool = False) -> Answer:
    """Put tools' results round a text: the first result's window and filters, every fact, id and call."""
    window = next((result.window for result in results if result.window is not None), None)
    filters = {
        name: value for result in results[:1] for name, value in result.parameters.items() if name in FILTERS and value
    }
    return Answer(
        text=text,
        status=status_of(results),
        window=window,
        filters=filters,
        facts=_facts(results, is_pair=is_pair),
        tools=tuple(use_of(result) for result in results),
        ids=tuple(dict.fromkeys(shown for result in results for shown in result.ids)),
        results=tuple(results),
    )


def status_of(results: Sequence[ToolResult]) -> AnswerStatus:
    """Return how results end a question: an error only where nothing else is there."""
    statuses = {result.status for result in results}
    if ToolStatus.OK in statuses:
        first_is_empty = results[0].status is ToolStatus.NO_DATA and results[0].tool == "count_anomalies"
        return AnswerStatus.NO_DATA if first_is_empty and len(results) > 2 else AnswerStatus.ANSWERED  # noqa: PLR2004 - a summary
    return AnswerStatus.NO_DATA if ToolStatus.NO_DATA in statuses else AnswerStatus.ERROR


def _facts(results: Sequence[ToolResult], *, is_pair: bool) -> tuple[Fact, ...]:
    """Join results' facts; a name with another value, and each side of a comparison, gets its call's number."""
    facts: dict[str, Fact] = {}
    for number, result in enumerate(results, 1):
        for fact in result.facts:
            is_other = fact.name in facts and facts[fact.name].value != fact.value
            name = f"{fact.name}[{number}]" if is_pair or is_other else fact.name
            facts.setdefault(name, Fact(name, fact.value, fact.unit))
    return tuple(facts.values())
