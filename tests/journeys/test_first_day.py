"""The whole way: a file dropped in a folder becomes a message in Slack, a click a label, a question an answer."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from tests.journeys.commands import Running, json_lines, oddspot
from tests.plates import make_plate
from tests.servers.postgres import PostgresServer
from tests.servers.slack import ANNA, LocalSlack
from tests.servers.slack.records import Message


def drop(home: Path, name: str, seed: int, *, has_scratch: bool) -> None:
    hidden = home / "incoming" / f".{name}.part"
    make_plate(seed, has_scratch=has_scratch).save(hidden, "PNG")
    hidden.rename(home / "incoming" / name)


def slack_environment(slack: LocalSlack) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "ODDSPOT__SLACK__API_URL": slack.api_url,
        "ODDSPOT__SLACK__CHANNEL": "#oddspot",
        "ODDSPOT__ALERTS__EDIT_EVERY_SECONDS": "0.2",
    }


@pytest.mark.timeout(300)
def test_tells_what_is_odd_takes_a_label_and_answers(home: Path) -> None:
    with LocalSlack() as slack, Running("run", cwd=home, env=slack_environment(slack)) as service:
        service.wait_for("detecting")
        slack.wait_for_socket()
        drop(home, "good.png", 1058, has_scratch=False)
        drop(home, "odd.png", 501, has_scratch=True)

        slack.wait_for(lambda: any(has_picture(message) for message in alerts(slack)), 60)
        [alert] = alerts(slack)
        assert "line-1" in alert.text
        slack.click(alert, "defect", ANNA)
        slack.wait_for(lambda: ANNA in json.dumps(alerts(slack)[0].blocks), 60)
        assert label_of(home) == "defect"

        slack.mention("#oddspot", "how many anomalies on line-1 today?", ANNA)
        slack.wait_for(lambda: len(answers(slack)) == 1, 60)
        assert "1 anomal" in answers(slack)[0].text
        assert service.stop() == 0
    assert ends_of(home) == {"good.png": "scored", "odd.png": "scored"}


@pytest.mark.timeout(300)
def test_goes_the_same_way_on_postgresql(fitted_home: Path, tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.create_database("journey")
    home = tmp_path / "home"
    shutil.copytree(fitted_home / "good", home / "good")
    shutil.copyfile(fitted_home / "oddspot.yaml", home / "oddspot.yaml")
    (home / "incoming").mkdir()
    env = {"ODDSPOT__STORAGE__DATABASE_URL": url}
    [fitted] = json_lines(oddspot("fit", "line-1", "--good", "good", "--live", "--json", cwd=home, env=env))
    assert fitted["detector"] == "line-1@1"

    with LocalSlack() as slack, Running("run", cwd=home, env=env | slack_environment(slack)) as service:
        service.wait_for("detecting")
        drop(home, "odd.png", 501, has_scratch=True)
        slack.wait_for(lambda: bool(slack.bot_messages("#oddspot")), 60)
        assert service.stop() == 0

    postgres.drop_database("journey")


def alerts(slack: LocalSlack) -> list[Message]:
    return [message for message in slack.bot_messages("#oddspot") if not message.thread_ts]


def answers(slack: LocalSlack) -> list[Message]:
    alert_threads = {message.ts for message in alerts(slack)}
    threaded = [message for message in slack.bot_messages("#oddspot") if message.thread_ts]
    return [message for message in threaded if message.thread_ts not in alert_threads]


def has_picture(message: Message) -> bool:
    return "slack_file" in json.dumps(message.blocks)


def label_of(home: Path) -> str | None:
    return query(home, "SELECT label FROM inspection WHERE verdict = 'anomalous'")[0][0]


def ends_of(home: Path) -> dict[str, str]:
    return {row[0]: row[1] for row in query(home, "SELECT name, state FROM frame")}


def query(home: Path, statement: str) -> list[tuple[str, ...]]:
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.reading() as session:
        rows = [tuple(row) for row in session.execute(text(statement))]
    database.close()
    return rows
