"""similar: the anomalies on record that look most like one."""

import numpy as np

from agent.assistant.answer import Fact
from agent.assistant.tools.alike import cosines_of_worst
from agent.assistant.tools.arguments import Similar
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.listing import inspection_id_of
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.rows import inspection_row
from storage.database import Session
from storage.queries.inspections import get_inspection, inspections_by_id
from storage.queries.likeness import likeness_by_id, vectors_of_anomalies
from storage.records import Inspection, Likeness

MOST_COMPARED = 50_000
DIGITS = 4


def similar(context: ToolContext, wanted: Similar) -> ToolResult:
    """Find the anomalies most like one, the most alike first; raise ToolError."""
    inspection_id = inspection_id_of(wanted.id)
    shown, limit = f"A-{inspection_id}", context.limit(wanted.limit)
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        found = get_inspection(session, inspection_id)
        if found is None or found.source not in context.visible_sources(session) or found.captured_at > context.now:
            return _nothing(shown, named, f"There is no inspection {shown}.")
        own = likeness_by_id(session, inspection_id)
        if own is None or not own.vectors or not own.regions:
            return _nothing(shown, named, f"The detector stored no vectors of {shown} to compare with.")
        alike, compared = _most_alike(session, context, own, sources, limit)
        rows = inspections_by_id(session, [one for one, _ in alike])
    listed = [inspection_row(rows[one]) | {"similarity": cosine} for one, cosine in alike]
    ids = tuple(f"A-{one}" for one, _ in alike)
    return ToolResult(
        tool="similar",
        status=ToolStatus.OK if listed else ToolStatus.NO_DATA,
        data={"id": shown, "source": found.source, "compared": compared, "time_zone": _zone(context, found)}
        | {"alike": listed},
        facts=(
            Fact("compared", compared, "inspections"),
            *(Fact(f"similarity[A-{one}]", cosine, "cosine") for one, cosine in alike),
        ),
        ids=ids,
        parameters={"id": shown, "limit": limit} | ({"sources": list(named)} if named else {}),
        rows=len(listed),
        message="" if listed else f"There is no other anomaly to compare {shown} with.",
    )


def _most_alike(
    session: Session, context: ToolContext, own: Likeness, sources: tuple[str, ...] | None, limit: int
) -> tuple[list[tuple[int, float]], int]:
    """Return ids with cosines, the most alike first, and how many were compared."""
    candidates = vectors_of_anomalies(
        session, embedding_space=own.embedding_space, before=context.now, limit=MOST_COMPARED, sources=sources
    )
    others = [one for one in candidates if one[0] != own.inspection_id]
    cosines = cosines_of_worst(own.vectors, own.regions, [vectors for _, vectors in others])
    nearest = np.argsort(-cosines, kind="stable")[:limit]
    return [(others[place][0], round(float(cosines[place]), DIGITS)) for place in nearest], len(others)


def _nothing(shown: str, named: tuple[str, ...], message: str) -> ToolResult:
    used = {"id": shown} | ({"sources": list(named)} if named else {})
    return ToolResult("similar", ToolStatus.NO_DATA, parameters=used, message=message)


def _zone(context: ToolContext, found: Inspection) -> str:
    return context.settings.zone_of(found.source)
