"""Numbers, times and filters in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent.assistant.tools.result import ToolResult
from storage.records import Window

WHOLE_PERCENT = 100
TENS = 10


def number(value: float) -> str:
    """Return a number with thousands apart."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 anomaly`, `2 anomalies`."""
    return f"{number(value)} {one if value == 1 else many or f'{one}s'}"


def percent(share: float | None) -> str:
    """Return a share in percent."""
    if share is None:
        return "no figure"
    value = share * 100
    return f"{value:,.0f} %" if abs(value) >= WHOLE_PERCENT else f"{value:.3g} %"


def seconds(value: float) -> str:
    """Return a duration's number with as many digits as it can bear."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if value < TENS else f"{value:,.1f}"


def moment(text: str | datetime, zone: str) -> str:
    """Return a moment as a clock in a zone shows it."""
    stamp = datetime.fromisoformat(text) if isinstance(text, str) else text
    return stamp.astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y %H:%M")


def span(window: Window | None) -> str:
    """Return a window in its own zone."""
    if window is None:
        return "at any time"
    return f"{moment(window.start, window.time_zone)} to {moment(window.end, window.time_zone)} ({window.time_zone})"


def joined(names: Sequence[str], word: str = "and") -> str:
    """Return names in a row: `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}" if names else ""


def searched(result: ToolResult) -> str:
    """Return what a result looked at: sources, filters and window."""
    words = [*where(result.parameters), span(result.window)]
    return ", ".join([" ".join(words[:-1]), words[-1]] if words[:-1] else words)


def where(parameters: dict[str, Any]) -> list[str]:
    """Return the filters of a result in words."""
    sources: list[str] = parameters.get("sources", [])
    words = [f"on {joined(sources)}" if sources else "on all sources"]
    if parameters.get("excluded_sources"):
        words.append(f"except {joined(parameters['excluded_sources'])}")
    if parameters.get("defect_classes"):
        words.append(f"of class {joined(parameters['defect_classes'], 'or')}")
    if parameters.get("labels"):
        words.append(joined([_label(label) for label in parameters["labels"]], "or"))
    if parameters.get("excluded_labels"):
        words.append(f"without {joined([label.replace('_', ' ') for label in parameters['excluded_labels']])}")
    if parameters.get("detectors"):
        words.append(f"by {joined(parameters['detectors'])}")
    words += [f"with {key} {value}" for key, value in parameters.get("attributes", {}).items()]
    if parameters.get("min_ratio"):
        words.append(f"at least {parameters['min_ratio']:g} times the threshold")
    if parameters.get("min_score"):
        words.append(f"with a score of at least {parameters['min_score']:g}")
    return words


def _label(label: str) -> str:
    return "not labelled yet" if label == "unlabelled" else f"labelled {label.replace('_', ' ')}"
