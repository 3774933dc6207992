"""Counts over long windows, where roll-ups answer, are exactly those of the rows; on both databases."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select, update

from storage.database import Database, Session
from storage.models import CapturedRollUpRow, FrameRow, InspectionRow
from storage.queries.counting import count_frames, count_in_groups, count_inspections
from storage.queries.ends import ends_by_version
from storage.queries.results import InspectionCounts
from storage.queries.seen import ALL, BY_CLASS, BY_DETECTOR, BY_LABEL, BY_SOURCE, Key, by_attribute
from storage.queries.selection import Selection
from storage.queries.trends import count_spans
from storage.records import FrameState, Window
from storage.repositories.recent_frames import mark_faulted
from storage.repositories.roll_ups import TABLES, recount_captured
from tests.histories import NOW, fill, line, normal

DAYS = 12
ODD_WINDOW = Window(NOW - timedelta(days=9, minutes=7), NOW - timedelta(days=1, seconds=3))
LOTS: dict[int, str | None] = {}
KEYS: dict[str, tuple[Key, Callable[[InspectionRow], Any]]] = {
    "all": (ALL, lambda _: 0),
    "source": (BY_SOURCE, lambda row: row.source_id),
    "detector": (BY_DETECTOR, lambda row: row.detector_version_id),
    "label": (BY_LABEL, lambda row: row.label),
    "class": (BY_CLASS, lambda row: row.defect_class),
    "lot": (by_attribute("lot"), lambda row: LOTS[row.frame_id]),
}
SELECTIONS: dict[str, tuple[dict[str, Any], Callable[[InspectionRow], bool]]] = {
    "whole": ({}, lambda _: True),
    "window": (
        {"window": ODD_WINDOW},
        lambda row: ODD_WINDOW.start <= row.captured_at < ODD_WINDOW.end,
    ),
    "source": ({"sources": ("line-2",)}, lambda row: row.source_id == 2),
    "no source": ({"sources": ()}, lambda _: False),
    "other sources": ({"excluded_sources": ("line-2",)}, lambda row: row.source_id != 2),
    "detector": ({"detectors": ("line-1@2",)}, lambda row: row.detector_version_id == 2),
    "label": ({"labels": ("defect",)}, lambda row: row.label == "defect"),
    "unlabelled": ({"labels": ("unlabelled",)}, lambda row: row.label is None),
    "label or none": ({"labels": ("defect", "unlabelled")}, lambda row: row.label in {None, "defect"}),
    "without a label": ({"excluded_labels": ("defect",)}, lambda row: row.label != "defect"),
    "without any": ({"excluded_labels": ("unlabelled", "unsure")}, lambda row: row.label not in {None, "unsure"}),
    "class": ({"defect_classes": ("crack",)}, lambda row: row.defect_class == "crack"),
    "lot": ({"attributes": {"lot": "L2"}}, lambda row: LOTS[row.frame_id] == "L2"),
    "lot of a source": (
        {"attributes": {"lot": "L2"}, "sources": ("line-1",)},
        lambda row: LOTS[row.frame_id] == "L2" and row.source_id == 1,
    ),
    "lot without a label": (
        {"attributes": {"lot": "L1"}, "labels": ("unlabelled",), "window": ODD_WINDOW},
        lambda row: (
            LOTS[row.frame_id] == "L1" and row.label is None and ODD_WINDOW.start <= row.captured_at < ODD_WINDOW.end
        ),
    ),
    "lot and part": (
        {"attributes": {"lot": "L2", "part": "p"}},
        lambda row: LOTS[row.frame_id] == "L2",
    ),
    "ratio": ({"min_ratio": 1.5}, lambda row: row.score >= 1.5 * row.threshold),
    "low ratio": ({"min_ratio": 0.4}, lambda row: row.score >= 0.4 * row.threshold),
}


@pytest.fixture
def long(database: Database) -> Database:
    """Twelve days of three detectors of two sources, with faults, labels, shadows and frames that ended otherwise."""
    chance = random.Random(7)  # noqa: S311 - the same history each time
    lines = []
    for number in range(700):
        hours = chance.uniform(0, DAYS * 24)
        source = chance.choice(("line-1", "line-2"))
        detector = f"{source}@{2 if source == 'line-1' and hours < 80 else 1}"
        more: dict[str, Any] = {"source": source, "detector": detector, "path": f"{number}.png"}
        is_odd = chance.random() < 0.2
        more["score"] = chance.uniform(1.0, 2.5) if is_odd else chance.uniform(-0.2, 0.99)
        if is_odd and chance.random() < 0.7:
            more |= {"label": chance.choice(("defect", "false_alarm", "unsure"))}
            more |= {"defect_class": chance.choice(("crack", "dent"))} if more["label"] == "defect" else {}
        elif not is_odd and chance.random() < 0.05:
            more |= {"label": "missed"}
        elif chance.random() < 0.1:
            more |= {"fault": "blurred"}
        more["attributes"] = {"part": "p"} | ({"lot": f"L{number % 4}"} if number % 4 else {})
        lines.append(line(hours, **more) if is_odd else normal(hours, **more))
    fill(database, [line(1, path="first.png"), *lines])
    with database.transaction() as session:
        session.execute(update(InspectionRow).where(InspectionRow.id % 50 == 0).values(is_shadow=True))
        session.execute(update(FrameRow).where(FrameRow.id % 31 == 1).values(state=FrameState.REJECTED))
        recount_captured(session)
        LOTS.clear()
        LOTS.update({row.id: row.attributes.get("lot") for row in session.scalars(select(FrameRow))})
    return database


def oracle(rows: list[InspectionRow]) -> InspectionCounts:
    judged = [row for row in rows if row.fault is None]
    odd = [row for row in judged if row.verdict == "anomalous"]
    labels = Counter(row.label for row in odd)
    return InspectionCounts(
        judged=len(judged),
        not_judged=len(rows) - len(judged),
        anomalies=len(odd),
        confirmed=labels["defect"],
        false_alarms=labels["false_alarm"],
        unsure=labels["unsure"],
        unlabelled=labels[None],
        missed=sum(row.verdict == "normal" and row.label == "missed" for row in judged),
    )


def rows_of(session: Session) -> list[InspectionRow]:
    return list(session.scalars(select(InspectionRow).where(InspectionRow.is_shadow.is_(False))))


def test_counts_as_the_rows_do_by_every_key(long: Database) -> None:
    with long.reading() as session:
        rows = rows_of(session)
        for said, (narrowed, fits) in SELECTIONS.items():
            for name, (key, of) in KEYS.items():
                found = count_in_groups(session, selection=Selection(**narrowed), key=key)
                mine = [row for row in rows if fits(row)]
                wanted = {
                    place: oracle([row for row in mine if of(row) == place]) for place in {of(row) for row in mine}
                }
                assert found == wanted, (said, name)


def test_counts_spans_that_begin_anywhere(long: Database) -> None:
    starts = [datetime(2026, 3, 14, 0, 30, tzinfo=UTC) + timedelta(days=day) for day in range(11)]
    whole = [datetime(2026, 3, 14, 5, tzinfo=UTC) + timedelta(hours=7 * step) for step in range(30)]
    with long.reading() as session:
        rows = rows_of(session)
        for edges in (starts, whole):
            spans = list(pairwise(edges))
            for bucket in count_spans(session, selection=Selection(), spans=spans):
                wanted = oracle([row for row in rows if bucket.start <= row.captured_at < bucket.end])
                assert bucket.counts == wanted


@pytest.mark.parametrize("window", [None, ODD_WINDOW, Window(NOW - timedelta(hours=9), NOW)])
def test_counts_frames_as_the_rows_do(long: Database, window: Window | None) -> None:
    with long.transaction() as session:
        session.execute(update(FrameRow).where(FrameRow.state == FrameState.REJECTED).values(state=FrameState.SCORED))
        frames = list(session.scalars(select(FrameRow)))
        kept = [row for row in frames if window is None or window.start <= row.captured_at < window.end]
        found = count_frames(session, window=window, sources=("line-2",))

    wanted = len([row for row in kept if row.source_id == 2])
    assert (found.scored, found.received) == (wanted, wanted)


def test_knows_the_first_and_last_image_of_each_detector(long: Database) -> None:
    with long.reading() as session:
        rows = rows_of(session)
        for window in (None, ODD_WINDOW):
            inside = [row for row in rows if window is None or window.start <= row.captured_at < window.end]
            wanted = {
                key: (min(moments), max(moments))
                for key in {row.detector_version_id for row in inside}
                if (moments := [row.captured_at for row in inside if row.detector_version_id == key])
            }
            assert ends_by_version(session, window=window) == wanted


def test_counts_a_fault_found_afterwards(long: Database) -> None:
    with long.transaction() as session:
        before = count_inspections(session, selection=Selection())
        plain = select(InspectionRow.frame_id).where(
            InspectionRow.label.is_(None), InspectionRow.fault.is_(None), InspectionRow.is_shadow.is_(False)
        )
        own = plain.where(InspectionRow.detector_version_id == 1).order_by(InspectionRow.id).limit(5)
        frames = list(session.scalars(own))
        marked = mark_faulted(session, 1, frames, "frozen")
        within = count_inspections(session, selection=Selection())
    with long.reading() as session:
        after = count_inspections(session, selection=Selection())
        assert after == oracle(rows_of(session))

    assert marked == frames
    assert within == after
    assert after.not_judged == before.not_judged + 5


def test_counting_anew_changes_nothing_that_was_counted_as_it_came(database: Database) -> None:
    lines = [
        normal(
            hours / 3,
            path=f"{hours}.png",
            detector=f"line-1@{1 + hours % 2}",
            attributes={"lot": f"L{hours // 9}"},
        )
        for hours in range(90)
    ]
    fill(database, lines)
    orders = [select(table).order_by(*table.primary_key.columns) for table in TABLES[1:]]
    with database.transaction() as session:
        counted = [session.execute(query).all() for query in orders]
        recount_captured(session)
        anew = [session.execute(query).all() for query in orders]
        inspections = session.scalar(select(func.sum(CapturedRollUpRow.inspections)))

    assert anew == counted
    assert all(counted)
    assert inspections == 90
