"""What is shown while a tool runs: what it does and where it looks, in the words of its arguments."""

from typing import Any

from agent.assistant.tools.context import plain

ASKING = "asking the language model ..."
CHECKING = "checking every figure ..."
AGAIN = "having it said again ..."
DOINGS = {
    "count_anomalies": "counting anomalies",
    "list_anomalies": "looking up anomalies",
    "get_anomaly": "looking it up",
    "trend": "following them along time",
    "top_sources": "ranking sources",
    "detector_status": "looking at detectors",
    "list_incidents": "looking up incidents",
    "what_if": "trying another threshold",
    "compare": "comparing",
    "similar": "looking for others like it",
    "label_counts": "counting labels",
    "hotspots": "looking where on the part they are",
    "latency": "looking at delays",
    "list_silences": "looking up silences",
    "list_outages": "looking up outages",
    "list_unjudged": "looking what was not judged",
    "find_image": "looking for the image",
    "versions": "looking up versions",
    "misses": "looking for misses",
    "coverage": "looking what is known",
    "changes": "looking who changed what",
    "report": "making the report",
}
SHOWN_NAME = 40
MOST_NAMES = 3


def doing(tool: str, arguments: dict[str, Any]) -> str:
    """Return a status such as `counting anomalies on line-1, yesterday ...`."""
    words = DOINGS.get(tool, tool.replace("_", " "))
    sources = [plain(str(name), most=SHOWN_NAME) for name in arguments.get("sources") or ()]
    place = (
        f" on {', '.join(sources[:MOST_NAMES])}{' and others' if len(sources) > MOST_NAMES else ''}" if sources else ""
    )
    when = f", {plain(str(arguments['window']), most=SHOWN_NAME)}" if arguments.get("window") else ""
    return f"{words}{place}{when} ..."
