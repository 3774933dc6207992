"""The figures of the assistant's tools against plain SQL, on both databases, over a change to summer time."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from agent.assistant.answers.compose import table
from agent.assistant.answers.counts import NOUNS, RATES, tell_count
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import run_tool
from agent.assistant.tools.result import ToolResult
from config.settings import Settings
from storage.database import Database
from storage.models import AuditPickRow, DetectorVersionRow, OutageRow
from storage.records import IncidentState, LabelKind
from storage.repositories.incidents import set_incident_state
from storage.repositories.labels import add_label, last_label, withdraw_label
from storage.repositories.silences import add_silence, count_hit
from storage.repositories.undoing import undo
from tests.histories import change, fill, line
from tests.reported import BERLIN, REPORTED_AT, write_history

ODD = "i.verdict = 'anomalous' AND i.fault IS NULL"
COUNTED = "inspection i JOIN source s ON s.id = i.source_id WHERE NOT i.is_shadow"
WINDOW = (datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
OTHER = (datetime(2026, 3, 26, 23, tzinfo=UTC), datetime(2026, 3, 27, 23, tzinfo=UTC))
LATER = REPORTED_AT + timedelta(days=2)
FIGURES = {
    "anomalies": ODD,
    "confirmed": f"{ODD} AND i.label = 'defect'",
    "false_alarms": f"{ODD} AND i.label = 'false_alarm'",
    "unsure": f"{ODD} AND i.label = 'unsure'",
    "unlabelled": f"{ODD} AND i.label IS NULL",
    "judged": "i.fault IS NULL",
    "normal": "i.verdict = 'normal' AND i.fault IS NULL",
    "not_judged": "i.fault IS NOT NULL",
    "missed": "i.verdict = 'normal' AND i.fault IS NULL AND i.label = 'missed'",
}
Run = Callable[..., ToolResult]


def sql_time(moment: datetime) -> str:
    return f"'{moment:%Y-%m-%d %H:%M:%S.%f}'"


def within(window: tuple[datetime, datetime], column: str = "i.captured_at") -> str:
    return f"{column} >= {sql_time(window[0])} AND {column} < {sql_time(window[1])}"


def said(window: tuple[datetime, datetime]) -> str:
    return "/".join(moment.isoformat().replace("+00:00", "Z") for moment in window)


def facts(result: ToolResult) -> dict[str, Any]:
    return {fact.name: fact.value for fact in result.facts}


@pytest.fixture
def written(database: Database) -> Database:
    """The report's history, a word withdrawn, and something of everything after now that nobody may see yet."""
    write_history(database)
    late = [line(source=name, captured_at=LATER.isoformat(), label="defect", incident="late") for name in ("line-1",)]
    fill(database, late)
    with database.transaction() as session:
        session.execute(update(DetectorVersionRow).values(created_at=datetime(2026, 3, 26, tzinfo=UTC)))
        odd = session.connection().exec_driver_sql(f"SELECT i.id FROM {COUNTED} AND {ODD} ORDER BY i.id LIMIT 9").all()
        ids = [row[0] for row in odd]
        add_label(session, ids[0], LabelKind.FALSE_ALARM, author="ann", now=REPORTED_AT - timedelta(hours=3))
        add_label(session, ids[0], LabelKind.DEFECT, defect_class="dent", author="ben", now=REPORTED_AT)
        add_label(session, ids[1], LabelKind.UNSURE, author="ann", now=REPORTED_AT - timedelta(hours=2))
        word = last_label(session, ids[1])
        assert word is not None
        assert withdraw_label(session, word.id, author="ann", now=REPORTED_AT - timedelta(hours=1))
        add_label(session, ids[2], LabelKind.DEFECT, author="zoe", now=LATER)
    return database


@pytest.fixture
def run(written: Database, tmp_path: Path) -> Run:
    sections = {"storage": {"data_dir": str(tmp_path)}, "assistant": {"row_limit": 500}, "time_zone": BERLIN}
    settings = Settings.model_validate(sections)

    def run_now(name: str, allowed: tuple[str, ...] | None = None, **arguments: Any) -> ToolResult:
        result = run_tool(ToolContext(written, settings, REPORTED_AT, allowed), name, arguments)
        assert result.message or made_up(table([result]), result) == []
        return result

    return run_now


