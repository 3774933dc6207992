"""Keys that have another name now: the old one is still read, with a word about it."""

import sys
from collections.abc import Mapping
from typing import Any

# Old name to new name, from the top with dots; `*` stands for the name of a source.
RENAMED: Mapping[str, str] = {}


def follow_renames(values: dict[str, Any], renamed: Mapping[str, str] = RENAMED) -> list[str]:
    """Put what stands under an old name under its new one, unless that is set too; return a sentence for each."""
    said = []
    for old, new in renamed.items():
        for places in _places(values, old.split(".")):
            target = [place if part == "*" else part for part, place in zip(new.split("."), places, strict=False)]
            target += new.split(".")[len(target) :]
            value = _take(values, places)
            is_set = _set_default(values, target, value)
            shown, shown_new = ".".join(places), ".".join(target)
            end = "it is read as that: please change it." if is_set else "that is set too, and wins."
            said.append(f"Setting {shown} is now called {shown_new}; {end}")
    return said


def say(sentences: list[str]) -> None:
    """Print sentences for whoever keeps the settings; standard output is left to scripts."""
    for sentence in sentences:
        print(f"oddspot: {sentence}", file=sys.stderr)  # noqa: T201 - a command's warning


def _places(values: Any, parts: list[str]) -> list[list[str]]:
    """Return every place that a name with `*` in it stands for, as far as it is set."""
    if not parts:
        return [[]]
    if not isinstance(values, dict):
        return []
    keys = [key for key in values if parts[0] in {"*", str(key)}]
    return [[key, *rest] for key in keys for rest in _places(values[key], parts[1:])]


def _take(values: dict[str, Any], places: list[str]) -> Any:
    for place in places[:-1]:
        values = values[place]
    return values.pop(places[-1])


def _set_default(values: dict[str, Any], places: list[str], value: Any) -> bool:
    for place in places[:-1]:
        inner = values.get(place)
        if not isinstance(inner, dict):
            inner = values[place] = {}
        values = inner
    if places[-1] in values:
        return False
    values[places[-1]] = value
    return True
