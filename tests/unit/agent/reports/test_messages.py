from dataclasses import replace
from datetime import timedelta

from agent.messages.message import Message
from agent.reports.making import MadeReport
from agent.reports.messages import daily_message, handover_message, period_message
from agent.reports.standing import SourceHealth, Standing
from agent.reports.standing_words import home_blocks
from storage.queries.report_results import AuditedMisses, ReportRow
from storage.records import Incident, IncidentState, Silence, Source, SourceState
from tests.reported import BERLIN, REPORTED_AT
from tests.servers.slack.blocks import VIEW_BLOCKS, check_blocks
from tests.unit.agent.reports.conftest import Make

HOSTILE = "<!channel> *x*`" + "w" * 3000


def zone(_: str | None) -> str:
    return BERLIN


def checked(message: Message) -> str:
    check_blocks(list(message.blocks), lambda _: False)
    assert len(message.text) <= 4000
    shown = message.text + str(message.blocks)
    assert "<!" not in shown
    return shown


def standing(count: int, name: str = "line-1") -> Standing:
    at = REPORTED_AT - timedelta(hours=1)
    incidents = [
        Incident(number, 1, name, IncidentState.OPEN, at, at, 1 + number % 2, 1, None, None) for number in range(count)
    ]
    silence = Silence(1, name, "crack", at, REPORTED_AT + timedelta(hours=1), "slack:U1", "")
    source = Source(1, name, SourceState.NOT_JUDGED, 1, at, last_frame_at=at, fault=name)
    return Standing(
        incidents=tuple(incidents),
        incident_count=count * 3,
        silences=tuple(replace(silence, hits=number) for number in range(count)),
        sources=tuple(SourceHealth(source, name, f"not judged: {name}", is_well=False) for _ in range(count)),
        zone=BERLIN,
        now=REPORTED_AT,
    )


def crowded(made: MadeReport, name: str) -> MadeReport:
    rows = tuple(replace(made.report.rows[0], source=name) for _ in range(60))
    labels = tuple(replace(one, author=name, kind=name) for one in made.report.labels_by * 20)
    return replace(made, report=replace(made.report, rows=rows, labels_by=labels))


def test_says_a_day_in_a_line_and_each_source_in_one(make: Make) -> None:
    message = daily_message(make("day"))

    first, *others = message.text.split("\n")
    assert first == (
        "Sunday, 29 March 2026: 196 frames, 177 judged, 33 anomalies (7 defects, 6 false alarms, 4 unsure,"
        " 16 unlabelled), 19 not judged, down 22 h 30 min."
    )
    assert [line.split(":")[0] for line in others] == ["• line-1", "• line-2", "• press"]
    checked(message)


def test_says_the_day_of_one_source_without_a_list(make: Make) -> None:
    message = daily_message(make("day", sources=("press",)))

    assert message.text.startswith("press, Sunday, 29 March 2026: 36 frames, ")
    assert "\n" not in message.text


def test_says_that_no_frame_came(make: Make) -> None:
    message = daily_message(make("day", "2026-03-30", sources=("press",)))

    assert message.text == "press, Monday, 30 March 2026: no frames, down 24 h."


def test_says_a_weeks_rates_and_that_misses_are_unknown(make: Make) -> None:
    made = make()
    shown = checked(period_message(made))

    assert "Week 13, 23 Mar to 29 Mar 2026" in shown
    reported = made.report.total.counts.missed
    assert reported > 1
    assert f"*Misses*\\nunknown: {reported} were reported, but no audit was answered" in shown
    assert "are unlabelled or unsure" in shown


def test_says_the_misses_an_audit_found(make: Make) -> None:
    made = make()
    total: ReportRow = replace(made.report.total, misses=AuditedMisses(100, 1))

    shown = checked(period_message(replace(made, report=replace(made.report, total=total))))

    assert "1.0 % (0.025 % to 5.4 %)" in shown


def test_hands_over_what_is_open_silenced_down_and_labelled(make: Make) -> None:
    made = make("shift", "2026-03-29T03:00")

    shown = checked(handover_message(made, standing(2), zone))

    assert "Hand-over: shift 22:00 to 06:00, Sat 28 Mar 2026" in shown
    assert "*I-1* line-1: 2 anomalies at 10:30:00" in shown
    assert "*line-1*, class crack until 12:30:00 by <@U1>: 1 alert kept back" in shown
    assert ":warning: *line-1* not judged: line-1" in shown
    assert "terminal:ann: 1 defect" in shown
    assert "and 4 more" in shown


def test_names_the_zone_of_times_that_are_in_another(make: Make) -> None:
    tokyo = replace(standing(1), zone="Asia/Tokyo")

    shown = checked(handover_message(make("shift", "2026-03-29T03:00"), tokyo, zone))

    assert "*I-0* line-1: 1 anomaly at 10:30:00 (Europe/Berlin)" in shown
    assert "Times are those of Asia/Tokyo, as things stood at 18:30:00." in shown


def test_says_that_nothing_is_to_be_handed_over(make: Make) -> None:
    shown = checked(handover_message(make("shift", "2026-01-29"), standing(0), zone))

    for words in ("Nothing is open.", "Nothing is silenced.", "Every source is.", "Nobody labelled anything."):
        assert words in shown


def test_stays_within_limits_and_pages_nobody_however_much_there_is(make: Make) -> None:
    made = crowded(make(), HOSTILE)
    for message in (daily_message(made), period_message(made), handover_message(made, standing(80, HOSTILE), zone)):
        checked(message)


def test_fits_the_apps_own_page_however_much_there_is() -> None:
    blocks = home_blocks(standing(90, HOSTILE), zone)

    check_blocks(blocks, lambda _: False, most=VIEW_BLOCKS - 1)
    assert "<!" not in str(blocks)
    assert "and 240 more" in str(blocks)


def test_says_on_the_apps_own_page_that_all_is_quiet() -> None:
    blocks = home_blocks(standing(0), zone)

    check_blocks(blocks, lambda _: False)
    assert "every alert is sent" in str(blocks)