NUMBER = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])")
MOMENT = re.compile(r"(?:\w{3} )?\d{1,2} \w{3} \d{4}(?: \d{2}:\d{2})?|\d{4}-\d{2}-\d{2}|\d{2}:\d{2}")
# Half and 95 % are said of latencies and intervals whatever their figures.
WORDED = {95.0, 50.0}


def made_up(words: str, result: ToolResult) -> list[str]:
    """Return the numbers of an answer that its data holds in no unit and to no digit; moments aside."""
    held = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", json.dumps(result.as_json()))]
    known = WORDED | {abs(one * unit) for one in held for unit in (1, 100, 1 / 60, 1 / 3600)}
    said = [(found, float(found.replace(",", ""))) for found in NUMBER.findall(MOMENT.sub(" ", words))]
    return [shown for shown, number in said if not any(abs(number - one) <= 0.006 * max(1.0, one) for one in known)]


@pytest.fixture
def ask(written: Database) -> Callable[[str], list[Any]]:
    def rows(sql: str) -> list[Any]:
        with written.reading() as session:
            return [tuple(row) for row in session.connection().exec_driver_sql(sql)]

    return rows


Ask = Callable[[str], list[Any]]


def counted(ask: Ask, figure: str, window: tuple[datetime, datetime], more: str = "") -> int:
    return int(ask(f"SELECT COUNT(*) FROM {COUNTED} AND {within(window)} AND {FIGURES[figure]} {more}")[0][0])


@pytest.mark.parametrize("more", ["", "line-1"])
def test_compares_two_windows_figure_by_figure(run: Run, ask: Ask, more: str) -> None:
    named = {"sources": [more]} if more else {}
    result = run("compare", window=said(WINDOW), other_window=said(OTHER), **named)

    extra = f"AND s.name = '{more}'" if more else ""
    expected = {
        f"{name}[{side}]": counted(ask, name, window, extra)
        for side, window in ((1, WINDOW), (2, OTHER))
        for name in FIGURES
    }
    held = facts(result)
    assert {name: held[name] for name in expected} == expected
    before, after = expected["anomalies[1]"], expected["anomalies[2]"]
    assert held["difference"] == after - before
    assert held["change"] == pytest.approx((after - before) / before, abs=1e-6)
    assert held["anomaly_rate[2]"] == pytest.approx(after / expected["judged[2]"], abs=1e-6)


def test_compares_two_sources_and_tells_no_share_of_nothing(run: Run, ask: Ask) -> None:
    day = (datetime(2026, 3, 26, tzinfo=UTC), datetime(2026, 3, 27, tzinfo=UTC))  # before the press was there
    result = run("compare", window=said(day), sources=["press"], other_sources=["line-2"])

    held = facts(result)
    assert held["anomalies[1]"] == 0
    assert held["anomalies[2]"] == counted(ask, "anomalies", day, "AND s.name = 'line-2'") > 0
    assert held["difference"] == held["anomalies[2]"]
    assert held["change"] is None


def test_counts_by_verdict(run: Run, ask: Ask) -> None:
    held = facts(run("count_anomalies", window=said(WINDOW), group_by="verdict"))

    assert held["normal"] == held["inspections[normal]"] == counted(ask, "normal", WINDOW)
    assert held["inspections[anomalous]"] == counted(ask, "anomalies", WINDOW)
    assert held["inspections[not judged]"] == counted(ask, "not_judged", WINDOW) > 0


STANDING = f"""
    SELECT {{key}}, l.kind, COUNT(*) FROM label l JOIN inspection i ON i.id = l.inspection_id
    JOIN source s ON s.id = i.source_id
    WHERE NOT i.is_shadow AND l.withdrawn_at IS NULL AND l.created_at <= {sql_time(REPORTED_AT)}
    AND l.id = (SELECT MAX(o.id) FROM label o WHERE o.inspection_id = l.inspection_id AND o.withdrawn_at IS NULL
                AND o.created_at <= {sql_time(REPORTED_AT)})
    AND {{window}} GROUP BY {{key}}, l.kind
"""


