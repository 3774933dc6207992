"""Reports and the app's own page, against the local Slack over real HTTP and websockets."""

from datetime import timedelta
from functools import partial
from typing import Any

from agent.talk import utc_now
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.silences import add_silence
from tests.factories_agent import Plant
from tests.journeys.slack.conftest import Start
from tests.journeys.slack.reading import roots, settled, words
from tests.servers.slack import ANNA, GUEST, STRANGER, LocalSlack, Message
from tests.servers.slack.blocks import VIEW_BLOCKS, check_blocks

EVERY_REPORT = {"daily": True, "handover": True, "weekly": True, "monthly": True, "at": "00:00"}


def tell_history(plant: Plant, **reports: Any) -> None:
    """Let the last 70 days hold an anomaly every four hours, and none of them be told by itself."""
    plant.reconfigure(reports=reports)
    now = utc_now()
    for number in range(6 * 70, 0, -1):
        plant.anomaly(at=now - timedelta(hours=4 * number), pages=False, score=2 + number / 100)


def told(slack: LocalSlack) -> list[Message]:
    return [message for message in roots(slack) if "frame" in message.text]


def threads(slack: LocalSlack) -> list[int]:
    """How many files stand under each report, fewest first."""
    return sorted(len(slack.thread(message)) for message in told(slack))


def test_tells_each_report_once_with_two_bots_and_after_a_restart(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    tell_history(plant, **EVERY_REPORT)
    start()
    start(waits_for_socket=False)

    slack.wait_for(lambda: threads(slack) == [0, 1, 3, 3] and settled(plant), timeout=60)
    start(waits_for_socket=False)
    slack.wait_for(lambda: len(slack.hub.sockets) == 3)
    slack.wait_for(lambda: settled(plant))

    assert threads(slack) == [0, 1, 3, 3]
    for message in told(slack):
        check_blocks(message.blocks, slack.workspace.has_file)
    assert {file.name.rsplit(".")[-1] for file in slack.files} == {"png", "html", "csv"}
    assert all(bool(file.alt_text) == file.name.endswith(".png") for file in slack.files)
    assert slack.workspace.rate_breaches == []


def test_tells_the_day_before_in_one_line_and_pages_nobody(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.reconfigure(reports={"at": "00:00"}, sources={"line-2": {"path": "/photos"}})
    yesterday = utc_now() - timedelta(days=1)
    plant.anomaly("line-1", at=yesterday, name="<!channel>.png", pages=False)
    plant.anomaly("line-2", at=yesterday, pages=False)
    start()

    slack.wait_for(lambda: told(slack) and settled(plant))

    (message,) = told(slack)
    day = f"{yesterday:%A}, {yesterday.day} {yesterday:%B %Y}"
    assert message.text.startswith(f"{day}: 2 frames, 2 judged, 2 anomalies (2 unlabelled)")
    assert "• *line-1*: 1 frame, 1 judged, 1 anomaly (1 unlabelled)" in words(message)
    assert "<!" not in words(message)


def test_says_nothing_by_itself_on_the_first_day(slack: LocalSlack, plant: Plant, start: Start) -> None:
    plant.reconfigure(reports=EVERY_REPORT)
    start()
    plant.anomaly(at=utc_now(), has_heatmap=False)

    slack.wait_for(lambda: roots(slack) and settled(plant))

    assert told(slack) == []


def test_sends_a_report_again_that_never_arrived_and_its_file_once(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    tell_history(plant, daily=False, monthly=True, at="00:00")
    slack.fail_next("chat.postMessage", status=503)
    slack.fail_next("files.completeUploadExternal", drop_after_accept=True)
    start()

    slack.wait_for(lambda: len(told(slack)) == 1 and settled(plant), timeout=60)

    assert len(slack.thread(told(slack)[0])) == 3


def home_of(slack: LocalSlack, user: str) -> str:
    return str(slack.workspace.homes.get(user, ""))


def test_shows_what_stands_whenever_the_home_tab_is_opened(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    anomaly = plant.anomaly(at=utc_now(), has_heatmap=False, pages=False)
    with plant.database.transaction() as session:
        join_incident(session, anomaly.id, Joining(timedelta(minutes=30)), now=utc_now())
    slack.people.open_home(user=ANNA)
    slack.wait_for(lambda: "Open incidents: 1" in home_of(slack, ANNA))
    assert "every alert is sent" in home_of(slack, ANNA)

    with plant.database.transaction() as session:
        until = utc_now() + timedelta(hours=1)
        add_silence(session, source_id=None, until=until, author=f"slack:{ANNA}", comment="", now=utc_now())
    plant.anomaly(at=utc_now(), has_heatmap=False)
    slack.wait_for(lambda: settled(plant))
    slack.people.open_home(user=ANNA)
    slack.wait_for(lambda: "Silences: 1" in home_of(slack, ANNA))

    assert f"by <@{ANNA}>: 1 alert kept back" in home_of(slack, ANNA)
    assert "*line-1* live · line-1@1" in home_of(slack, ANNA)
    check_blocks(slack.workspace.homes[ANNA]["blocks"], slack.workspace.has_file, most=VIEW_BLOCKS)


def test_shows_guests_and_people_of_other_companies_nothing(slack: LocalSlack, plant: Plant, start: Start) -> None:
    start()
    plant.anomaly("secret-line", at=utc_now(), has_heatmap=False, pages=False)
    for user, words_shown in ((GUEST, "Guests may not"), (STRANGER, "People of another company may not")):
        slack.people.open_home(user=user)
        slack.wait_for(partial(_shows, slack, user, words_shown))

        assert "secret-line" not in home_of(slack, user)


def _shows(slack: LocalSlack, user: str, words_shown: str) -> bool:
    return words_shown in home_of(slack, user)
