"""hotspots: where on the part anomalies fall."""

from agent.assistant.answer import Fact
from agent.assistant.tools.arguments import Hotspots
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.figures import count_figures, rounded
from agent.assistant.tools.filters import choose, count_looked_at, parameters
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.queries.counting import count_inspections
from storage.queries.places import places_of

CELLS = {
    "top left": (0, 0), "top": (0, 1), "top right": (0, 2),
    "left": (1, 0), "middle": (1, 1), "right": (1, 2),
    "bottom left": (2, 0), "bottom": (2, 1), "bottom right": (2, 2),
}  # fmt: skip
WORST_SHOWN = 3
UNIT = "inspections"


def hotspots(context: ToolContext, wanted: Hotspots) -> ToolResult:
    """Count anomalies by their place in the image, the fullest first, with the worst ones there; raise ToolError."""
    with context.database.reading() as session:
        chosen = choose(session, context, wanted)
        places = places_of(session, selection=chosen.selection)
        counts = count_inspections(session, selection=chosen.selection)
        looked_at = count_looked_at(session, chosen, counts)
    sizes = {name: len(places.cells.get(cell, ())) for name, cell in CELLS.items()}
    ordered = sorted(CELLS, key=lambda name: -sizes[name])
    worst = places.cells.get(CELLS[ordered[0]], [])[:WORST_SHOWN]
    placed = sum(sizes.values())
    is_empty = not placed
    rows = [
        {"place": name, "anomalies": number, "share": rounded(number / placed) if placed else None}
        for name in ordered
        for number in (sizes[name],)
    ]
    ids = tuple(f"A-{one}" for one in worst)
    figures = count_figures(counts, looked_at)
    return ToolResult(
        tool="hotspots",
        status=ToolStatus.NO_DATA if is_empty else ToolStatus.OK,
        data={
            **figures,
            "placed": placed,
            "unplaced": places.unplaced,
            "sizes_estimated": places.estimated,
            "places": rows,
            "worst": list(ids),
        },
        facts=(
            Fact("anomalies", counts.anomalies, UNIT),
            Fact("unplaced", places.unplaced, UNIT),
            Fact("judged", looked_at.judged, UNIT),
            *(Fact(f"anomalies[{row['place']}]", row["anomalies"], UNIT) for row in rows),
        ),
        ids=ids,
        parameters=parameters(chosen),
        window=chosen.window,
        rows=sum(1 for row in rows if row["anomalies"]),
    )
