import pytest

from agent.reports.figures import GROUPS, PARTS, called, duration, groups_of, percent, shown
from storage.queries.report_figures import FIGURES
from storage.queries.report_results import AuditedMisses, ReportRow
from storage.queries.results import InspectionCounts


def test_shows_every_figure_once() -> None:
    names = [name for group in GROUPS.values() for name in group]

    assert sorted(names) == sorted(figure.name for figure in FIGURES)
    assert set(names) > PARTS


def test_leaves_out_misses_while_nobody_audits() -> None:
    assert "Miss rate" not in groups_of(ReportRow(None))
    assert "Miss rate" in groups_of(ReportRow(None, misses=AuditedMisses(5, 0)))


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 %"), (0.000012, "0.0012 %"), (0.0042, "0.42 %"), (0.0125, "1.2 %"), (0.5, "50.0 %"), (1, "100.0 %")],
)
def test_writes_shares(share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (59.6, "1 h"), (90, "1 h 30 min"), (1500, "25 h"), (72_000, "1,200 h")]
)
def test_writes_times(minutes: float, words: str) -> None:
    assert duration(minutes) == words


def test_writes_a_figure_as_its_unit_asks_for() -> None:
    figures = {"received": 12410, "downtime_minutes": 90.0, "false_alarm_rate": 0.01, "promised_rate": None}

    assert [shown(name, value) for name, value in figures.items()] == ["12,410", "1 h 30 min", "1.0 %", "-"]


def test_tells_only_what_people_called() -> None:
    assert (
        called(InspectionCounts(confirmed=1, unlabelled=2, false_alarms=3)) == "1 defect, 3 false alarms, 2 unlabelled"
    )
    assert called(InspectionCounts()) == ""
