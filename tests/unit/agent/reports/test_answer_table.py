import csv
import io

from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.reports.answer_table import as_csv, rows_of


def test_no_cell_is_a_formula() -> None:
    rows = [{"=name": "=1+1", "b": "+x", "c": "-y", "d": "@z", "e": -3, "f": ["=1"], "g": None, "h": {"lot": "7"}}]
    names, cells = csv.reader(io.StringIO(as_csv(rows)))

    assert names == ["'=name", "b", "c", "d", "e", "f", "g", "h"]
    assert cells == ["'=1+1", "'+x", "'-y", "'@z", "-3", '["=1"]', "", '{"lot": "7"}']


def test_has_every_column_any_row_has() -> None:
    assert as_csv([{"a": 1}, {"b": 2}]).splitlines() == ["a,b", "1,", ",2"]


def test_makes_each_side_of_a_comparison_a_row() -> None:
    data = {"first": {"anomalies": 1}, "second": {"anomalies": 2}, "difference": [{"measure": "anomalies"}]}

    rows = rows_of(ToolResult("compare", ToolStatus.OK, data=data))
    assert rows == [{"side": "first", "anomalies": 1}, {"side": "second", "anomalies": 2}]


def test_takes_the_longest_list_else_the_figures() -> None:
    groups, one = [{"key": "a"}, {"key": "b"}], [{"key": "c"}]
    many = ToolResult("count_anomalies", ToolStatus.OK, data={"anomalies": 3, "groups": groups, "other": one})
    figures = ToolResult("count_anomalies", ToolStatus.OK, data={"anomalies": 3, "names": ["x"], "before": {"a": 1}})

    assert rows_of(many) == groups
    assert rows_of(figures) == [{"anomalies": 3}]
    assert rows_of(ToolResult("trend", ToolStatus.OK)) == []
