"""The truth of a small history, counted by hand."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from storage.migrate import migrate
from tests.evals.expected import Expected
from tests.evals.truth import Truth
from tests.evals.world import NOW
from tests.evals.world_file import NAME
from tests.histories import fill


def line(hours_ago: float, **changes: Any) -> dict[str, Any]:
    """A line of a history of the bank's day, an anomaly of line-1 unless said otherwise."""
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    base = {"source": "line-1", "captured_at": at, "score": 2.0, "threshold": 1.0, "verdict": "anomalous",
            "detector": "line-1@1", "path": f"{hours_ago}.png", "attributes": {"lot": "B-1"}}  # fmt: skip
    return base | changes


LINES = (
    line(1, score=3.0, regions=[{"x": 0, "y": 0, "width": 10, "height": 10, "area": 100, "peak": 1.0}]),
    line(2, label="defect", defect_class="dent", incident="one"),
    line(3, label="false_alarm", attributes={"lot": "B-2"}),
    line(4, verdict="normal", score=0.5),
    line(5, verdict="normal", score=0.5, label="missed", defect_class="dent"),
    line(6, fault="black"),
    line(7, source="line-2", detector="line-2@1"),
    line(30, label="defect", defect_class="scratch"),
)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return truth_of(tmp_path_factory.mktemp("truth"), *LINES)


def truth_of(folder: Path, *lines: dict[str, Any]) -> Truth:
    database = Database(f"sqlite:///{folder / NAME}")
    migrate(database)
    fill(database, lines)
    database.close()
    return Truth(folder)


def figures(expected: Expected) -> dict[str, Any]:
    return {figure.names[0]: figure.value for figure in expected.figures}


def one(truth: Truth, **case: Any) -> Expected:
    return truth.expected({"ask": "?", **case}, {}, [])[0]


def test_counts_tell_flagged_confirmed_false_and_missed_apart(truth: Truth) -> None:
    names = ["anomalies", "confirmed", "false_alarms", "unlabelled", "missed", "judged", "not_judged", "normal"]

    found = one(truth, window="04-15..now", sources=["line-1"], figures=names)

    assert figures(found) == {
        "anomalies": 3, "confirmed": 1, "false_alarms": 1, "unlabelled": 1,
        "missed": 1, "judged": 5, "not_judged": 1, "normal": 2,
    }  # fmt: skip
    assert found.sources == frozenset({"line-1"})
    assert found.zone == "Europe/Berlin"


def test_shares_are_of_what_was_judged(truth: Truth) -> None:
    found = one(truth, window="04-15..now", sources=["line-1"], figures=["anomaly_rate", "false_alarm_share"])

    assert figures(found) == {"anomaly_rate": 0.6, "false_alarm_share": 0.5}


def test_filters_narrow_what_is_counted(truth: Truth) -> None:
    assert figures(one(truth, window="all", classes=["dent"], figures=["anomalies"])) == {"anomalies": 1}
    assert figures(one(truth, window="all", without=["line-1"], figures=["anomalies"])) == {"anomalies": 1}
    assert figures(one(truth, window="all", attributes={"lot": "B-2"}, figures=["anomalies"])) == {"anomalies": 1}
    assert figures(one(truth, window="all", not_labels=["defect"], figures=["anomalies"])) == {"anomalies": 3}


def test_groups_are_named_by_their_key(truth: Truth) -> None:
    assert figures(one(truth, window="all", groups={"by": "lot"})) == {"anomalies[B-1]": 4, "anomalies[B-2]": 1}
    assert figures(one(truth, window="all", groups={"by": "source", "top": 1})) == {"anomalies[line-1]": 4}
    by_day = {"anomalies[2026-04-14]": 1, "anomalies[2026-04-15]": 4}
    assert figures(one(truth, window="04-14..now", groups={"by": "day"})) == by_day


def test_the_window_before_is_as_long(truth: Truth) -> None:
    found = one(truth, window="04-15..04-16", figures=["anomalies", "anomalies_before"])

    assert figures(found) == {"anomalies": 4, "anomalies_before": 1}


def test_lists_are_in_order_with_what_they_are_ordered_by(truth: Truth) -> None:
    found = one(truth, window="all", sources=["line-1"], ids={"order": "worst", "limit": 2})

    assert found.ids is not None
    assert found.ids.rows[:2] == (("A-1", 3.0), ("A-2", 2.0))