@pytest.mark.parametrize(
    ("by", "key"),
    [("none", "''"), ("reviewer", "l.author"), ("defect_class", "l.defect_class"), ("source", "s.name")],
)
def test_counts_only_the_words_that_stand(run: Run, ask: Ask, by: str, key: str) -> None:
    held = facts(run("label_counts", by=by, window=said((WINDOW[0], REPORTED_AT))))

    window = within((WINDOW[0], REPORTED_AT), "l.created_at")
    sql = STANDING.format(key=key, window=window) if by != "none" else STANDING.format(key="l.kind", window=window)
    expected: dict[str, int] = {}
    for name, kind, number in ask(sql):
        shown = "" if by == "none" else f"[{name or 'no class'}]"
        expected[f"{kind}{shown}"] = expected.get(f"{kind}{shown}", 0) + number
        expected[f"labels{shown}"] = expected.get(f"labels{shown}", 0) + number
    assert {name: held[name] for name in expected} == expected
    assert held["labels"] == sum(number for *_, number in ask(sql))
    settled = held["false_alarm"] + held["defect"]
    assert held["false_alarm_share"] == pytest.approx(held["false_alarm"] / settled, abs=1e-6)


def test_counts_a_person_s_words_where_only_they_are_asked_for(run: Run) -> None:
    assert facts(run("label_counts", person="Ben"))["labels"] == 0  # said at the very end of the window
    assert run("label_counts", person="zoey").status == "error"


CELL = "CASE WHEN 3 * ({at}) < {length} THEN 0 WHEN 3 * ({at}) < 2 * {length} THEN 1 ELSE 2 END"


def test_places_anomalies_by_the_centre_of_their_first_region(run: Run, ask: Ask, written: Database) -> None:
    odd = [row[0] for row in ask(f"SELECT i.id FROM {COUNTED} AND {ODD} AND {within(WINDOW)} ORDER BY i.id")]
    for number, one in enumerate(odd[:-2]):
        x, y = (number * 37) % 280, (number * 61) % 190
        regions = [{"x": x, "y": y, "width": 20, "height": 10, "area": 200, "peak": 2.0}, {"x": 0, "y": 0}]
        change(written, one, regions=regions, width=300, height=200)
    for one in odd[-2:]:
        change(written, one, regions=[], width=300, height=200)

    result = run("hotspots", window=said(WINDOW))

    names = ["top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right"]
    expected = dict.fromkeys((f"anomalies[{name}]" for name in names), 0)
    for number in range(len(odd) - 2):
        x, y = (number * 37) % 280 + 10, (number * 61) % 190 + 5
        cell = 3 * (0 if 3 * y < 200 else 1 if 3 * y < 400 else 2) + (0 if x < 100 else 1 if x < 200 else 2)
        expected[f"anomalies[{names[cell]}]"] += 1
    held = facts(result)
    assert {name: held[name] for name in expected} == expected
    assert (held["anomalies"], held["unplaced"]) == (len(odd), 2)
    fullest = [row["anomalies"] for row in result.data["places"]]
    assert fullest == sorted(fullest, reverse=True)
    assert result.data["sizes_estimated"] == 0
    assert len(result.ids) == min(3, fullest[0])


def test_lets_the_reach_of_a_source_s_regions_stand_for_a_size_nobody_knows(
    run: Run, written: Database, ask: Ask
) -> None:
    odd = [row[0] for row in ask(f"SELECT i.id FROM {COUNTED} AND {ODD} AND s.name = 'line-1' ORDER BY i.id")]
    for one, (x, y) in zip(odd, [(280, 190), (0, 0), (140, 90)], strict=False):
        change(written, one, regions=[{"x": x, "y": y, "width": 20, "height": 10, "peak": 1.0}])

    held = run("hotspots", sources=["line-1"])

    assert {row["place"]: row["anomalies"] for row in held.data["places"] if row["anomalies"]} == {
        "bottom right": 1, "top left": 1, "middle": 1,
    }  # fmt: skip
    assert held.data["sizes_estimated"] == 3


