"""Counts in groups: by what the database groups, and by stretches of local time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.assistant.tools.arguments import GroupName
from agent.assistant.tools.context import ToolContext, ToolError
from agent.assistant.tools.figures import added
from agent.assistant.windows.calendar import Calendar, spans_of
from agent.assistant.windows.shifts import Shifts
from storage.database import Session
from storage.queries.counting import count_inspections
from storage.queries.grouping import Group, count_by
from storage.queries.results import BucketCounts, GroupCounts, InspectionCounts
from storage.queries.selection import Selection
from storage.queries.trends import count_spans
from storage.records import Window

MOST_SPANS = 2400
ROUND = {"hour_of_day": ("hour", "%H:00"), "weekday": ("day", "%A"), "shift": ("shift", "shift from %H:%M")}
NOTHING = {"defect_class": "no class", "label": "unlabelled", "attribute": "none"}
Name = Callable[[BucketCounts, str], str]


def grouped(
    session: Session,
    context: ToolContext,
    selection: Selection,
    group: GroupName,
    *,
    attribute: str,
    limit: int,
) -> list[GroupCounts]:
    """Count a selection in groups, time in its order and the rest by most anomalies; raise ToolError."""
    if group == "label":
        return by_label(session, selection)
    if group == "verdict":
        return by_verdict(session, selection)
    if group in {"source", "defect_class", "detector", "attribute"}:
        found = count_by(session, selection=selection, group=Group(group), limit=limit + 1, attribute=attribute)
        named = [GroupCounts(row.key or NOTHING.get(group, "none"), row.counts) for row in found]
        kept = [row for row in named if row.counts.anomalies or row.counts.missed] if group == "defect_class" else named
        return sorted(kept, key=lambda row: row.key == NOTHING.get(group))[:limit]
    window = selection.window
    if window is None:
        raise ToolError("Groups along time need a window.")
    if group in {"hour_of_day", "weekday", "shift"}:
        shifts = Shifts(context.settings.shifts.starts, Calendar(context.now, window.time_zone))
        spans = shift_spans(shifts, window) if group == "shift" else cut(window, ROUND[group][0], MOST_SPANS)
        starts = [shifts.at(span[0]).start if group == "shift" else span[0] for span in spans]
        zone = ZoneInfo(window.time_zone)
        names = [start.astimezone(zone).strftime(ROUND[group][1]) for start in starts]
        return _round(session, selection, spans, names)
    spans = cut(window, group)
    return [GroupCounts(span_name(bucket.start, window.time_zone, group), bucket.counts)
            for bucket in count_spans(session, selection=selection, spans=spans)]  # fmt: skip


def cut(window: Window, unit: str, most: int = MOST_SPANS) -> list[tuple[datetime, datetime]]:
    """Cut a window at local hours, days, weeks or months; raise ToolError where that gives too many."""
    try:
        return spans_of(window, unit, most=most)
    except ValueError as error:
        raise ToolError(f"The window has {error}; take a longer step or a shorter window.") from error


def span_name(start: datetime, zone: str, unit: str) -> str:
    """Name a span by its local start."""
    local = start.astimezone(ZoneInfo(zone))
    if unit in {"hour", "shift"}:
        return local.strftime("%Y-%m-%d %H:%M")
    return local.strftime("%Y-%m" if unit == "month" else "%Y-%m-%d")


def shift_spans(shifts: Shifts, window: Window) -> list[tuple[datetime, datetime]]:
    """Cut a window at the starts of shifts; raise ToolError where that gives too many."""
    spans, start = [], window.start
    while start < window.end:
        end = min(shifts.at(start).end, window.end)
        spans.append((start, end))
        start = end
        if len(spans) > MOST_SPANS:
            raise ToolError(f"The window has more than {MOST_SPANS} shifts; take a shorter one.")
    return spans


def by_label(session: Session, selection: Selection) -> list[GroupCounts]:
    """Count anomalies by what people said of them."""
    counts = count_inspections(session, selection=selection)
    numbers = {
        "defect": counts.confirmed,
        "false_alarm": counts.false_alarms,
        "unsure": counts.unsure,
        "unlabelled": counts.unlabelled,
    }
    ordered = sorted(numbers.items(), key=lambda pair: -pair[1])
    return [GroupCounts(name, InspectionCounts(judged=number, anomalies=number)) for name, number in ordered if number]


def by_verdict(session: Session, selection: Selection) -> list[GroupCounts]:
    """Count inspections by the machine's word; those with a camera fault have none."""
    counts = count_inspections(session, selection=selection)
    flagged = replace(counts, judged=counts.anomalies, not_judged=0, missed=0)
    groups = {
        "normal": InspectionCounts(judged=counts.normal, missed=counts.missed),
        "anomalous": flagged,
        "not judged": InspectionCounts(not_judged=counts.not_judged),
    }
    return [GroupCounts(name, one) for name, one in groups.items()]


def _round(
    session: Session,
    selection: Selection,
    spans: list[tuple[datetime, datetime]],
    names: list[str],
) -> list[GroupCounts]:
    """Sum the spans that go by one name, such as an hour of the day; most anomalies first."""
    sums: dict[str, InspectionCounts] = {}
    for name, bucket in zip(names, count_spans(session, selection=selection, spans=spans), strict=True):
        sums[name] = added(sums.get(name, InspectionCounts()), bucket.counts)
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1].anomalies, pair[0]))
    return [GroupCounts(name, counts) for name, counts in ordered]


def previous(window: Window) -> Window:
    """Return the window of equal length just before; a span of whole local days keeps its days across DST."""
    zone = ZoneInfo(window.time_zone)
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    if start.timetz().replace(tzinfo=None) == end.timetz().replace(tzinfo=None) and end > start:
        days = (end.date() - start.date()).days
        before = Calendar(window.start, window.time_zone).back(window.start, days, "day")
        return Window(before, window.start, window.time_zone)
    length: timedelta = window.end - window.start
    return Window(window.start - length, window.start, window.time_zone)
