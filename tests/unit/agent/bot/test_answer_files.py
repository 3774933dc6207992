import csv
import io
from datetime import timedelta

import pytest
from PIL import Image

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import run_tool
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.bot.answer_files import AnswerFile, Desk, pictures_of, tables_of
from storage.records import Region
from tests.factories_agent import NOON, Plant

DAY = timedelta(days=1)
SPAN = "2026-11-16T00:00:00Z/2026-11-24T00:00:00Z"


def answer(*results: ToolResult) -> Answer:
    return Answer("", AnswerStatus.ANSWERED, results=results)


def ran(plant: Plant, tool: str, **arguments: object) -> ToolResult:
    return run_tool(ToolContext(plant.database, plant.settings, NOON + DAY), tool, dict(arguments))


def made(plant: Plant, *results: ToolResult, allowed: tuple[str, ...] | None = None) -> list[AnswerFile]:
    desk = Desk(plant.database, plant.blobs, plant.settings, NOON + DAY, allowed)
    return list(pictures_of(answer(*results), desk))


def size(file: AnswerFile) -> tuple[int, int]:
    return Image.open(io.BytesIO(file.content)).size


@pytest.fixture(autouse=True)
def found(plant: Plant) -> None:
    for days in (0, 1, 1, 3):
        corner = Region(x=600 if days else 10, y=10, width=30, height=20, area=500, peak=2.0)
        plant.anomaly(at=NOON - days * DAY, regions=(corner,))


@pytest.mark.parametrize(
    ("tool", "arguments", "title"),
    [
        ("trend", {"bucket": "day"}, "Anomalies per day"),
        ("count_anomalies", {"group_by": "hour_of_day", "sources": ["line-1"]}, "Anomalies per hour of day on line-1"),
        ("count_anomalies", {"group_by": "weekday"}, "Anomalies per weekday"),
    ],
)
def test_draws_counts_along_time(plant: Plant, tool: str, arguments: dict[str, object], title: str) -> None:
    (chart,) = made(plant, ran(plant, tool, window=SPAN, **arguments))

    assert chart.title == title
    assert size(chart)[0] > 900
    assert "2026-11-16T00:00:00Z to 2026-11-24T00:00:00Z" in chart.alt_text


def test_tells_weekdays_as_the_week_goes(plant: Plant) -> None:
    (chart,) = made(plant, ran(plant, "count_anomalies", window=SPAN, group_by="weekday"))

    names = [part.split(":")[0] for part in chart.alt_text.split(". ")[-1].split(", ")]
    assert names == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def test_draws_nothing_of_groups_that_are_no_time_and_of_too_few_steps(plant: Plant) -> None:
    assert made(plant, ran(plant, "count_anomalies", window=SPAN, group_by="source")) == []
    assert made(plant, ran(plant, "count_anomalies", window=SPAN)) == []
    assert made(plant, ran(plant, "trend", window="2026-11-22T23:00:00Z/2026-11-24T12:00:00Z", bucket="day")) == []
    assert made(plant, ran(plant, "trend", window="2020-01-01T00:00:00Z/2020-02-01T00:00:00Z")) == []


@pytest.mark.parametrize(
    ("images", "names"),
    [
        ("full", ["A-2.png", "A-2-crop.png"]),
        ("crop", ["A-2.png"]),
        ("heatmap", ["A-2.png"]),
        ("none", []),
    ],
)
def test_shows_of_one_what_may_leave_the_house(plant: Plant, images: str, names: list[str]) -> None:
    plant.reconfigure(slack=plant.settings.slack.model_copy(update={"images": images}))

    assert [file.name for file in made(plant, ran(plant, "get_anomaly", id="A-2"))] == names


def test_pastes_a_list_into_one_sheet(plant: Plant) -> None:
    (sheet,) = made(plant, ran(plant, "list_anomalies", window=SPAN))

    assert sheet.alt_text == "What is odd in A-1, A-3, A-2, A-4"
    assert size(sheet) == (992, 552)


def test_draws_where_anomalies_fall(plant: Plant) -> None:
    result = ToolResult("hotspots", ToolStatus.OK, parameters={"window": SPAN, "sources": ["line-1"], "limit": 3})
    (chart,) = made(plant, result)

    assert chart.title == "Where 4 anomalies fall on line-1"
    assert chart.alt_text.endswith("top right: 3, top left: 1")
    assert size(chart)[0] > size(chart)[1] > 500


def test_shows_nothing_of_what_may_not_be_seen(plant: Plant) -> None:
    result = ToolResult("hotspots", ToolStatus.OK, parameters={"window": SPAN})

    assert made(plant, ran(plant, "get_anomaly", id="A-2"), allowed=("press",)) == []
    assert made(plant, ran(plant, "list_anomalies", window=SPAN), result, allowed=("press",)) == []


def test_makes_the_same_kind_of_picture_once(plant: Plant) -> None:
    results = [ran(plant, "trend", window=SPAN, bucket="day")] * 2

    assert len(made(plant, *results)) == 1


def test_makes_a_table_of_rows_or_of_figures(plant: Plant) -> None:
    results = (ran(plant, "list_anomalies", window=SPAN), ran(plant, "count_anomalies", window=SPAN))
    rows, figures = tables_of(answer(*results))
    one = next(tables_of(answer(ran(plant, "get_anomaly", id="A-2"))))

    assert [row["id"] for row in read(rows)] == ["A-1", "A-3", "A-2", "A-4"]
    assert [row["anomalies"] for row in read(figures)] == ["4"]
    assert (rows.name, figures.name) == ("oddspot-list-anomalies-1.csv", "oddspot-count-anomalies-2.csv")
    assert [row["id"] for row in read(one)] == ["A-2"]
    assert list(tables_of(answer(ran(plant, "get_anomaly", id="A-99")))) == []


def read(file: AnswerFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode())))
