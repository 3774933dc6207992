"""count_anomalies: how many, told apart, and on wish in groups."""

from typing import Any

from agent.assistant.tools.arguments import CountAnomalies, GroupName
from agent.assistant.tools.context import ToolContext, ToolError, plain
from agent.assistant.tools.figures import FRAMES, count_figures, facts_of, frame_figures
from agent.assistant.tools.filters import Chosen, choose, count_looked_at, parameters
from agent.assistant.tools.groups import NOTHING, grouped
from agent.assistant.tools.names import exact, nearest
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.database import Session
from storage.queries.counting import count_frames, count_frames_by_source, count_inspections
from storage.queries.results import FrameCounts, GroupCounts
from storage.queries.vocabulary import attribute_keys
from storage.repositories.sources import list_sources

SPANS = {"hour", "day", "week", "month"}
# What has no such value stands last: nobody asks for the worst lot to be told `none`.
NAMELESS = {NOTHING["defect_class"], NOTHING["attribute"]}
GROUP_FACTS = ("anomalies", "confirmed", "false_alarms", "unsure", "unlabelled", "judged", "false_alarm_rate")
MOST_WHOLE = 62
MORE_FACTS = ("missed", "not_judged", "anomaly_rate", "false_alarm_share", *FRAMES)


def count_anomalies(context: ToolContext, wanted: CountAnomalies) -> ToolResult:
    """Count a selection's anomalies, and everything they must be told apart from; raise ToolError."""
    with context.database.reading() as session:
        chosen = choose(session, context, wanted)
        counts = count_inspections(session, selection=chosen.selection)
        looked_at = count_looked_at(session, chosen, counts)
        frames = _frames(session, chosen)
        groups, attribute = _groups(session, context, wanted, chosen)
        of_sources = _frames_of_sources(session, chosen) if wanted.group_by == "source" and frames is not None else {}
    figures = count_figures(counts, looked_at)
    data: dict[str, Any] = dict(figures)
    if frames is not None:
        data |= frame_figures(frames)
    facts = facts_of(data)
    used = parameters(chosen)
    if wanted.group_by is not None:
        used |= {"group_by": wanted.group_by} | ({"attribute": attribute} if attribute else {})
        data["groups"] = [
            _group_figures(wanted.group_by, group) | _frame_figures_of(of_sources, group) for group in groups
        ]
        for shown in data["groups"]:
            names = tuple(name for name in _fact_names(wanted.group_by, len(groups)) if name in shown)
            facts += facts_of({name: shown[name] for name in names}, shown["key"])
    is_empty = looked_at.inspections == 0 and (frames is None or frames.received == 0)
    return ToolResult(
        tool="count_anomalies",
        status=ToolStatus.NO_DATA if is_empty else ToolStatus.OK,
        data=data,
        facts=facts,
        parameters=used,
        window=chosen.window,
        rows=len(groups) if wanted.group_by else 1,
    )


def _groups(
    session: Session, context: ToolContext, wanted: CountAnomalies, chosen: Chosen
) -> tuple[list[GroupCounts], str]:
    if wanted.group_by is None:
        return [], ""
    attribute = ""
    if wanted.group_by == "attribute":
        attribute = _attribute(session, wanted.attribute)
    limit = context.limit(wanted.limit)
    rows = grouped(session, context, chosen.selection, wanted.group_by, attribute=attribute, limit=limit)
    rows = sorted(rows, key=lambda row: -row.counts.anomalies) if wanted.sort == "most" else rows
    return sorted(rows, key=lambda row: row.key in NAMELESS), attribute


def _group_figures(group_by: GroupName, group: GroupCounts) -> dict[str, Any]:
    figures = {"key": plain(group.key or ""), **count_figures(group.counts)}
    return figures | ({"inspections": group.counts.inspections} if group_by == "verdict" else {})


def _frame_figures_of(of_sources: dict[str, FrameCounts], group: GroupCounts) -> dict[str, Any]:
    """Return what came of the frames of a source; nothing where frames are not told apart."""
    return frame_figures(of_sources[group.key or ""]) if (group.key or "") in of_sources else {}


def _frames_of_sources(session: Session, chosen: Chosen) -> dict[str, FrameCounts]:
    """Count the frames of each source, by its name."""
    found = count_frames_by_source(session, window=chosen.selection.window or chosen.window)
    return {source.name: found[source.id] for source in list_sources(session) if source.id in found}


def _fact_names(group_by: GroupName, groups: int) -> tuple[str, ...]:
    """Return what is told of every group; of many spans of time only the anomalies."""
    if group_by == "verdict":
        return ("inspections",)
    return ("anomalies",) if group_by in SPANS and groups > MOST_WHOLE else GROUP_FACTS + MORE_FACTS


def _attribute(session: Session, said: str | None) -> str:
    known = attribute_keys(session)
    found = exact(said or "", known)
    if found is None:
        there = ", ".join(nearest(said or "", known)) or "none"
        raise ToolError(f"There is no attribute {plain(said or '')!r}; the frames have: {there}.")
    return found


def _frames(session: Session, chosen: Chosen) -> FrameCounts | None:
    """Count frames where only window and source narrow the question: a rejected frame has nothing else."""
    selection = chosen.selection
    narrowed = (selection.labels, selection.defect_classes, selection.detectors, selection.attributes)
    least = (selection.min_ratio, selection.min_score)
    if any(narrowed) or selection.excluded_sources or any(one is not None for one in least):
        return None
    return count_frames(session, window=selection.window, sources=selection.sources)