def test_finds_the_most_alike_within_one_embedding_space(run: Run, written: Database, ask: Ask) -> None:
    odd = [row[0] for row in ask(f"SELECT i.id FROM {COUNTED} AND {ODD} AND s.name = 'line-1' ORDER BY i.id")]
    vectors = np.random.default_rng(5).normal(size=(len(odd), 2, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float16)
    for number, one in enumerate(odd):
        space = "other" if number == 7 else "space"
        change(written, one, vectors=vectors[number].tobytes(), embedding_space=space, regions=[{"x": 1}, {"x": 2}])
    late = ask(f"SELECT i.id FROM {COUNTED} AND i.captured_at > {sql_time(REPORTED_AT)}")
    unseen = [row[0] for row in late]

    result = run("similar", id=f"A-{odd[0]}", limit=4)

    cosines = (vectors.astype(np.float32) @ vectors[0, 0].astype(np.float32)).max(axis=1)
    others = [place for place in range(1, len(odd)) if place != 7 and odd[place] not in unseen]
    best = sorted(others, key=lambda place: -cosines[place])[:4]
    assert result.ids == tuple(f"A-{odd[place]}" for place in best)
    held = facts(result)
    assert held["compared"] == len(others)
    assert [held[f"similarity[A-{odd[place]}]"] for place in best] == pytest.approx(
        [float(cosines[place]) for place in best], abs=1e-3
    )
    assert run("similar", id=f"A-{odd[7]}").status == "no_data"
    assert run("similar", allowed=("line-2",), id=f"A-{odd[0]}").status == "no_data"


def test_lists_silences_with_what_they_kept_back(run: Run, written: Database, ask: Ask) -> None:
    own = ask("SELECT id FROM source WHERE name = 'line-1'")[0][0]
    with written.transaction() as session:
        ended = add_silence(
            session, source_id=own, until=REPORTED_AT - timedelta(hours=1), author="cat", comment="",
            defect_class="dent", now=REPORTED_AT - timedelta(hours=2),
        )  # fmt: skip
        active = add_silence(
            session, source_id=own, until=LATER, author="cat", comment="paint", attribute=("lot", "7"), now=REPORTED_AT
        )
        add_silence(session, source_id=own, until=LATER, author="dan", comment="", now=REPORTED_AT + timedelta(hours=1))
        for silence in (active, active, ended):
            count_hit(session, silence)

    every, in_force = run("list_silences"), run("list_silences", states=["active"], sources=["line-1"])

    # The history's own two end at this very moment.
    assert facts(every) == {"silences": 4, "silences[active]": 1, "silences[ended]": 3, "hits": 3}
    assert facts(in_force) == {"silences": 1, "silences[active]": 1, "hits": 2}
    [row] = in_force.data["silences_listed"]
    assert (row["id"], row["covers"], row["by"], row["hits"]) == (f"S-{active}", "lot 7", "cat", 2)
    assert run("list_silences", allowed=("press",)).data["silences"] == 2


def test_lists_outages_on_record_and_gaps_between_frames(run: Run, written: Database, ask: Ask) -> None:
    start = datetime(2026, 3, 28, 8, tzinfo=UTC)
    with written.transaction() as session:
        session.add(OutageRow(source_id=2, kind="blurred", started_at=start, last_at=start, frames=9, is_told=True,
                              ended_at=start + timedelta(minutes=50)))  # fmt: skip
        session.add(OutageRow(source_id=2, kind="black", started_at=REPORTED_AT - timedelta(hours=2), frames=3,
                              last_at=REPORTED_AT, is_told=True, ended_at=LATER))  # fmt: skip
    name = ask("SELECT name FROM source WHERE id = 2")[0][0]

    result = run("list_outages", window=said((WINDOW[0], REPORTED_AT)), limit=500)
    going_on = run("list_outages", is_open=True, sources=[name])

    rows = result.data["outages_listed"]
    recorded = [row for row in rows if row["is_recorded"]]
    assert [(row["source"], row["kind"], row["until"] is None) for row in recorded] == [
        (name, "black", True), (name, "blurred", False),
    ]  # fmt: skip
    assert [row["minutes"] for row in recorded] == [120, 50]
    assert not any(row["kind"] == "silent" for row in rows)
    assert facts(result)["gaps"] > 0
    assert result.data["longest_gap"]["kind"] == "silent"
    assert "between frames that nobody was told of" in table([result])
    faulted = counted(ask, "not_judged", (WINDOW[0], REPORTED_AT))
    assert facts(result)["not_judged"] == faulted
    out = 60 * sum(row["minutes"] for row in rows if row["source"] == name)
    assert facts(result)[f"downtime_seconds[{name}]"] == pytest.approx(out, abs=60)
    assert facts(result)["outages"] == len(rows)
    assert facts(going_on)["outages"] == facts(going_on)["outages[open]"] >= 1
    assert all(row["until"] is None for row in going_on.data["outages_listed"])


def test_lists_versions_with_threshold_promise_and_what_they_judged(run: Run, ask: Ask) -> None:
    result = run("versions", window=said(WINDOW))

    joined = COUNTED.replace("WHERE", "JOIN detector_version v ON v.id = i.detector_version_id WHERE")
    sql = f"SELECT v.name, COUNT(*) FROM {joined} AND {within(WINDOW)} AND i.fault IS NULL GROUP BY v.name"
    judged = dict(ask(sql))
    assert {row["detector"]: row["judged"] for row in result.data["versions_listed"] if row["judged"]} == judged
    held = facts(result)
    assert held["threshold[press@2]"] == 1.0
    assert held["promised_rate[press@2]"] == 0.03
    assert "promised_rate[line-1@1]" not in held
    active = {row["detector"] for row in run("versions").data["versions_listed"] if row["state"] == "active"}
    newest = ask(
        f"SELECT MAX(i.detector_version_id) FROM {COUNTED} AND i.captured_at <= {sql_time(REPORTED_AT)} GROUP BY s.id"
    )
    named = {ask(f"SELECT name FROM detector_version WHERE id = {row[0]}")[0][0] for row in newest}
    assert active == named
    assert run("versions", allowed=("line-2",)).data["versions"] == 2


def test_tells_misses_by_the_audit_and_that_nobody_looked(run: Run, written: Database, ask: Ask) -> None:
    blind = run("misses")
    good = "i.verdict = 'normal' AND i.fault IS NULL AND i.label IS NULL"
    picked = [row[0] for row in ask(f"SELECT i.id FROM {COUNTED} AND {good} ORDER BY i.id LIMIT 8")]
    with written.transaction() as session:
        for number, one in enumerate(picked):
            session.add(AuditPickRow(source_id=1, day="2026-03-30", inspection_id=one, stratum="random", weight=1.0,
                                     picked_at=REPORTED_AT, said="good" if number else None, said_by="ann",
                                     said_at=REPORTED_AT))  # fmt: skip
    change(written, picked[0], label="missed")

    held = facts(run("misses"))

    assert facts(blind)["audited"] == 0
    assert "miss_rate" not in facts(blind)
    reported = facts(blind)["missed_reported"]
    assert blind.data["note"] == f"misses unknown: {reported} were reported, but no audit was answered"
    assert (held["audited"], held["missed"], held["miss_rate"]) == (8, 1, 0.125)
    assert held["miss_low"] < 0.125 < held["miss_high"]


def test_tells_what_there_is_to_ask_about(run: Run, ask: Ask) -> None:
    result = run("coverage")

    seen = f"{COUNTED} AND i.captured_at <= {sql_time(REPORTED_AT)}"
    number, first, last = ask(f"SELECT COUNT(*), MIN(i.captured_at), MAX(i.captured_at) FROM {seen}")[0]
    held = facts(result)
    assert held["inspections"] == number
    assert held["sources"] == 3
    assert held["first"][:19] == str(first)[:19].replace(" ", "T")
    assert held["last"][:19] == str(last)[:19].replace(" ", "T")
    assert result.data["defect_classes"] == ["dent"]
    assert run("coverage", allowed=("line-2",)).data["defect_classes"] == []


def test_tells_how_long_frames_take_and_what_waits(run: Run, written: Database, ask: Ask) -> None:
    own = [
        row[0]
        for row in ask(
            "SELECT i.id FROM inspection i JOIN source s ON s.id = i.source_id WHERE s.name = 'press' ORDER BY i.id"
        )
    ]
    took = [0.25 * (1 + (7 * number) % 40) for number in range(len(own))]
    for one, seconds in zip(own, took, strict=True):
        at = ask(f"SELECT f.received_at FROM frame f JOIN inspection i ON i.frame_id = f.id WHERE i.id = {one}")[0][0]
        received = datetime.fromisoformat(str(at)).replace(tzinfo=UTC)
        change(written, one, inspected_at=received + timedelta(seconds=seconds), milliseconds=10 * seconds)

    held = facts(run("latency", window=said((WINDOW[0], REPORTED_AT))))

    assert held["inspected"] == len(own)
    assert held["latency_median"] == pytest.approx(np.percentile(took, 50), abs=2e-3)
    assert held["latency_p95"] == pytest.approx(np.percentile(took, 95), abs=2e-3)
    assert held["milliseconds_median"] == pytest.approx(10 * np.percentile(took, 50), abs=2e-3)
    waiting, oldest = ask("SELECT COUNT(*), MIN(received_at) FROM frame WHERE state IN ('pending', 'leased')")[0]
    assert held["waiting"] == waiting > 0
    since = datetime.fromisoformat(str(oldest)).replace(tzinfo=UTC)
    assert held["oldest_waiting_seconds"] == (REPORTED_AT - since).total_seconds()
    assert run("latency", sources=["line-1"]).status == "no_data"


def test_orders_incidents_and_names_who_moved_them(run: Run, written: Database, ask: Ask) -> None:
    ids = [row[0] for row in ask("SELECT id FROM incident ORDER BY id LIMIT 3")]
    with written.transaction() as session:
        for one, state, actor in (
            (ids[0], IncidentState.ACKNOWLEDGED, "ann"),
            (ids[1], IncidentState.RESOLVED, "ann"),
            (ids[2], IncidentState.RESOLVED, "ann"),
        ):
            set_incident_state(session, one, state, actor=actor, now=REPORTED_AT - timedelta(hours=1))
        act = session.connection().exec_driver_sql(
            f"SELECT id FROM audit WHERE subject = 'I-{ids[2]}' AND actor = 'ann'"
        )
        undo(session, act.scalar_one(), author="ben", now=REPORTED_AT)

    largest, longest, hers = (
        run("list_incidents", order="largest"),
        run("list_incidents", order="longest"),
        run("list_incidents", person="Ann"),
    )

    seen = f"opened_at < {sql_time(REPORTED_AT)}"
    expected = [row[0] for row in ask(f"SELECT anomalies FROM incident WHERE {seen} ORDER BY anomalies DESC LIMIT 10")]
    assert [row["anomalies"] for row in largest.data["incidents_listed"]] == expected
    assert facts(largest)["incidents"] == ask(f"SELECT COUNT(*) FROM incident WHERE {seen}")[0][0]
    first = datetime.fromisoformat(longest.data["incidents_listed"][0]["opened_at"])
    assert facts(longest)["open_hours"] == round((REPORTED_AT - first) / timedelta(hours=1), 2)
    hours = [row["open_hours"] for row in longest.data["incidents_listed"]]
    assert hours == sorted(hours, reverse=True)
    assert {row["id"] for row in hers.data["incidents_listed"]} == {f"I-{ids[0]}", f"I-{ids[1]}"}
    assert run("list_incidents", person="nobody").status == "error"


def test_tells_an_anomaly_with_its_neighbours_and_the_word_that_stands(run: Run, ask: Ask) -> None:
    odd = [row[0] for row in ask(f"SELECT i.id FROM {COUNTED} AND {ODD} ORDER BY i.id LIMIT 2")]
    source, at = ask(f"SELECT source_id, captured_at FROM inspection WHERE id = {odd[1]}")[0]
    at = sql_time(datetime.fromisoformat(str(at)).replace(tzinfo=UTC))
    own = f"SELECT id FROM inspection WHERE source_id = {source} AND NOT is_shadow AND captured_at"

    labelled, withdrawn = run("get_anomaly", id=f"A-{odd[0]}"), run("get_anomaly", id=f"A-{odd[1]}")

    assert (labelled.data["labelled_by"], labelled.data["defect_class"]) == ("ben", "dent")
    assert labelled.data["labelled_at"] == "2026-03-31T09:30:00Z"
    assert withdrawn.data.get("labelled_by") != "ann"
    before = ask(f"{own} < {at} ORDER BY captured_at DESC, id DESC LIMIT 1")
    after = ask(f"{own} > {at} ORDER BY captured_at, id LIMIT 1")
    assert withdrawn.data["before"] == (f"A-{before[0][0]}" if before else None)
    assert withdrawn.data["after"] == f"A-{after[0][0]}"


def test_shows_no_neighbour_that_is_yet_to_come(run: Run, ask: Ask) -> None:
    last = f"SELECT i.id FROM {COUNTED} AND s.name = 'line-1' AND i.captured_at <= {sql_time(REPORTED_AT)}"
    newest = ask(f"{last} ORDER BY i.captured_at DESC LIMIT 1")[0][0]

    assert run("get_anomaly", id=f"A-{newest}").data["after"] is None


def test_tells_who_changed_what(run: Run, ask: Ask) -> None:
    whole, labels, hers = run("changes"), run("changes", action="label"), run("changes", person="slack:U1")

    seen = f"at < {sql_time(REPORTED_AT)} AND at >= {sql_time(datetime(2026, 3, 26, tzinfo=UTC))}"
    by_action = dict(ask(f"SELECT action, COUNT(*) FROM audit WHERE {seen} GROUP BY action"))
    assert facts(whole) == {"changes": sum(by_action.values())} | {f"changes[{k}]": n for k, n in by_action.items()}
    given = ask(f"SELECT COUNT(*) FROM audit WHERE {seen} AND action = 'label'")[0][0]
    assert facts(labels)["changes"] == given
    assert [row["action"] for row in hers.data["changes_listed"]] == ["source_paused"]
    assert "press" not in table([run("changes", allowed=("line-1",))])


def test_reports_the_figures_of_the_last_full_period(run: Run, ask: Ask) -> None:
    day = (datetime(2026, 3, 29, 22, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC))
    result = run("report", period="day")

    assert result.parameters["window"] == said(day)
    held = facts(result)
    names = ("anomalies", "confirmed", "false_alarms", "unsure", "unlabelled", "judged", "missed")
    assert {name: held[name] for name in names} == {name: counted(ask, name, day) for name in names}
    assert held["received"] == ask(f"SELECT COUNT(*) FROM frame WHERE {within(day, 'captured_at')}")[0][0]


@pytest.mark.parametrize(
    "name", ["count_anomalies", "trend", "hotspots", "label_counts", "report", "versions", "changes"]
)
def test_sees_nothing_after_now(run: Run, name: str) -> None:
    result = run(name, window=said((REPORTED_AT, LATER + timedelta(days=1))))

    assert result.status == "no_data"


@pytest.mark.parametrize("name", ["count_anomalies", "list_anomalies", "trend", "top_sources", "hotspots"])
def test_names_the_nearest_image_where_a_window_is_empty(run: Run, ask: Ask, name: str) -> None:
    result = run(name, window="in 2001", sources=["line-2"])

    first = ask(f"SELECT MIN(i.captured_at) FROM {COUNTED} AND s.name = 'line-2'")[0][0]
    nearest = result.data["nearest"]
    assert result.status == "no_data"
    assert nearest["captured_at"][:19] == str(first)[:19].replace(" ", "T")
    assert "nearest image is of" in table([result])


def test_names_the_nearest_image_of_a_lot_only_where_there_is_one(run: Run, written: Database) -> None:
    at = (REPORTED_AT - timedelta(hours=1)).isoformat()
    fill(
        written, [line(captured_at=at, path=f"{lot}.png", attributes={"lot": lot, "half": "x"}) for lot in ("a7", "b8")]
    )

    there = run("trend", window="in 2001", attributes={"lot": "a7", "half": "x"})
    never = run("trend", window="in 2001", attributes={"lot": "zz"})

    assert there.data["nearest"]["captured_at"][:19] == at[:19]
    assert "nearest" not in never.data


def test_names_the_nearest_anomaly_where_only_normal_images_are(run: Run, ask: Ask) -> None:
    odd = ask(f"SELECT i.captured_at FROM {COUNTED} AND {ODD} AND s.name = 'press' ORDER BY i.captured_at LIMIT 1")[0][
        0
    ]
    first = datetime.fromisoformat(str(odd)).replace(tzinfo=UTC)
    after = (first + timedelta(minutes=1), first + timedelta(minutes=30))
    result = run("list_anomalies", window=said(after), sources=["press"])

    assert result.status == "no_data"
    assert result.data["nearest"]["what"] == "anomaly"
    assert result.data["nearest"]["captured_at"][:19] == str(odd)[:19].replace(" ", "T")


def test_names_no_class_or_detector_of_sources_that_may_not_be_seen(run: Run) -> None:
    no_class = run("count_anomalies", allowed=("line-2",), defect_classes=["dents"])
    no_detector = run("count_anomalies", allowed=("line-2",), detectors=["press@9"])

    assert no_class.message == "There is no defect class 'dents'; nearest: none yet."
    assert no_detector.message == "There is no detector 'press@9'; nearest: line-2@2, line-2@1."


def test_lists_the_anomalies_of_one_lot(run: Run, written: Database) -> None:
    at = (REPORTED_AT - timedelta(hours=1)).isoformat()
    [wanted, _] = fill(
        written, [line(captured_at=at, path=f"{lot}.png", attributes={"lot": lot}) for lot in ("a7", "b8")]
    )

    assert run("list_anomalies", attributes={"lot": "a7"}).ids == (f"A-{wanted}",)
    held = facts(run("count_anomalies", group_by="attribute", attribute="lot", window="last 2 hours"))
    assert (held["anomalies[a7]"], held["judged[b8]"]) == (1, 1)


def test_tells_a_trend_by_the_hour_over_the_change_of_the_clocks(run: Run, ask: Ask) -> None:
    day = (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    result = run("trend", window=said(day), bucket="hour")

    steps = result.data["steps"]
    assert len(steps) == 23
    expected = [
        counted(ask, "anomalies", (day[0] + number * timedelta(hours=1), day[0] + (number + 1) * timedelta(hours=1)))
        for number in range(23)
    ]
    assert [step["anomalies"] for step in steps] == expected
    assert sum(expected) == facts(result)["anomalies"] > 0


@pytest.mark.parametrize("group_by", ["source", "day", "label", "defect_class", "shift"])
@pytest.mark.parametrize("figure", [*NOUNS, *RATES, None])
def test_tells_any_figure_in_any_groups(run: Run, figure: str | None, group_by: str) -> None:
    found = run("count_anomalies", group_by=group_by)

    assert len(tell_count(found, figure).splitlines()) > len(found.data["groups"])


def test_tells_what_each_source_received(run: Run) -> None:
    whole = run("count_anomalies").data
    groups = run("count_anomalies", group_by="source").data["groups"]

    for name in ("received", "rejected", "dropped", "dead_letter", "waiting"):
        assert sum(group[name] for group in groups) <= whole[name]
    assert all(group["received"] >= group["judged"] > 0 for group in groups)
