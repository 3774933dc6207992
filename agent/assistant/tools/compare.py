"""compare: two sides counted alike, and the change from the first to the second."""

from typing import Any

from agent.assistant.answer import Fact
from agent.assistant.tools.arguments import Compare, Filtered
from agent.assistant.tools.context import ToolContext, ToolError
from agent.assistant.tools.figures import UNITS, count_figures, facts_of, rounded
from agent.assistant.tools.filters import Chosen, choose, count_looked_at, parameters
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.database import Session
from storage.queries.counting import count_inspections

OTHERS = ("window", "sources", "detectors", "defect_classes", "attributes")


def compare(context: ToolContext, wanted: Compare) -> ToolResult:
    """Count two sides and tell how the second differs from the first; raise ToolError."""
    given = {name: getattr(wanted, f"other_{name}") for name in OTHERS}
    others = {name: value for name, value in given.items() if value}
    if not others:
        names = ", ".join(f"other_{name}" for name in OTHERS)
        raise ToolError(f"A comparison needs a second side: give one of {names}.")
    filters = {name: getattr(wanted, name) for name in Filtered.model_fields}
    with context.database.reading() as session:
        first = choose(session, context, Filtered(**filters))
        second = choose(session, context, Filtered(**filters | others))
        sides = [_figures(session, first), _figures(session, second)]
    measure = wanted.measure
    before, after = sides[0].get(measure), sides[1].get(measure)
    difference, change = _changed(before, after)
    facts = tuple(fact for number, side in enumerate(sides, 1) for fact in facts_of(side, str(number)))
    unit = UNITS.get(measure, "")
    is_empty = not any(side["inspections"] for side in sides)
    return ToolResult(
        tool="compare",
        status=ToolStatus.NO_DATA if is_empty else ToolStatus.OK,
        data={
            "measure": measure,
            "first": sides[0] | {"looked_at": parameters(first)},
            "second": sides[1] | {"looked_at": parameters(second)},
            "difference": difference,
            "change_share": change,
        },
        facts=(
            *facts,
            Fact("difference", difference, unit),
            Fact("change", change, f"share of the first side's {measure}"),
        ),
        parameters=_parameters(first, second, others) | {"measure": measure},
        window=first.window,
        rows=len(sides),
    )


def _figures(session: Session, chosen: Chosen) -> dict[str, Any]:
    counts = count_inspections(session, selection=chosen.selection)
    looked_at = count_looked_at(session, chosen, counts)
    return count_figures(counts, looked_at) | {"inspections": looked_at.inspections}


def _changed(before: float | None, after: float | None) -> tuple[float | None, float | None]:
    """Return the difference, and the difference as a share of the first; None where they cannot be told."""
    if before is None or after is None:
        return None, None
    difference = after - before
    return round(difference, 6), rounded(difference / before) if before else None


def _parameters(first: Chosen, second: Chosen, others: dict[str, Any]) -> dict[str, Any]:
    """Return the first side's parameters, and of the second what was put in their place."""
    other = parameters(second)
    named = {f"other_{name}": other[name] for name in others if name in other}
    return parameters(first) | named | ({"other_time_zone": other["time_zone"]} if "window" in others else {})
