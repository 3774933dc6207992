"""What looks alike, in words."""

from agent.assistant.answers.lists import row_text
from agent.assistant.answers.phrases import counted
from agent.assistant.tools.result import ToolResult, ToolStatus


def tell_similar(result: ToolResult, _: str | None = None) -> str:
    """Tell the anomalies most like one."""
    if result.status is ToolStatus.NO_DATA:
        return f"No data: {result.message[0].lower()}{result.message[1:]}"
    data = result.data
    places = result.parameters.get("sources", [])
    where = f" on {', '.join(places)}" if places else ""
    head = (
        f"Most like {data['id']} on {data['source']}, by the cosine of what the detector saw, "
        f"among {counted(data['compared'], 'other anomaly', 'other anomalies')}{where} (times in {data['time_zone']}):"
    )
    return "\n".join([head, *(f"- {row['similarity']:g}: {row_text(row, data['time_zone'])}" for row in data["alike"])])
