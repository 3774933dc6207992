import json

from agent.reports.as_json import as_json
from storage.queries.report_figures import FIGURES
from tests.unit.agent.reports.conftest import Make


def test_holds_every_figure_and_how_it_is_counted(make: Make) -> None:
    values = json.loads(json.dumps(as_json(make("day")), allow_nan=False))

    names = {figure.name for figure in FIGURES}
    assert [row["source"] for row in values["sources"]] == ["line-1", "line-2", "press"]
    assert all(row.keys() == names | {"source"} for row in (*values["sources"], values["total"]))
    assert values["how"].keys() == names
    assert "name IN ('SOURCE')" in values["how"]["judged"]["sql_of_source"]
    assert values["note"] == "misses unknown: only alerted frames were labelled"
    assert (values["title"], values["from"]) == ("Sunday, 29 March 2026", "2026-03-28T23:00:00Z")
    assert len(values["buckets"]) == 23


def test_says_where_its_period_has_not_ended(make: Make) -> None:
    values = as_json(make("month", "2026-03", sources=("press",)))

    assert values["title"] == "press, March 2026, so far"
    assert (values["to"], values["is_over"]) == ("2026-03-31T09:30:00Z", False)


def test_counts_sources_where_they_are_too_many_to_be_named(make: Make) -> None:
    assert make("day", sources=("a", "b", "line-1", "press")).title == "4 sources, Sunday, 29 March 2026"