def test_one_of_a_list_is_the_one_meant_by_its_place(truth: Truth) -> None:
    before = [one(truth, window="all", sources=["line-1"], ids={"order": "newest", "limit": 3})]

    found = truth.expected({"ask": "the third", "previous_id": 3}, {}, before)

    assert [expected.ids.rows[0][0] for expected in found if expected.ids] == ["A-3"]


def test_a_comparison_may_be_told_from_either_side_or_as_a_group(truth: Truth) -> None:
    case = {"ask": "?", "window": "04-15..now", "compare": {"sources": ["line-1", "line-2"]}, "figures": ["anomalies"]}

    found = [figures(expected) for expected in truth.expected(case, {}, [])]

    assert {"anomalies[1]": 3, "anomalies[2]": 1} in found
    assert {"anomalies[1]": 1, "anomalies[2]": 3} in found
    assert {"anomalies[line-1]": 3, "anomalies[line-2]": 1} in found


def test_classes_and_lots_may_be_the_sides_of_a_comparison(truth: Truth) -> None:
    def told(sides: dict[str, list[str]]) -> list[tuple[dict[str, Any], dict[str, object]]]:
        case = {"ask": "?", "window": "all", "compare": sides, "figures": ["anomalies"]}
        return [(figures(expected), expected.filters) for expected in truth.expected(case, {}, [])]

    plain: dict[str, object] = {"defect_classes": [], "detectors": [], "attributes": {}, "min_ratio": None}
    assert told({"lots": ["B-1", "B-2"]}) == [
        ({"anomalies[1]": 4, "anomalies[2]": 1}, plain | {"attributes": {"lot": "B-1"}}),
        ({"anomalies[1]": 1, "anomalies[2]": 4}, plain | {"attributes": {"lot": "B-2"}}),
        ({"anomalies[B-1]": 4, "anomalies[B-2]": 1}, plain),
    ]
    assert told({"classes": ["dent", "scratch"]})[-1] == (
        {"anomalies[dent]": 1, "anomalies[scratch]": 1},
        plain | {"defect_classes": ["dent", "scratch"]},
    )


def test_ids_are_looked_up_for_the_question(truth: Truth) -> None:
    wanted = {"x": {"sources": ["line-1"], "window": "04-15..now", "order": "oldest"}}

    assert truth.bind({"bind": wanted}, {"y": "A-9"}) == {"y": "A-9", "x": "A-3"}


def test_incidents_and_coverage_have_their_own_sql(truth: Truth) -> None:
    incidents = one(truth, incidents={"states": ["open"], "figures": ["incidents"]})
    coverage = one(truth, coverage=["first", "inspections"])

    assert figures(incidents) == {"incidents": 1}
    assert figures(coverage) == {"first": "2026-04-14T04:40:00Z", "inspections": 8}


def test_gaps_in_the_frames_count_as_outages_in_the_second_reading(truth: Truth) -> None:
    case = {"ask": "?", "window": "04-15..now", "sources": ["line-2"],
            "outages": {"figures": ["outages", "downtime_seconds"]}}  # fmt: skip

    by_record, by_frames = truth.expected(case, {}, [])

    assert figures(by_record) == {"outages": 0}
    assert figures(by_frames) == {"outages": 1, "downtime_seconds[line-2]": 6.75 * 3600 + 600}


def test_time_without_an_image_is_no_data(truth: Truth) -> None:
    assert one(truth, window="04-10..04-11", no_data=True).is_no_data


def test_every_source_is_counted_in_the_window_that_is_told(tmp_path: Path) -> None:
    at_five_in_berlin = line(7, source="solar-field", detector="solar-field@1")

    found = one(truth_of(tmp_path, at_five_in_berlin), window="04-15..now", health=True, figures=["judged"])

    assert figures(found)["judged[solar-field]"] == 1


def test_the_labels_of_one_person_may_be_told_as_all_there_are(truth: Truth) -> None:
    labelled = {"by": "reviewer", "key": "import"}

    found = one(truth, labelled=labelled, figures=["labels"])

    assert [(figure.names, figure.value) for figure in found.figures] == [(("labels[import]", "labels"), 4)]


def test_labels_are_not_left_out_of_changes_that_are_labels(truth: Truth) -> None:
    named = truth.expected({"ask": "?", "changes": {"action": "label"}}, {}, [])
    unnamed = truth.expected({"ask": "?", "changes": {}}, {}, [])

    assert (len(named), len(unnamed)) == (1, 2)
