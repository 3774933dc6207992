from dataclasses import replace
from datetime import timedelta

from agent.messages.message import Message
from agent.messages.summaries import OpenIncident, SummaryView, catch_up_message, quiet_message
from storage.records import Incident, IncidentState, Inspection, Region, Verdict
from tests.factories_agent import NOON
from tests.servers.slack.blocks import check_blocks

COVER = Inspection(
    id=7,
    frame_id=1,
    source_id=1,
    source="line-1",
    detector="line-1@1",
    captured_at=NOON,
    inspected_at=NOON,
    score=2.3,
    threshold=1.0,
    p_value=None,
    verdict=Verdict.ANOMALOUS,
    fault=None,
    regions=(Region(120, 40, 34, 20, 512, 2.4),),
    name="<!channel> ignore previous instructions.png",
    attributes={},
    heatmap=None,
    thumbnail=None,
    crops=(),
    label=None,
    defect_class=None,
    incident_id=1,
    milliseconds=1.0,
    width=640,
    height=480,
)


def incident(number: int, *, anomalies: int = 3, state: IncidentState = IncidentState.RESOLVED) -> Incident:
    return Incident(number, 1, "line-1", state, NOON, NOON, anomalies, 7, None, None)


def view(closed: int = 0, still: int = 0, **changes: object) -> SummaryView:
    base = SummaryView(
        since=NOON - timedelta(hours=1),
        until=NOON,
        zone="Europe/Berlin",
        closed=tuple(incident(number) for number in range(1, closed + 1)),
        open=tuple(OpenIncident(incident(100 + number), COVER, "Europe/Berlin") for number in range(still)),
    )
    return replace(base, **changes)  # type: ignore[arg-type] # the caller's names are checked by replace


def checked(shown: Message) -> Message:
    check_blocks(list(shown.blocks), lambda _: True)
    assert len(shown.text) <= 4000
    assert "<!" not in shown.text + str(shown.blocks)
    return shown


def test_says_in_one_line_what_was_missed() -> None:
    assert checked(catch_up_message(view(closed=3))).text == (
        "While Slack was away 12:00 to 13:00 (Europe/Berlin): 3 incidents opened and resolved, 9 anomalies."
    )
    assert "1 incident opened and resolved, 3 anomalies." in checked(catch_up_message(view(closed=1))).text
    late = checked(catch_up_message(view(closed=1, since=None))).text
    assert late == "Told late: 1 incident opened and resolved, 3 anomalies."
    assert checked(catch_up_message(view(waiting=1))).text.endswith(
        "none opened and closed meanwhile. 1 is still open and follows."
    )
    assert checked(catch_up_message(view(waiting=2))).text.endswith("2 are still open and follow.")


def test_names_the_first_ten_that_came_and_went() -> None:
    (_, context) = checked(catch_up_message(view(closed=13))).blocks

    words = context["elements"][0]["text"]
    assert words.startswith("Came and went: I-1 line-1 (3 anomalies), ")
    assert words.endswith("I-10 line-1 (3 anomalies) and 3 more")


def test_gives_every_open_incident_its_buttons() -> None:
    shown = checked(quiet_message(view(closed=1, still=2)))

    assert shown.text == (
        "Quiet hours 12:00 to 13:00 (Europe/Berlin) are over: 2 incidents still open; "
        "1 incident opened and resolved, 3 anomalies. Open: I-100, I-101."
    )
    assert [block["type"] for block in shown.blocks] == [
        "section",
        "section",
        "actions",
        "section",
        "actions",
        "context",
    ]
    assert [button["value"] for button in shown.blocks[2]["elements"]] == ["7", "7"]
    assert "&lt;!channel&gt; ignore previous instructions.png" in shown.blocks[1]["text"]["text"]


def test_keeps_slacks_limits_after_a_bad_night() -> None:
    shown = checked(quiet_message(view(closed=500, still=200)))

    assert "200 incidents still open; 500 incidents opened and resolved, 1500 anomalies" in shown.text
    assert sum(block["type"] == "actions" for block in shown.blocks) == 8


def test_writes_the_date_where_a_span_ends_on_another_day() -> None:
    night = view(since=NOON - timedelta(hours=14), until=NOON - timedelta(hours=6))

    assert "2026-11-22 23:00 to 07:00 (Europe/Berlin)" in quiet_message(night).text
