import csv
import io
from dataclasses import replace

import pytest

from agent.reports.table_file import as_csv, guarded
from storage.queries.report_figures import FIGURES, figures_of
from tests.unit.agent.reports.conftest import Make


def test_holds_every_figure_of_every_source_and_in_total(make: Make) -> None:
    made = make("day")

    lines = list(csv.DictReader(io.StringIO(as_csv(made), newline="")))

    assert [line["source"] for line in lines] == ["line-1", "line-2", "press", "(total)"]
    assert lines[0]["from"] == "2026-03-28T23:00:00Z"
    for line, row in zip(lines, (*made.report.rows, made.report.total), strict=True):
        shown = {figure.name: line[figure.name] for figure in FIGURES}
        assert shown == {name: "" if value is None else str(value) for name, value in figures_of(row).items()}
    assert lines[2]["detectors"] == "press@1 press@2"


@pytest.mark.parametrize("start", "=+-@\t\r\n")
def test_takes_the_sting_out_of_formulas(start: str) -> None:
    assert guarded(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert guarded("line-1") == "line-1"


def test_guards_the_names_of_sources_and_detectors(make: Make) -> None:
    made = make("day", sources=("line-1",))
    (row,) = made.report.rows
    versions = tuple(replace(use, version=replace(use.version, name="=1+1@1")) for use in made.report.versions)
    report = replace(made.report, rows=(replace(row, source="=1+1"),), versions=versions)

    (line, _) = csv.DictReader(io.StringIO(as_csv(replace(made, report=report)), newline=""))

    assert line["source"] == "'=1+1"
    assert line["detectors"].startswith("'=1+1@1")
