"""The files that go with an answer: a chart, pictures of anomalies, where they fall, a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.alerts.contact_sheet import MOST_TILES, contact_sheet
from agent.alerts.shown import crop_of, picture_of
from agent.assistant.answer import Answer, rfc3339
from agent.assistant.tools.arguments import Filtered
from agent.assistant.tools.context import ToolContext, ToolError
from agent.assistant.tools.filters import choose
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.messages.safe_text import clean
from agent.reports.answer_table import as_csv, rows_of
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.queries.anomalies import Order, list_anomalies
from storage.queries.inspections import get_inspection
from storage.records import Inspection

ALONG_TIME = {"hour", "day", "week", "month", "shift", "hour_of_day", "weekday"}
LISTS = {"list_anomalies", "similar", "list_incidents"}
FEWEST_STEPS = 3
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS = {name: number for number, name in enumerate(DAYS)}
MOST_PLACES = 5000
MOST_TABLES = 5


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """One file: its bytes, its name, and what to say of it."""

    content: bytes
    name: str
    title: str
    alt_text: str

    @property
    def is_picture(self) -> bool:
        """Whether it is a PNG."""
        return self.name.endswith(".png")


@dataclass(frozen=True, slots=True)
class Desk:
    """What files are made from."""

    database: Database
    blobs: BlobStore
    settings: Settings
    now: datetime
    allowed: tuple[str, ...] | None = None

    def inspections(self, ids: Sequence[str]) -> list[Inspection]:
        """Return the inspections among ids as they are shown, those that may be seen."""
        numbers = [int(one[2:]) for one in ids if one.startswith("A-") and one[2:].isdigit()]
        with self.database.reading() as session:
            found = [get_inspection(session, number) for number in numbers]
        return [one for one in found if one is not None and (self.allowed is None or one.source in self.allowed)]


def pictures_of(answer: Answer, desk: Desk) -> Iterator[AnswerFile]:
    """Make the pictures an answer is better with; the same kind once."""
    made: set[str] = set()
    for result in answer.results:
        maker = _maker(result)
        if maker is None or result.status is not ToolStatus.OK or maker.__name__ in made:
            continue
        for file in maker(result, desk):
            made.add(maker.__name__)
            yield file


def tables_of(answer: Answer) -> Iterator[AnswerFile]:
    """Make a table of each result that has anything."""
    for number, result in enumerate(answer.results[:MOST_TABLES], 1):
        rows = rows_of(result) if result.status is ToolStatus.OK else []
        if rows:
            name = f"oddspot-{result.tool.replace('_', '-')}{f'-{number}' if len(answer.results) > 1 else ''}.csv"
            title = clean(f"Table: {_described(result)}", most=200)
            yield AnswerFile(as_csv(rows).encode("utf-8"), name, title, title)


def _maker(result: ToolResult) -> Callable[[ToolResult, Desk], Iterator[AnswerFile]] | None:
    if result.tool == "trend" or (result.tool == "count_anomalies" and result.parameters.get("group_by") in ALONG_TIME):
        return _chart
    return MAKERS.get(result.tool)


def _chart(result: ToolResult, _: Desk) -> Iterator[AnswerFile]:
    from agent.reports.answer_charts import draw_steps  # noqa: PLC0415 - matplotlib is loaded only where it draws

    rows = _in_order(result.data.get("steps") or result.data.get("groups") or [])
    if len(rows) < FEWEST_STEPS:
        return
    step = str(result.parameters.get("bucket") or result.parameters.get("group_by") or "step").replace("_", " ")
    title = clean(f"Anomalies per {step}{_narrowed(result)}", most=120)
    zone = result.window.time_zone if result.window else ""
    numbers = ", ".join(f"{row['key']}: {row['anomalies']}" for row in rows[:40])
    alt_text = clean(f"{title}; {_described(result)}. {numbers}", most=900)
    yield AnswerFile(draw_steps(rows, title=title, zone=zone), "anomalies-along-time.png", title, alt_text)


def _one(result: ToolResult, desk: Desk) -> Iterator[AnswerFile]:
    """Show one inspection as the settings allow: its picture, and what is odd in it large."""
    for one in desk.inspections(result.ids)[:1]:
        images = desk.settings.images_of(one.source)
        picture = picture_of(desk.settings, desk.blobs, one)
        if picture is not None:
            words = f"{PICTURE_WORDS[images]} of {one.shown_id} from {one.source}, {_scored(one)}"
            yield AnswerFile(picture, f"{one.shown_id}.png", one.shown_id, clean(words, most=500))
        if images == "full" and one.crops:
            crop = crop_of(desk.settings, desk.blobs, one)
            if crop is not None:
                words = f"What is odd in {one.shown_id}, enlarged"
                yield AnswerFile(crop, f"{one.shown_id}-crop.png", words, words)


def _sheet(result: ToolResult, desk: Desk) -> Iterator[AnswerFile]:
    frames = desk.inspections(result.ids)[:MOST_TILES]
    shown = [
        (one.shown_id, content) for one in frames if (content := crop_of(desk.settings, desk.blobs, one)) is not None
    ]
    sheet = contact_sheet(shown)
    if sheet is not None:
        ids = ", ".join(shown_id for shown_id, _ in shown)
        yield AnswerFile(sheet, "anomalies.png", clean(ids, most=200), clean(f"What is odd in {ids}", most=500))


def _places(result: ToolResult, desk: Desk) -> Iterator[AnswerFile]:
    from agent.reports.answer_charts import Place, draw_places  # noqa: PLC0415 - the same

    names = Filtered.model_fields
    wanted = Filtered.model_validate({name: value for name, value in result.parameters.items() if name in names})
    context = ToolContext(desk.database, desk.settings, desk.now, desk.allowed)
    try:
        with desk.database.reading() as session:
            selection = choose(session, context, wanted).selection
            found = list_anomalies(session, selection=selection, limit=MOST_PLACES, order=Order.NEWEST)
    except ToolError:
        return
    sized = [one for one in found if one.regions and one.width and one.height]
    places = [
        Place(box.x / one.width, box.y / one.height, box.width / one.width, box.height / one.height)
        for one in sized
        for box in one.regions[:1]
    ]
    if not places:
        return
    aspect = sorted(one.height / one.width for one in sized)[len(sized) // 2]
    title = clean(f"Where {len(places):,} anomalies fall{_narrowed(result)}", most=120)
    cells = [place.cell for place in places]
    numbers = ", ".join(
        f"{name}: {cells.count(name)}" for name in sorted(set(cells), key=lambda one: -cells.count(one))
    )
    alt_text = clean(f"{title}; {_described(result)}. {numbers}", most=900)
    yield AnswerFile(draw_places(places, aspect=aspect, title=title), "where-anomalies-fall.png", title, alt_text)


def _in_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return steps as time goes, whatever order the answer tells them in."""
    return sorted(rows, key=lambda row: (WEEKDAYS.get(str(row["key"]), 0), str(row["key"])))


def _narrowed(result: ToolResult) -> str:
    sources = result.parameters.get("sources") or []
    return f" on {', '.join(sources[:3])}" if 0 < len(sources) <= 3 else ""  # noqa: PLR2004 - a title


def _described(result: ToolResult) -> str:
    span = "as it is now"
    if result.window is not None:
        start, end = (rfc3339(moment.replace(microsecond=0)) for moment in (result.window.start, result.window.end))
        span = f"{start} to {end} ({result.window.time_zone})"
    return f"{result.tool.replace('_', ' ')}{_narrowed(result)}, {span}"


def _scored(one: Inspection) -> str:
    return f"score {one.score:.3g}, threshold {one.threshold:.3g}"


PICTURE_WORDS = {"full": "Image and heatmap", "crop": "What is odd", "heatmap": "Heatmap", "none": ""}
MAKERS: dict[str, Callable[[ToolResult, Desk], Iterator[AnswerFile]]] = {
    "get_anomaly": _one,
    "hotspots": _places,
    **dict.fromkeys(sorted(LISTS), _sheet),
}
