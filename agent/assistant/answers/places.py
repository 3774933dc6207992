"""Where on the part anomalies fall, in words."""

from agent.assistant.answers.counts import no_data, not_judged
from agent.assistant.answers.phrases import counted, joined, number, percent, searched
from agent.assistant.tools.result import ToolResult, ToolStatus


def tell_places(result: ToolResult, _: str | None = None) -> str:
    """Tell the places, the fullest first."""
    data = result.data
    if result.status is ToolStatus.NO_DATA:
        if data.get("unplaced"):
            flagged = counted(data["unplaced"], "anomaly has", "anomalies have")
            return no_data(result, f"{flagged} no region on record, so nobody knows where they lie:")
        return no_data(result, "no anomaly" if data.get("judged") else "no image was inspected")
    rows = [row for row in data["places"] if row["anomalies"]]
    first = rows[0]
    head = (
        f"Most anomalies lie at the {first['place']} of the image: {number(first['anomalies'])} of "
        f"{number(data['placed'])} ({percent(first['share'])}) {searched(result)}."
    )
    lines = [f"- {row['place']}: {number(row['anomalies'])} ({percent(row['share'])})" for row in rows]
    notes = [f"The worst there: {joined(data['worst'])}."] if data["worst"] else []
    if data["unplaced"]:
        notes.append(f"{counted(data['unplaced'], 'anomaly has', 'anomalies have')} no region on record.")
    if data["sizes_estimated"]:
        notes.append(
            f"The image's size is not on record for {number(data['sizes_estimated'])} of them; "
            "how far their source's regions reach stands for it."
        )
    return "\n".join([head, *lines, *notes, *([not_judged(data).strip()] if not_judged(data) else [])])
