"""What a tool gave as CSV: its rows, safe to be opened as a spreadsheet."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.assistant.tools.result import ToolResult
from agent.reports.table_file import guarded

# Tools that tell of one thing: whatever lists it has are a part of it.
ONE = {"get_anomaly", "find_image"}
# Where two sides are compared, each is a row.
SIDES = ("first", "second")


def rows_of(result: ToolResult) -> list[Mapping[str, Any]]:
    """Return a result's longest list of rows; where it has none, its figures as one row."""
    if result.tool in ONE:
        return [result.data] if result.data else []
    sides = [side for name in SIDES if isinstance(side := result.data.get(name), dict)]
    if len(sides) == len(SIDES):
        return [{"side": name} | side for name, side in zip(SIDES, sides, strict=True)]
    lists = [value for value in result.data.values() if isinstance(value, list) and _is_table(value)]
    if lists:
        longest: list[Mapping[str, Any]] = max(lists, key=len)
        return longest
    figures = {name: value for name, value in result.data.items() if not isinstance(value, (dict, list))}
    return [figures] if figures else []


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows with a line of names; nested values are JSON, nothing is a formula."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([guarded(name) for name in columns])
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return buffer.getvalue()


def _is_table(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(row, dict) for row in value)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, (dict, list, tuple)):
        return guarded(json.dumps(value, ensure_ascii=False))
    return guarded(value) if isinstance(value, str) else value
