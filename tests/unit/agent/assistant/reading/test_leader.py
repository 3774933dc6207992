import pytest

from agent.assistant.reading.leader import leader_of, with_leader
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.tools.result import ToolResult, ToolStatus
from tests.unit.agent.assistant.conftest import Ask


def counted(rows: list[dict[str, object]], key: str = "groups") -> list[ToolResult]:
    return [ToolResult("count_anomalies", ToolStatus.OK, {key: rows})]


ROWS: list[dict[str, object]] = [
    {"key": "L1", "anomalies": 3},
    {"key": "L7", "anomalies": 9},
    {"key": "none", "anomalies": 40},
]


@pytest.mark.parametrize(("order", "leads"), [("worst", "L7"), (None, "L7"), ("fewest", "L1")])
def test_the_lot_with_the_most_leads_and_what_has_none_does_not(order: str | None, leads: str) -> None:
    reading = Reading(Intent.GROUP, Slots(group_by="attribute", attribute="lot", order=order))

    assert leader_of(reading, counted(ROWS)) == ("lot", leads)


def test_a_row_of_days_has_no_leader_unless_it_is_ranked() -> None:
    days: list[dict[str, object]] = [{"key": "2026-03-24", "anomalies": 3}]

    assert leader_of(Reading(Intent.GROUP, Slots(group_by="day")), counted(days)) is None
    ranked = Reading(Intent.GROUP, Slots(group_by="day", order="worst"))
    assert leader_of(ranked, counted(days)) == ("day", "2026-03-24")


def test_the_first_of_ranked_sources_leads() -> None:
    rows: list[dict[str, object]] = [{"source": "line-2", "missed": 4}, {"source": "line-1", "missed": 1}]

    assert leader_of(Reading(Intent.TOP, Slots()), counted(rows, "sources")) == ("source", "line-2")


@pytest.mark.parametrize(
    ("said", "leader", "means"),
    [
        ("how many of that lot's were real", ("lot", "L7"), "how many of lot L7 were real"),
        ("list the anomalies of that lot", ("lot", "L7"), "list the anomalies of lot L7"),
        ("what happened on that line yesterday", ("source", "line-2"), "what happened on line-2 yesterday"),
        ("show that kind on line-1", ("defect_class", "crack"), "show crack on line-1"),
        ("what did the same colleague say", ("reviewer", "anna"), "what did anna say"),
        ("and that line and the press", ("source", "line-2"), "and that line and the press"),
        ("how many lots were there", ("lot", "L7"), "how many lots were there"),
    ],
)
def test_names_what_leads_where_it_is_spoken_of(said: str, leader: tuple[str, str], means: str) -> None:
    assert with_leader(said, leader) == means


def test_a_thread_goes_on_with_the_lot_that_had_the_most(ask: Ask) -> None:
    assert ask("which lot had the most anomalies since 1 March?", "t").status == "answered"

    answer = ask("how many of that lot were confirmed?", "t")

    assert answer.filters["attributes"] == {"lot": "L7"}
    assert {fact.name: fact.value for fact in answer.facts}["confirmed"] == 1
