"""label_counts: what people said, by whom, of which class, and how much of it was a false alarm."""

from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.arguments import LabelCounts
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.figures import rounded
from agent.assistant.tools.filters import known_name, seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.queries.standing_labels import LabelGroup, LabelGroupCounts, count_standing_labels, label_authors
from storage.records import LabelKind

NOTHING = {LabelGroup.DEFECT_CLASS: "no class"}
UNIT = "labels"
SHARE = "share of labels that say defect or false alarm"


def label_counts(context: ToolContext, wanted: LabelCounts) -> ToolResult:
    """Count the labels that stand, on wish in groups; raise ToolError."""
    group = LabelGroup(wanted.by)
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window
        person = wanted.person and known_name("person", wanted.person, label_authors(session))
        chosen: dict[str, Any] = {"window": seen(window, context.now), "now": context.now, "sources": sources}
        whole = count_standing_labels(session, author=person, **chosen)
        groups = (
            [] if group is LabelGroup.NONE else count_standing_labels(session, group=group, author=person, **chosen)
        )
    total = _figures(whole[0] if whole else LabelGroupCounts(None))
    shown = groups[: context.limit(wanted.limit)]
    rows = [{"key": plain(one.key or NOTHING.get(group, "none")), **_figures(one)} for one in shown]
    facts = _facts(total)
    for row in rows:
        facts += _facts(row, str(row["key"]))
    used: dict[str, Any] = {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
        "by": str(group),
        "person": plain(person) if person else None,
    }
    return ToolResult(
        tool="label_counts",
        status=ToolStatus.OK if total["labels"] else ToolStatus.NO_DATA,
        data=total | ({"groups": rows, "group_count": len(groups)} if group is not LabelGroup.NONE else {}),
        facts=facts,
        parameters={name: value for name, value in used.items() if value},
        window=window,
        rows=len(rows) if groups else 1,
    )


def _figures(counts: LabelGroupCounts) -> dict[str, Any]:
    figures: dict[str, Any] = {"labels": counts.labels}
    figures |= {str(kind): counts.by_kind.get(kind, 0) for kind in LabelKind}
    return figures | {"false_alarm_share": rounded(counts.false_alarm_share)}


def _facts(figures: dict[str, Any], key: str = "") -> tuple[Fact, ...]:
    shown = f"[{key}]" if key else ""
    named = {name: value for name, value in figures.items() if name != "key" and value is not None}
    return tuple(
        Fact(f"{name}{shown}", value, SHARE if name == "false_alarm_share" else UNIT) for name, value in named.items()
    )
